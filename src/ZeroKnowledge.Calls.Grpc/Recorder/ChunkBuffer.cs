namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// One chunk on its way: filled by media threads, encrypted in place by the pump, kept by the spool until it is durable. Behind the chunk is room for the
/// statement that may follow it. Pooled; the payload is wiped before its next life.
/// </summary>
internal sealed class ChunkBuffer
{
    private readonly byte[] _memory;

    public ChunkBuffer(int storedSize, int payloadOffset, int payloadSize)
    {
        StoredSize = storedSize;
        _memory = GC.AllocateUninitializedArray<byte>(storedSize + Statement.Size);
        Payload = new PayloadBuffer(_memory, payloadOffset, payloadSize) { Container = this };
    }

    public int StoredSize { get; }

    public PayloadBuffer Payload { get; }

    public Memory<byte> Stored => _memory.AsMemory(0, StoredSize);

    public Memory<byte> StatementBytes => _memory.AsMemory(StoredSize);

    public int Index { get; set; }

    public bool HasStatement { get; set; }

    /// <summary>The next chunk of the same recording in the spool.</summary>
    public ChunkBuffer? Next { get; set; }
}
