namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// The bound on ciphertext that waits for the archive, kept in memory. The pump asks for room before it encrypts a chunk; a chunk that has none stays
/// in its payload, and what no longer fits there becomes a gap. Nothing stored is overwritten. Thread-safe.
/// </summary>
internal sealed class MemorySpool(long capacity)
{
    private long _bytes;
    private int _refused;

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The last chunk that asked found no room.</summary>
    public bool IsFull => Volatile.Read(ref _refused) != 0;

    /// <summary>Takes room for a chunk. The records that end a recording are always let in.</summary>
    public bool TryReserve(int bytes)
    {
        bool fits = Interlocked.Add(ref _bytes, bytes) <= capacity;
        Volatile.Write(ref _refused, fits ? 0 : 1);
        if (!fits)
        {
            Free(bytes);
        }

        return fits;
    }

    public void Free(int bytes) => Interlocked.Add(ref _bytes, -bytes);
}
