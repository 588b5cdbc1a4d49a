using Microsoft.Extensions.Logging;
using System.Threading.Channels;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Statements and receipts on their way into the register, in batches. Thread-safe.</summary>
internal sealed class RegisterQueue(IRegister register, ILogger logger)
{
    private const int MaxBatch = 1_000;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly Channel<(RegisteredEvidence? Evidence, CoreId Removed)> _channel =
        Channel.CreateUnbounded<(RegisteredEvidence?, CoreId)>(new UnboundedChannelOptions { SingleReader = true });

    public void AddStatement(CoreId coreId, ReadOnlySpan<byte> statement)
    {
        if (Statement.TryParse(statement, out Statement? parsed, out _))
        {
            _channel.Writer.TryWrite((new RegisteredEvidence(coreId, Statement: parsed), default));
        }
    }

    public void AddReceipt(CoreId coreId, Receipt receipt) => _channel.Writer.TryWrite((new RegisteredEvidence(coreId, Receipt: receipt), default));

    /// <summary>A recording that was discarded before anything left is forgotten.</summary>
    public void Remove(CoreId coreId) => _channel.Writer.TryWrite((null, coreId));

    /// <summary>No more comes: <see cref="RunAsync"/> ends when all is written.</summary>
    public void Complete() => _channel.Writer.TryComplete();

    /// <summary>Ends when everything is written, or when it is cancelled; then what is left is logged.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        List<RegisteredEvidence> evidence = [];
        List<CoreId> removed = [];
        try
        {
            while (await _channel.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (evidence.Count + removed.Count < MaxBatch && _channel.Reader.TryRead(out (RegisteredEvidence? Evidence, CoreId Removed) item))
                {
                    if (item.Evidence is { } added)
                    {
                        evidence.Add(added);
                    }
                    else
                    {
                        removed.Add(item.Removed);
                    }
                }

                await WriteAsync(evidence, removed, cancellationToken).ConfigureAwait(false);
                evidence.Clear();
                removed.Clear();
            }
        }
        catch (OperationCanceledException)
        {
            RecorderLog.RegisterLeft(logger, evidence.Count + removed.Count + _channel.Reader.Count);
        }
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
}
