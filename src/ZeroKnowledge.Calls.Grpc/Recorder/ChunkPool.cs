using System.Collections.Concurrent;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// Chunk buffers of one size. The pump takes or makes them; media threads only take from what is there, so that they never allocate. Thread-safe.
/// </summary>
internal sealed class ChunkPool(int storedSize, int payloadOffset, int payloadSize)
{
    // Enough for a burst that meets every 16th of 4,096 calls; a call more makes the pool keep one more.
    private const int LeastKept = 256;

    private readonly ConcurrentQueue<ChunkBuffer> _free = new();
    private int _count;
    private int _inUse;

    /// <summary>From the pump or the setup: makes one if none is free, and keeps some in stock for media threads.</summary>
    public ChunkBuffer Rent()
    {
        Interlocked.Increment(ref _inUse);
        return Take() ?? new ChunkBuffer(storedSize, payloadOffset, payloadSize);
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
        buffer.Next = null;
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

    /// <summary>From the pump: a few spare buffers, for bursts that media threads meet.</summary>
    public void Stock()
    {
        int wanted = Math.Clamp(Volatile.Read(ref _inUse) / 16, 2, LeastKept);
        while (Volatile.Read(ref _count) < wanted)
        {
            Interlocked.Increment(ref _count);
            _free.Enqueue(new ChunkBuffer(storedSize, payloadOffset, payloadSize));
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
