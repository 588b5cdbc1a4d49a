using System.Collections.Concurrent;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// Chunk buffers of one size. The pump takes or makes them; media threads only take from what is there, so that they never allocate. Thread-safe.
/// </summary>
internal sealed class ChunkPool(int storedSize, int payloadOffset, int payloadSize)
{
    // Up to so many calls each can have a spare buffer at once: 4 MiB of two-leg G.711.
    private const int LeastKept = 256;

    // A setup waits for those before it: 5,000 calls at once take three seconds beside 20,000 that run.
    private const int SetupTicks = 4;

    // Of those beyond, one leaves with so many that come back: at one chunk a second, as many as a hundredth of the calls in ten seconds.
    private const int LeaveEvery = 1_024;

    // Beside the spares: what calls need while a pump is 90 ms late, so that it is not made again each time.
    private const int KeptShare = 48;

    private readonly ConcurrentQueue<ChunkBuffer> _free = new();
    private readonly ConcurrentQueue<CheckpointBuffer> _freeCheckpoints = new();
    private int _count;
    private int _inUse;
    private int _inSetup;

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
        // What a burst has left behind goes little by little, so that the next one soon after does not have to make it again.
        int kept = Spares + LeastKept + (used / KeptShare);
        if (free > Math.Max(LeastKept, used) || (free > kept && free % LeaveEvery == 0))
        {
            Interlocked.Decrement(ref _count);
        }
        else
        {
            _free.Enqueue(buffer);
        }
    }

    /// <summary>From the setup and the pump: spare buffers for media threads.</summary>
    public void Stock()
    {
        while (Volatile.Read(ref _count) < Spares)
        {
            Interlocked.Increment(ref _count);
            _free.Enqueue(new ChunkBuffer(this, storedSize, payloadOffset, payloadSize));
        }
    }

    /// <summary>A recording waits for its setup: for each tick that this takes, it needs one more buffer.</summary>
    public void BeginSetup() => Interlocked.Increment(ref _inSetup);

    public void EndSetup() => Interlocked.Decrement(ref _inSetup);

    // When a machine stalls, all calls need one at the same time; of very many calls a part has.
    private int Spares
    {
        get
        {
            int used = Volatile.Read(ref _inUse);
            return Math.Max(Math.Min(used, LeastKept), used / 32) + (SetupTicks * Volatile.Read(ref _inSetup));
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
