using LiveGateway.Calls;
using LiveGateway.Storage;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Grpc;

namespace LiveGateway.ReadBack;

/// <summary>The customer's desk: reads calls out of the archive, and takes them home as files.</summary>
internal sealed class Desk(ArchiveClient archive, Customer customer, Workspace workspace)
{
    private readonly List<string> _problems = [];

    /// <summary>What was read with the active key.</summary>
    public FrameComparison Active { get; } = new();

    /// <summary>What was read with the recovery key.</summary>
    public FrameComparison Recovery { get; } = new();

    /// <summary>What did not hold, in sentences.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Reads a call with the active key, compares it, and writes WAV, recording and envelope.</summary>
    public async Task ReadAsync(LiveCall call, CancellationToken cancellationToken)
    {
        await using Recording recording = await archive.OpenAsync(call.Writer.RecordingId, customer.Reader(customer.Active), cancellationToken);
        await CheckAsync(call, recording, Active, cancellationToken);
        await recording.ExportWavAsync(PathOf(call, ".wav"), cancellationToken);
        await recording.SaveAsync(PathOf(call, ".zkc"), cancellationToken);
        RegisteredRecording row = (await customer.Register.FindAsync(recording.Header.CoreId, cancellationToken))!;
        await File.WriteAllBytesAsync(PathOf(call, ".zkenv"), row.Envelope!.ToArray(), cancellationToken);
        await CheckFileAsync(call, row.Envelope!, cancellationToken);
    }

    /// <summary>Reads a call with the recovery key, as if the active one were lost, and compares it.</summary>
    public async Task RecoverAsync(LiveCall call, CancellationToken cancellationToken)
    {
        await using Recording recording = await archive.OpenAsync(call.Writer.RecordingId, customer.Reader(customer.Recovery), cancellationToken);
        await CheckAsync(call, recording, Recovery, cancellationToken);
    }

    public string PathOf(LiveCall call, string extension) => Path.Combine(workspace.Out, call.Name + extension);

    private async Task CheckAsync(LiveCall call, Recording recording, FrameComparison comparison, CancellationToken cancellationToken)
    {
        RecordingReport report = await recording.VerifyAsync(cancellationToken: cancellationToken);
        if (report is not { State: RecordingState.Complete, EndReason: EndReason.Completed, RegisterChecked: true, Findings: [] }
            || report.Signed != report.Chunks || report.Chunks != call.Receipt.ChunkCount)
        {
            _problems.Add($"{call.Name} is {report.State}, {report.Signed} of {report.Chunks} chunks signed. {string.Join(' ', report.Findings)}");
        }

        if (recording.Metadata is not { } metadata || metadata.CallId != call.Metadata.CallId || !metadata.Parties.SequenceEqual(call.Metadata.Parties)
            || recording.Summary?.Frames != call.FramesWritten)
        {
            _problems.Add($"{call.Name}: its metadata is not what was given to the recorder.");
        }

        await comparison.CompareAsync(recording, call, cancellationToken);
    }

    // The file must be as good as the archive: with its envelope, and without anything else.
    private async Task CheckFileAsync(LiveCall call, KeyEnvelope envelope, CancellationToken cancellationToken)
    {
        ReaderOptions options = new() { Trust = customer.Trust, Identity = customer.Active, Envelope = envelope };
        await using Recording file = await Recording.OpenFileAsync(PathOf(call, ".zkc"), options, cancellationToken);
        RecordingReport report = await file.VerifyAsync(cancellationToken: cancellationToken);
        if (report.State != RecordingState.Complete || new FileInfo(PathOf(call, ".wav")).Length == 0)
        {
            _problems.Add($"{call.Name}: its files are not whole; the .zkc is {report.State}.");
        }
    }
}
