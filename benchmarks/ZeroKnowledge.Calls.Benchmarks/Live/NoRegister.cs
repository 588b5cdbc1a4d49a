using System.Runtime.CompilerServices;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>A register that keeps nothing: what a register costs is measured by itself.</summary>
internal sealed class NoRegister : IRegister
{
    public ValueTask AddAsync(IReadOnlyList<RegisteredRecording> recordings, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public ValueTask AddEvidenceAsync(IReadOnlyList<RegisteredEvidence> evidence, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public ValueTask<RegisteredRecording?> FindAsync(CoreId coreId, CancellationToken cancellationToken = default) => ValueTask.FromResult<RegisteredRecording?>(null);

    public ValueTask<IReadOnlyList<RegisteredRecording>> FindAsync(RecordingId recordingId, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IReadOnlyList<RegisteredRecording>>([]);

    public async IAsyncEnumerable<RegisteredRecording> ListAsync(
        DateTimeOffset? since = null, DateTimeOffset? until = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        yield break;
    }

    public ValueTask ReplaceEnvelopeAsync(KeyEnvelope envelope, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public ValueTask EraseAsync(ErasureCertificate certificate, KeyEnvelope? remaining, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public ValueTask SetHoldAsync(CoreId coreId, string? reason, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public ValueTask RemoveAsync(IReadOnlyList<CoreId> coreIds, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
