using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>Counts encrypted chunks on their way into the spool, or takes them in its place and gives their buffers back.</summary>
/// <param name="intoFiles">They go on into the spool's files.</param>
internal sealed class CountingSink(bool intoFiles) : ISpoolSink
{
    /// <summary>A chunk that comes later than this after the end of its tick is late: 250 ms.</summary>
    public const long LateMs = 250;

    private RecordingLifecycle? _recorder;
    private long _chunks;
    private long _late;
    private long _worstMs;

    public bool IsCounting { get; set; }

    public long Chunks => Interlocked.Read(ref _chunks);

    public long Late => Interlocked.Read(ref _late);

    public long WorstMs => Interlocked.Read(ref _worstMs);

    /// <summary>Once, before the first call begins.</summary>
    public void Use(RecordingLifecycle recorder) => _recorder = recorder;

    public void Add(in SpoolItem item)
    {
        if (IsCounting && item.Chunk is { Index: > 0 })
        {
            Count(item.Recording!.Life!);
        }

        if (intoFiles)
        {
            _recorder!.Spool.Files.Add(item);
            return;
        }

        item.Written?.TrySetResult();
        if (item.Chunk is { } chunk)
        {
            _recorder!.Spool.Unreserve(chunk.StoredSize);
            chunk.Pool.Return(chunk);
        }
    }

    // From the second chunk on: the first one waits for its recording to be set up.
    private void Count(RecordingLife life)
    {
        long late = _recorder!.NowMs - (life.BegunMs + ((life.LastTick + 2) * life.TickMs));
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
}
