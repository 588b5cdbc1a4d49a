using Microsoft.Extensions.Logging;
using System.Threading.Channels;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// Statements and receipts on their way into the register, in batches, and before them the envelopes that wait in files because it could not be written.
/// Thread-safe.
/// </summary>
internal sealed class RegisterQueue(IRegister register, EnvelopeFiles envelopes, ILogger logger)
{
    private const int MaxBatch = 1_000;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly Channel<Change> _channel = Channel.CreateUnbounded<Change>(new UnboundedChannelOptions { SingleReader = true });
    private readonly List<Change> _held = [];
    private int _waiting;

    /// <summary>Changes that the register does not have yet.</summary>
    public int Waiting => Volatile.Read(ref _waiting) + envelopes.Count;

    public void AddStatement(CoreId coreId, ReadOnlySpan<byte> statement)
    {
        if (Statement.TryParse(statement, out Statement? parsed, out _))
        {
            Add(new Change(coreId, new RegisteredEvidence(coreId, Statement: parsed), false, null));
        }
    }

    public void AddReceipt(CoreId coreId, Receipt receipt) => Add(new Change(coreId, new RegisteredEvidence(coreId, Receipt: receipt), false, null));

    /// <summary>A recording that was discarded before anything left is forgotten.</summary>
    public void Remove(CoreId coreId) => Add(new Change(coreId, null, true, null));

    /// <summary>Runs an action when all that was added before of a recording is in the register.</summary>
    public void After(CoreId coreId, Action action) => Add(new Change(coreId, null, false, action));

    /// <summary>There are envelopes in files.</summary>
    public void Retry() => Add(default);

    /// <summary>No more comes: <see cref="RunAsync"/> ends when all is written.</summary>
    public void Complete() => _channel.Writer.TryComplete();

    /// <summary>Ends when everything is written, or when it is cancelled; then what is left is logged.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        List<Change> batch = [];
        try
        {
            while (await WaitAsync(cancellationToken).ConfigureAwait(false))
            {
                while (batch.Count < MaxBatch && _channel.Reader.TryRead(out Change change))
                {
                    batch.Add(change);
                }

                // First: evidence of a recording that the register does not know is refused. Of one whose envelope still waits, all else waits too.
                if (await AddEnvelopesAsync(cancellationToken).ConfigureAwait(false))
                {
                    batch.InsertRange(0, _held);
                    _held.Clear();
                }

                _held.AddRange(batch.Where(change => envelopes.Has(change.CoreId)));
                batch.RemoveAll(change => envelopes.Has(change.CoreId));
                await WriteAsync(
                    [.. batch.Where(change => change.Evidence is not null).Select(change => change.Evidence!)],
                    [.. batch.Where(change => change.IsRemoval).Select(change => change.CoreId)],
                    cancellationToken).ConfigureAwait(false);
                batch.ForEach(change => change.After?.Invoke());
                Interlocked.Add(ref _waiting, -batch.Count);
                batch.Clear();
            }
        }
        catch (OperationCanceledException)
        {
            // Logged below.
        }

        if (Waiting > 0)
        {
            RecorderLog.RegisterLeft(logger, Waiting);
        }
    }

    /// <returns>False if all is done and no more comes.</returns>
    private async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource retry = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (envelopes.Count > 0)
        {
            retry.CancelAfter(RetryDelay);
        }

        try
        {
            return await _channel.Reader.WaitToReadAsync(retry.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return true;
        }
    }

    private void Add(Change change)
    {
        Interlocked.Increment(ref _waiting);
        if (!_channel.Writer.TryWrite(change))
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <returns>True if the register took at least one.</returns>
    private async Task<bool> AddEnvelopesAsync(CancellationToken cancellationToken)
    {
        bool taken = false;
        foreach (CoreId coreId in envelopes.All)
        {
            try
            {
                if (!envelopes.TryRead(coreId, out RegisteredRecording? row))
                {
                    RecorderLog.EnvelopeDamaged(logger, coreId);
                    continue;
                }

                await register.AddAsync([row], cancellationToken).ConfigureAwait(false);
                envelopes.Remove(coreId);
                taken = true;
            }
#pragma warning disable CA1031 // Another store may throw anything; the file is kept and tried again.
            catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
            {
                RecorderLog.RegisterRefused(logger, e, envelopes.Count);
                return taken;
            }
        }

        return taken;
    }

    private async Task WriteAsync(List<RegisteredEvidence> evidence, List<CoreId> removed, CancellationToken cancellationToken)
    {
        if (await TryWriteAsync(evidence, removed, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        // One piece that is refused must not hold up the others. A row that is gone was moved to another register, or discarded.
        foreach (RegisteredEvidence single in evidence)
        {
            while (!await TryWriteAsync([single], [], cancellationToken).ConfigureAwait(false) && await IsKnownAsync(single.CoreId, cancellationToken).ConfigureAwait(false))
            {
                await Task.Delay(RetryDelay, cancellationToken).ConfigureAwait(false);
            }
        }

        while (!await TryWriteAsync([], removed, cancellationToken).ConfigureAwait(false))
        {
            await Task.Delay(RetryDelay, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> TryWriteAsync(List<RegisteredEvidence> evidence, List<CoreId> removed, CancellationToken cancellationToken)
    {
        try
        {
            if (evidence.Count > 0)
            {
                await register.AddEvidenceAsync(evidence, cancellationToken).ConfigureAwait(false);
            }

            if (removed.Count > 0)
            {
                await register.RemoveAsync(removed, cancellationToken).ConfigureAwait(false);
            }

            return true;
        }
#pragma warning disable CA1031 // Another store may throw anything; the evidence is kept and tried again.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            RecorderLog.RegisterRefused(logger, e, evidence.Count + removed.Count);
            return false;
        }
    }

    private async Task<bool> IsKnownAsync(CoreId coreId, CancellationToken cancellationToken)
    {
        try
        {
            return await register.FindAsync(coreId, cancellationToken).ConfigureAwait(false) is not null;
        }
        catch (RegisterException)
        {
            return true;
        }
    }

    private readonly record struct Change(CoreId CoreId, RegisteredEvidence? Evidence, bool IsRemoval, Action? After);
}
