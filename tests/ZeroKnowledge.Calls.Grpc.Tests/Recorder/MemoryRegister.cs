using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>A register that forgets with its process and can be made to fail: for fault injection only.</summary>
internal sealed class MemoryRegister : IRegister
{
    private readonly ConcurrentDictionary<CoreId, RegisteredRecording> _rows = new();
    private int _thrown;

    public Exception? Failure { get; set; }

    /// <summary>How often it has failed.</summary>
    public int Thrown => Volatile.Read(ref _thrown);

    /// <summary>Blocks the thread that writes, as a store does that knows no tasks; what <see cref="Failure"/> is afterwards is thrown.</summary>
    public ManualResetEventSlim? Blocked { get; set; }

    public int Count => _rows.Count;

    /// <summary>What another process would find, if this one died now.</summary>
    public MemoryRegister Snapshot()
    {
        MemoryRegister copy = new();
        foreach ((CoreId coreId, RegisteredRecording row) in _rows)
        {
            copy._rows[coreId] = row;
        }

        return copy;
    }

    public ValueTask AddAsync(IReadOnlyList<RegisteredRecording> recordings, CancellationToken cancellationToken = default)
    {
        ThrowIfFailing();
        foreach (RegisteredRecording row in recordings)
        {
            _rows.TryAdd(row.Header.CoreId, row);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask AddEvidenceAsync(IReadOnlyList<RegisteredEvidence> evidence, CancellationToken cancellationToken = default)
    {
        ThrowIfFailing();
        foreach (RegisteredEvidence added in evidence)
        {
            RegisteredRecording row = _rows[added.CoreId];
            _rows[added.CoreId] = new RegisteredRecording
            {
                Header = row.Header,
                Envelope = row.Envelope,
                Statements = added.Statement is { } statement ? [.. row.Statements, statement] : row.Statements,
                Receipts = added.Receipt is { } receipt ? [.. row.Receipts, receipt] : row.Receipts,
            };
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<RegisteredRecording?> FindAsync(CoreId coreId, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(_rows.GetValueOrDefault(coreId));

    public ValueTask<IReadOnlyList<RegisteredRecording>> FindAsync(RecordingId recordingId, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IReadOnlyList<RegisteredRecording>>([.. _rows.Values.Where(row => row.Header.RecordingId == recordingId)]);

    public async IAsyncEnumerable<RegisteredRecording> ListAsync(
        DateTimeOffset? since = null, DateTimeOffset? until = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        foreach (RegisteredRecording row in _rows.Values.OrderBy(row => row.Header.Begun))
        {
            yield return row;
        }
    }

    public ValueTask ReplaceEnvelopeAsync(KeyEnvelope envelope, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask EraseAsync(ErasureCertificate certificate, KeyEnvelope? remaining, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask SetHoldAsync(CoreId coreId, string? reason, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask RemoveAsync(IReadOnlyList<CoreId> coreIds, CancellationToken cancellationToken = default)
    {
        foreach (CoreId id in coreIds)
        {
            _rows.TryRemove(id, out _);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void ThrowIfFailing()
    {
        Blocked?.Wait();
        if (Failure is { } failure)
        {
            Interlocked.Increment(ref _thrown);
            throw failure;
        }
    }
}
