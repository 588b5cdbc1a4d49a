using System.Diagnostics;

namespace ZeroKnowledge.Calls.Grpc;

// How a recorder stops.
public sealed partial class CallRecorder
{
    // What an ending call may have to send yet: its payload, a second one that a burst has begun, and the same of a linked recording.
    private const int LastTicks = 4;

    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(10);

    // Many calls at once, of a register or a disk that is slow: they are set up in turn.
    private static readonly TimeSpan SetupPatience = TimeSpan.FromSeconds(30);

    /// <summary>Stops: refuses new calls, seals live ones as aborted on their next tick, writes them to the spool, and sends until all is stored or the token says
    /// stop. What the archives do not have by then stays in the spool, and the next recorder sends it.</summary>
    /// <remarks>A call that cannot be ended is given up, and logged: when 10 seconds and four of its ticks have passed since it was set up, as on a disk that takes nothing more.
    /// What the spool has of it is kept: the next recorder recovers it. A gateway key that does not answer is waited for.</remarks>
    /// <param name="cancellationToken">Ends the sending, not the sealing.</param>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _stopping, 1) != 0)
        {
            return;
        }

        using Activity? activity = RecorderActivity.Stop();
        try
        {
            await EndCallsAsync().ConfigureAwait(false);
            _lifecycle.Setup.Complete();
            // However long a gateway key in hardware takes: what is being set up has secrets in memory that is given back below.
            await Task.WhenAll(_setups).ConfigureAwait(false);
            _lifecycle.Earlier.ForgetAll();
            await DrainAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The rest waits in the spool.
        }
        finally
        {
            await CloseAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Stops, and sends for at most <see cref="DisposeTimeout"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource timeout = new(DisposeTimeout);
        await StopAsync(timeout.Token).ConfigureAwait(false);
    }

    // On the system's clock: the recorder's may stand.
    private async Task EndCallsAsync()
    {
        Stopwatch waited = Stopwatch.StartNew();
        TimeSpan until = EndPatience;
        while (ActiveCalls > 0 && waited.Elapsed < until)
        {
            // Also the call that began while this one said stop.
            foreach (CallWriter call in _lifecycle.Calls)
            {
                call.End(EndReason.Aborted);
                if (call.IsEnding)
                {
                    TimeSpan inSetup = call.Outcome.IsStarted ? TimeSpan.Zero : TimeSpan.FromTicks(Math.Min(waited.Elapsed.Ticks, SetupPatience.Ticks));
                    TimeSpan enough = inSetup + EndPatience + TimeSpan.FromMilliseconds(LastTicks * call.Life.TickMs);
                    until = enough > until ? enough : until;
                }
            }

            await Task.Delay(PollInterval, CancellationToken.None).ConfigureAwait(false);
        }

        foreach (CallWriter call in _lifecycle.Calls.Where(call => call.IsEnding))
        {
            _lifecycle.GiveUp(call);
        }
    }

    private async Task CloseAsync(CancellationToken cancellationToken)
    {
        // Not before the sending: a call that was given up may be sealed after all, when the archives have made room.
        await Task.Run(() => Array.ForEach(_pumps, pump => pump.Dispose()), CancellationToken.None).ConfigureAwait(false);
        await _stopSending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_archives.Select(archive => archive.WhenStopped())).ConfigureAwait(false);

        // A register that cannot be written keeps this waiting only as long as the token allows.
        _lifecycle.Register.Complete();
        await Task.WhenAny(_register, Task.Delay(Timeout.Infinite, cancellationToken)).ConfigureAwait(false);
        await _stopRegister.CancelAsync().ConfigureAwait(false);
        // A store of somebody else that hangs is left behind.
        await _register.WaitAsync(EndPatience, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        int lost = await Task.Run(_lifecycle.Spool.Stop, CancellationToken.None).ConfigureAwait(false);
        if (lost > 0)
        {
            RecorderLog.SpoolLost(_lifecycle.Logger, lost);
        }

        int left = _lifecycle.Calls.Count;
        if (left > 0)
        {
            RecorderLog.StoppedEarly(_lifecycle.Logger, left);
            _lifecycle.Abandon(new ArchiveException("The recorder was stopped before the archives had everything. The rest is in the spool, and is sent by the next recorder.") { IsTransient = true });
        }

        Array.ForEach(_archives, archive => archive.Dispose());
        _lifecycle.Dispose();
        _stopSending.Dispose();
        _stopRegister.Dispose();
    }
}
