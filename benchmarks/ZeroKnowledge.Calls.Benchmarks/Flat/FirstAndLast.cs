using System.Diagnostics;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>Takes chunks in the place of the spool, and notes when the first and the last one of a round came.</summary>
internal sealed class FirstAndLast : ISpoolSink
{
    private Grpc.Spool? _spool;
    private long _first;
    private long _last;
    private int _chunks;

    public int Chunks => Volatile.Read(ref _chunks);

    /// <summary>From the first chunk to the last, for each after the first.</summary>
    public double NsPerChunk => (_last - _first) * 1e9 / Stopwatch.Frequency / (_chunks - 1);

    public void Use(Grpc.Spool spool) => _spool = spool;

    public void NextRound() => Volatile.Write(ref _chunks, 0);

    public void Add(in SpoolItem item)
    {
        item.Written?.TrySetResult();
        if (item.Chunk is not { } chunk)
        {
            return;
        }

        _spool!.Unreserve(chunk.StoredSize);
        chunk.Pool.Return(chunk);
        _last = Stopwatch.GetTimestamp();
        if (_chunks == 0)
        {
            _first = _last;
        }

        Volatile.Write(ref _chunks, _chunks + 1);
    }
}
