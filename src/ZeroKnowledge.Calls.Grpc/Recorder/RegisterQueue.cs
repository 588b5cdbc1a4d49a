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

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        List<RegisteredEvidence> evidence = [];
        List<CoreId> removed = [];
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

    private async Task WriteAsync(List<RegisteredEvidence> evidence, List<CoreId> removed, CancellationToken cancellationToken)
    {
        while (true)
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

                return;
            }
            catch (RegisterException e)
            {
                // The row may be gone: its evidence is then the new register's, which imported it, to ask the archive for.
                RecorderLog.RegisterRefused(logger, e, evidence.Count);
                if (evidence.Count > 1)
                {
                    foreach (RegisteredEvidence single in evidence)
                    {
                        await WriteAsync([single], [], cancellationToken).ConfigureAwait(false);
                    }

                    evidence = [];
                    continue;
                }

                await Task.Delay(RetryDelay, cancellationToken).ConfigureAwait(false);
                if (evidence.Count == 1 && await register.FindAsync(evidence[0].CoreId, cancellationToken).ConfigureAwait(false) is null)
                {
                    return;
                }
            }
        }
    }
}
