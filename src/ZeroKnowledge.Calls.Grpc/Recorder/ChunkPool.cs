using System.Collections.Concurrent;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// Chunk buffers of one size. The pump takes or makes them; media threads only take from what is there, so that they never allocate. Thread-safe.
/// </summary>
internal sealed class ChunkPool(int storedSize, int payloadOffset, int payloadSize)
{
    // Up to so many calls each can have a spare buffer at once: 4 MiB of two-leg G.711.
    private const int LeastKept = 256;

    // Of very many calls, one in so many: when a machine stalls, each call that is due meanwhile needs one. At 60 ms of a tick of a second, as many as these.
    private const int SpareShare = 16;

    // The pump makes more only when fewer than one for so many calls are left, so that late moments take from what is there and nothing is allocated.
    private const int ShortShare = 32;

    // A setup waits for those before it: 5,000 calls at once take three seconds beside 20,000 that run.
    private const int SetupTicks = 4;

    // Of those beyond the spares, one leaves with so many that come back: what a burst needed is gone after some ticks, not at once.
    private const int LeaveEvery = 16;

    private readonly ConcurrentQueue<ChunkBuffer> _free = new();
    private readonly ConcurrentQueue<CheckpointBuffer> _freeCheckpoints = new();
    private int _count;
    private int _inUse;
    private int _inSetup;
    private int _returned;

    /// <summary>Buffers that wait for somebody.</summary>
    public int Free => Volatile.Read(ref _count);

    /// <summary>From the pump or the setup: makes one if none is free.</summary>
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

    public CheckpointBuffer RentCheckpoint() => _freeCheckpoints.TryDequeue(out CheckpointBuffer? checkpoint) ? checkpoint : new CheckpointBuffer();

    /// <summary>Wipes the buffer, if it holds audio, and keeps it, or leaves it to the collector if there are enough free ones.</summary>
    public void Return(ChunkBuffer buffer)
    {
        buffer.Payload.Release(buffer.IsEncrypted);
        buffer.IsEncrypted = false;
        if (buffer.Checkpoint is { } checkpoint)
        {
            buffer.Checkpoint = null;
            _freeCheckpoints.Enqueue(checkpoint);
        }

        int used = Interlocked.Decrement(ref _inUse);
        int free = Interlocked.Increment(ref _count);
        if (free > Math.Max(LeastKept, used) || (free > Kept(SpareShare) + LeastKept && Interlocked.Increment(ref _returned) % LeaveEvery == 0))
        {
            Interlocked.Decrement(ref _count);
        }
        else
        {
            _free.Enqueue(buffer);
        }
    }

    /// <summary>From the setup: spare buffers for media threads.</summary>
    public void Stock() => Make(Kept(SpareShare));

    /// <summary>From the pump: more of them, if they run short.</summary>
    public void Restock() => Make(Kept(ShortShare));

    /// <summary>A recording waits for its setup: for each tick that this takes, it needs one more buffer.</summary>
    public void BeginSetup() => Interlocked.Increment(ref _inSetup);

    public void EndSetup() => Interlocked.Decrement(ref _inSetup);

    private int Kept(int share)
    {
        int used = Volatile.Read(ref _inUse);
        return Math.Max(Math.Min(used, LeastKept), used / share) + (SetupTicks * Volatile.Read(ref _inSetup));
    }

    private void Make(int kept)
    {
        while (Free < kept)
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
