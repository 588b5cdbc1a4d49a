using System.Diagnostics.Metrics;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>The metrics of a recorder: meter <c>ZeroKnowledge.Calls</c>. None is about a single call.</summary>
internal sealed class RecorderMeter : IDisposable
{
    public const string Name = "ZeroKnowledge.Calls";

    private readonly Meter _meter = new(Name);

    public RecorderMeter(Func<int> calls, Func<long> spoolBytes, Func<int> unlockedSlabs)
    {
        Chunks = _meter.CreateCounter<long>("zkcalls.chunks.encrypted", "{chunk}", "Chunks encrypted.");
        DroppedFrames = _meter.CreateCounter<long>("zkcalls.frames.dropped", "{frame}", "Frames that found no room; gaps stand for them.");
        FailedCalls = _meter.CreateCounter<long>("zkcalls.calls.failed", "{call}", "Calls that could not be started, or not be kept.");
        MissedTicks = _meter.CreateCounter<long>("zkcalls.ticks.missed", "{tick}", "Ticks that were skipped because the process was stopped, or the spool was full.");
        _meter.CreateObservableGauge("zkcalls.calls.active", calls, "{call}", "Calls that have begun and are not sealed.");
        _meter.CreateObservableGauge("zkcalls.spool.bytes", spoolBytes, "By", "Ciphertext that waits for the archive.");
        _meter.CreateObservableGauge("zkcalls.memory.unlocked_slabs", unlockedSlabs, "{slab}", "Slabs of 256 calls' secrets that the system refused to lock.");
    }

    public Counter<long> Chunks { get; }

    public Counter<long> DroppedFrames { get; }

    public Counter<long> FailedCalls { get; }

    public Counter<long> MissedTicks { get; }

    public void Dispose() => _meter.Dispose();
}
