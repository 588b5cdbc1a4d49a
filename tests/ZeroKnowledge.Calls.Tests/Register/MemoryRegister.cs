namespace ZeroKnowledge.Calls.Tests;

/// <summary>A register that knows what it was given; for reading only.</summary>
internal sealed class MemoryRegister(params RegisteredRecording[] rows) : IRegister
{
    public ValueTask<RegisteredRecording?> FindAsync(CoreId coreId, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(rows.FirstOrDefault(row => row.Header.CoreId == coreId));

    public ValueTask<IReadOnlyList<RegisteredRecording>> FindAsync(RecordingId recordingId, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IReadOnlyList<RegisteredRecording>>([.. rows.Where(row => row.Header.RecordingId == recordingId)]);

    public IAsyncEnumerable<RegisteredRecording> ListAsync(DateTimeOffset? since = null, DateTimeOffset? until = null, CancellationToken cancellationToken = default) =>
        rows.ToAsyncEnumerable();

    public ValueTask AddAsync(IReadOnlyList<RegisteredRecording> recordings, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask AddEvidenceAsync(IReadOnlyList<RegisteredEvidence> evidence, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask ReplaceEnvelopeAsync(KeyEnvelope envelope, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask EraseAsync(ErasureCertificate certificate, KeyEnvelope? remaining, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask SetHoldAsync(CoreId coreId, string? reason, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask RemoveAsync(IReadOnlyList<CoreId> coreIds, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
