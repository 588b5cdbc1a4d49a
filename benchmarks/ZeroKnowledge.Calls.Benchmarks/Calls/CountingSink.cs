using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>Takes encrypted chunks in the place of the spool, counts them, and gives their buffers back.</summary>
internal sealed class CountingSink(TimeProvider time) : ISpoolSink
{
    /// <summary>A chunk that comes later than this after the end of its tick is late: 250 ms.</summary>
    public const long LateMs = 250;

    private readonly long _started = time.GetTimestamp();
    private long _chunks;
    private long _late;
    private long _worstMs;

    /// <summary>Set when the recorder exists.</summary>
    public Spool? Spool { get; set; }

    public bool IsCounting { get; set; }

    public long Chunks => Interlocked.Read(ref _chunks);

    public long Late => Interlocked.Read(ref _late);

    public long WorstMs => Interlocked.Read(ref _worstMs);

    public void Add(in SpoolItem item)
    {
        item.Written?.TrySetResult();
        if (item.Chunk is not { } chunk)
        {
            return;
        }

        // The recorder's clock began some microseconds before this one.
        long now = (long)time.GetElapsedTime(_started).TotalMilliseconds;
        RecordingLife life = item.Recording!.Life!;
        long late = now - (life.BegunMs + ((life.LastTick + 2) * life.TickMs));
        if (IsCounting)
        {
            Interlocked.Increment(ref _chunks);
            if (late > LateMs)
            {
                Interlocked.Increment(ref _late);
            }

            if (late > WorstMs)
            {
                Interlocked.Exchange(ref _worstMs, late);
            }
        }

        Spool!.Unreserve(chunk.StoredSize);
        chunk.Pool.Return(chunk);
    }
}
