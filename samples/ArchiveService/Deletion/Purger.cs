using System.Threading.Channels;
using ArchiveService.Storage;
using RocksDbSharp;

namespace ArchiveService.Deletion;

/// <summary>
/// Removes the bytes of deleted recordings from the files. One at a time, but all that wait together: the engine's tables are then rewritten once for all. What a crash
/// interrupts is finished after the next start.
/// </summary>
internal sealed class Purger : IAsyncDisposable
{
    private const int MaxTogether = 1_000;

    private readonly Engine _engine;
    private readonly ILogger _log;
    private readonly Channel<(ulong Number, TaskCompletionSource Done)> _waiting =
        Channel.CreateUnbounded<(ulong, TaskCompletionSource)>(new UnboundedChannelOptions { SingleReader = true });

    private readonly Task _running;

    public Purger(Engine engine, ILogger<Purger> log)
    {
        _engine = engine;
        _log = log;
        foreach (ulong number in Unfinished())
        {
            _waiting.Writer.TryWrite((number, new TaskCompletionSource()));
        }

        _running = Task.Run(RunAsync);
    }

    /// <summary>Completes when the bytes of a deleted recording are gone from the files.</summary>
    /// <param name="number">The recording's number, from its tombstone.</param>
    public async Task PurgeAsync(ulong number)
    {
        if (_engine.Get(_engine.System, Key.Purge(number)) is null)
        {
            return;
        }

        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_waiting.Writer.TryWrite((number, done)))
        {
            throw new OperationCanceledException("The archive is stopping; it goes on with the deletion at its next start.");
        }

        await done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _running;
    }

    private List<ulong> Unfinished()
    {
        var numbers = new List<ulong>();
        using Scan scan = _engine.Scan(_engine.System, Key.PurgeStart.ToArray(), Key.PurgeEnd.ToArray());
        while (scan.Next())
        {
            numbers.Add(Key.PurgedNumber(scan.Key));
        }

        return numbers;
    }

    private async Task RunAsync()
    {
        var together = new List<(ulong Number, TaskCompletionSource Done)>();
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (together.Count < MaxTogether && _waiting.Reader.TryRead(out (ulong, TaskCompletionSource) next))
            {
                together.Add(next);
            }

            Purge(together);
            together.Clear();
        }
    }

    private void Purge(List<(ulong Number, TaskCompletionSource Done)> together)
    {
        try
        {
            ulong[] numbers = [.. together.Select(one => one.Number).Distinct().Order()];
            _engine.Purge(numbers);
            using var batch = new WriteBatch();
            foreach (ulong number in numbers)
            {
                batch.Delete(Key.Purge(number), _engine.System);
            }

            _engine.Write(batch);
            together.ForEach(one => one.Done.TrySetResult());
        }
#pragma warning disable CA1031 // it stays noted as unfinished, whoever waits is told, and the next deletion or start tries again
        catch (Exception e)
#pragma warning restore CA1031
        {
            _log.LogError(e, "The bytes of {Count} deleted recordings could not be removed from the files yet", together.Count);
            together.ForEach(one => one.Done.TrySetException(e));
        }
    }
}
