using Microsoft.Extensions.Logging;
using System.Diagnostics;
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

    // Longer than a register that is busy takes; one that hangs must not hang the recorder.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Channel<Change> _channel = Channel.CreateUnbounded<Change>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<CoreId, List<Change>> _held = [];
    private readonly Stopwatch _sinceHeld = new();
    private bool _isAway;
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

    /// <summary>It could not be written when last tried: envelopes are in files, or go there.</summary>
    public bool IsAway => Volatile.Read(ref _isAway);

    /// <summary>The register did not take a row; it is in a file.</summary>
    public void Retry()
    {
        Volatile.Write(ref _isAway, true);
        Add(default);
    }

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

                if (_held.Count > 0 && _sinceHeld.Elapsed >= RetryDelay)
                {
                    batch.InsertRange(0, _held.Values.SelectMany(changes => changes));
                    _held.Clear();
                }

                // First: evidence of a recording that the register does not know is refused.
                await AddEnvelopesAsync(cancellationToken).ConfigureAwait(false);
                await WriteAsync(batch, cancellationToken).ConfigureAwait(false);
                batch.Clear();
            }
        }
#pragma warning disable CA1031 // A register that is cancelled may throw anything.
        catch (Exception) when (cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
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
        if (envelopes.Count > 0 || _held.Count > 0)
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

    private async Task AddEnvelopesAsync(CancellationToken cancellationToken)
    {
        foreach (CoreId coreId in envelopes.All)
        {
            try
            {
                if (!envelopes.TryRead(coreId, out RegisteredRecording? row))
                {
                    RecorderLog.EnvelopeDamaged(logger, coreId);
                    continue;
                }

                await register.AddAsync([row], cancellationToken).AsTask().WaitAsync(Patience, cancellationToken).ConfigureAwait(false);
                // Left behind by a stop, it must not touch a folder that may be another recorder's by now.
                cancellationToken.ThrowIfCancellationRequested();
                Volatile.Write(ref _isAway, false);
                envelopes.Remove(coreId);
            }
#pragma warning disable CA1031 // Another store may throw anything; the file is kept and tried again.
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                RecorderLog.RegisterRefused(logger, e, envelopes.Count);
                if (await IsKnownAsync(coreId, cancellationToken).ConfigureAwait(false) is null)
                {
                    return;
                }
            }
        }
    }

    // What the register does not take now waits, and all that follows of the same recording with it; the others go on.
    private async Task WriteAsync(List<Change> batch, CancellationToken cancellationToken)
    {
        List<Change> ready = [];
        foreach (Change change in batch)
        {
            if (_held.ContainsKey(change.CoreId) || envelopes.Has(change.CoreId))
            {
                Hold(change);
            }
            else
            {
                ready.Add(change);
            }
        }

        if (!await TryWriteAsync(ready, cancellationToken).ConfigureAwait(false))
        {
            await WriteOneByOneAsync(ready, cancellationToken).ConfigureAwait(false);
            return;
        }

        ready.ForEach(Finish);
    }

    private async Task WriteOneByOneAsync(List<Change> ready, CancellationToken cancellationToken)
    {
        bool away = false;
        foreach (Change change in ready)
        {
            if (away || _held.ContainsKey(change.CoreId))
            {
                Hold(change);
            }
            else if (await TryWriteAsync([change], cancellationToken).ConfigureAwait(false))
            {
                Finish(change);
            }
            else
            {
                bool? known = await IsKnownAsync(change.CoreId, cancellationToken).ConfigureAwait(false);
                away = known is null;
                if (known == false)
                {
                    // The row was moved to another register, or discarded.
                    Finish(change);
                }
                else
                {
                    Hold(change);
                }
            }
        }
    }

    // Of checkpoints only the newest: the register may be away for days.
    private void Hold(Change change)
    {
        if (_held.Count == 0)
        {
            _sinceHeld.Restart();
        }

        if (!_held.TryGetValue(change.CoreId, out List<Change>? changes))
        {
            _held.Add(change.CoreId, changes = []);
        }

        if (change.Evidence?.Statement is { Type: StatementType.Checkpoint }
            && changes.FindIndex(held => held.Evidence?.Statement is { Type: StatementType.Checkpoint }) is >= 0 and int older)
        {
            changes.RemoveAt(older);
            Interlocked.Decrement(ref _waiting);
        }

        changes.Add(change);
    }

    private void Finish(Change change)
    {
        change.After?.Invoke();
        Interlocked.Decrement(ref _waiting);
    }

    private async Task<bool> TryWriteAsync(List<Change> changes, CancellationToken cancellationToken)
    {
        RegisteredEvidence[] evidence = [.. changes.Where(change => change.Evidence is not null).Select(change => change.Evidence!)];
        CoreId[] removed = [.. changes.Where(change => change.IsRemoval).Select(change => change.CoreId)];
        try
        {
            if (evidence.Length > 0)
            {
                await register.AddEvidenceAsync(evidence, cancellationToken).AsTask().WaitAsync(Patience, cancellationToken).ConfigureAwait(false);
            }

            if (removed.Length > 0)
            {
                await register.RemoveAsync(removed, cancellationToken).AsTask().WaitAsync(Patience, cancellationToken).ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
            return true;
        }
#pragma warning disable CA1031 // Another store may throw anything, or hang; the evidence is kept and tried again.
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            RecorderLog.RegisterRefused(logger, e, evidence.Length + removed.Length);
            return false;
        }
    }

    /// <returns>Null if the register does not answer.</returns>
    private async Task<bool?> IsKnownAsync(CoreId coreId, CancellationToken cancellationToken)
    {
        try
        {
            return await register.FindAsync(coreId, cancellationToken).AsTask().WaitAsync(Patience, cancellationToken).ConfigureAwait(false) is not null;
        }
#pragma warning disable CA1031 // As above.
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return null;
        }
    }

    private readonly record struct Change(CoreId CoreId, RegisteredEvidence? Evidence, bool IsRemoval, Action? After);
}
