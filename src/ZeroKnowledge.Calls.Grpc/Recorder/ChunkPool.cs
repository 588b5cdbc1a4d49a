using System.Collections.Concurrent;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// Chunk buffers of one size. The pump takes or makes them; media threads only take from what is there, so that they never allocate. Thread-safe.
/// </summary>
internal sealed class ChunkPool(int storedSize, int payloadOffset, int payloadSize)
{
    // Up to so many calls each can have a spare buffer at once: 4 MiB of two-leg G.711.
    private const int LeastKept = 256;

    private readonly ConcurrentQueue<ChunkBuffer> _free = new();
    private int _count;
    private int _inUse;

    /// <summary>From the pump or the setup: makes one if none is free, and keeps some in stock for media threads.</summary>
    public ChunkBuffer Rent()
    {
        Interlocked.Increment(ref _inUse);
        return Take() ?? new ChunkBuffer(this, storedSize, payloadOffset, payloadSize);
    }

    /// <summary>From a media thread: null if none is free.</summary>
    public ChunkBuffer? TryRent()
    {
        ChunkBuffer? buffer = Take();
        if (buffer is not null)
        {
            Interlocked.Increment(ref _inUse);
        }

        return buffer;
    }

    /// <summary>Wipes the buffer and keeps it, or leaves it to the collector if there are more free ones than used.</summary>
    public void Return(ChunkBuffer buffer)
    {
        buffer.Payload.Release();
        buffer.HasStatement = false;
        int used = Interlocked.Decrement(ref _inUse);
        if (Interlocked.Increment(ref _count) <= Math.Max(LeastKept, used))
        {
            _free.Enqueue(buffer);
        }
        else
        {
            Interlocked.Decrement(ref _count);
        }
    }

    /// <summary>From the setup and the pump: spare buffers for bursts that media threads meet. When a machine stalls, all calls have one at the same time; of very many calls
    /// a part has.</summary>
    public void Stock()
    {
        int used = Volatile.Read(ref _inUse);
        int wanted = Math.Max(Math.Min(used, LeastKept), used / 16);
        while (Volatile.Read(ref _count) < wanted)
        {
            Interlocked.Increment(ref _count);
            _free.Enqueue(new ChunkBuffer(this, storedSize, payloadOffset, payloadSize));
        }
    }

    private ChunkBuffer? Take()
    {
        if (!_free.TryDequeue(out ChunkBuffer? buffer))
        {
            return null;
        }

        Interlocked.Decrement(ref _count);
        return buffer;
    }
}
