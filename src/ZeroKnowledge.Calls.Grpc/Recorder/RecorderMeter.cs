using System.Diagnostics.Metrics;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>The metrics of a recorder: meter <c>ZeroKnowledge.Calls</c>. None is about a single call.</summary>
internal sealed class RecorderMeter : IDisposable
{
    public const string Name = "ZeroKnowledge.Calls";

    private readonly Meter _meter = new(Name);

    public RecorderMeter(RecordingLifecycle recorder)
    {
        Chunks = _meter.CreateCounter<long>("zkcalls.chunks.encrypted", "{chunk}", "Chunks encrypted.");
        DroppedFrames = _meter.CreateCounter<long>("zkcalls.frames.dropped", "{frame}", "Frames that found no room; gaps stand for them.");
        FailedCalls = _meter.CreateCounter<long>("zkcalls.calls.failed", "{call}", "Calls that could not be started, or not be kept.");
        MissedTicks = _meter.CreateCounter<long>("zkcalls.ticks.missed", "{tick}", "Ticks that were skipped because the process was stopped, or the spool was full.");
        _meter.CreateObservableGauge("zkcalls.calls.active", () => recorder.ActiveCalls, "{call}", "Calls that have begun and are not sealed.");
        ExpiredMasks = _meter.CreateCounter<long>("zkcalls.masks.expired", "{mask}", "Masks that reached the policy's maximum, so that the call is recorded again.");
        Refusals = _meter.CreateCounter<long>("zkcalls.archive.refusals", "{refusal}", "Records that an archive refused without a proof; they are kept and tried again.");
        Unstored = _meter.CreateCounter<long>("zkcalls.recordings.unstored", "{recording}", "Recordings that an archive will never have whole: deleted there, forked, or lost by it.");
        _meter.CreateObservableGauge("zkcalls.spool.bytes", () => recorder.Spool.Bytes, "By", "Chunks in the spool that some archive lacks.");
        _meter.CreateObservableGauge("zkcalls.spool.disk", () => recorder.Spool.DiskBytes, "By", "The spool's files.");
        _meter.CreateObservableGauge("zkcalls.spool.full", () => recorder.Spool.IsFull ? 1 : 0, "1", "1 while new audio becomes gaps because the spool has no room.");
        _meter.CreateObservableGauge("zkcalls.archive.streams", () => PerArchive(recorder, archive => archive.Connected), "{stream}", "Upload streams that the archive answers.");
        _meter.CreateObservableGauge("zkcalls.archive.behind", () => PerArchive(recorder, archive => archive.Behind), "{chunk}", "Chunks in the spool that the archive lacks.");
        _meter.CreateObservableGauge("zkcalls.register.waiting", () => recorder.Register.Waiting, "{change}", "Envelopes, statements and receipts that wait for the register.");
        _meter.CreateObservableGauge("zkcalls.memory.unlocked_slabs", () => recorder.Slabs.UnlockedSlabs, "{slab}", "Slabs of 256 calls' secrets that the system refused to lock.");
    }

    public Counter<long> Chunks { get; }

    public Counter<long> DroppedFrames { get; }

    public Counter<long> FailedCalls { get; }

    public Counter<long> MissedTicks { get; }

    public Counter<long> ExpiredMasks { get; }

    public Counter<long> Refusals { get; }

    public Counter<long> Unstored { get; }

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> PerArchive(RecordingLifecycle recorder, Func<ArchiveUploader, long> measure) =>
        recorder.Archives.Select(archive => new Measurement<long>(measure(archive), new KeyValuePair<string, object?>("archive", archive.Name)));
}
