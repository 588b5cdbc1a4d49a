using System.Diagnostics;
using LiveGateway.Storage;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Grpc;

namespace LiveGateway.Calls;

/// <summary>What the recording of the calls showed.</summary>
/// <param name="Times">How long writes took.</param>
/// <param name="Tail">From the end of the calls to the last receipt.</param>
internal sealed record Recorded(WriteTimes Times, TimeSpan Tail);

/// <summary>Records the calls.</summary>
internal sealed class LiveRun(JobOptions options, Screen screen, Customer customer, IReadOnlyList<LiveCall> calls, ArchiveLink archive) : IDisposable
{
    private const int FramesPerSecond = 50;
    private const int WarmUpFrames = 2_000;
    private const double KillAfter = 0.4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly RecorderNotes _notes = new();

    /// <summary>What the recorder warned of.</summary>
    public IReadOnlyList<string> Notes => _notes.All;

    /// <exception cref="UserException">The calls cannot be recorded as asked for, or the archive does not take them.</exception>
    public async Task<Recorded> RunAsync(RecordingPolicy policy, CancellationToken cancellationToken)
    {
        await using CallRecorder recorder = await StartAsync(policy, cancellationToken);
        try
        {
            WarmUp(recorder);
            foreach (LiveCall call in calls)
            {
                call.Begin(recorder);
            }

            return await FollowAsync(cancellationToken);
        }
        catch
        {
            // Whatever went wrong, nothing more is to be sent: without this the disposal would try for a while.
            await recorder.StopAsync(new CancellationToken(canceled: true));
            throw;
        }
    }

    public void Dispose() => _notes.Dispose();

    private async Task<Recorded> FollowAsync(CancellationToken cancellationToken)
    {
        using LiveView view = new(calls, archive.Client);
        MediaThreads media = new(calls, options.Seconds * FramesPerSecond, options.Speed);
        using CancellationTokenSource failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<TimeSpan> all = RecordAsync(media, view, failed.Token);
        try
        {
            // The recorder keeps what an archive refuses, and tries again; this program has nobody to wait for.
            Task<string> error = _notes.FirstError;
            await screen.FollowAsync(view.Draw, view.Tell, Task.WhenAny(all, error));
            if (error.IsCompletedSuccessfully)
            {
                await failed.CancelAsync();
                await Task.WhenAny(all);
                throw options.Archive is null
                    ? new CallRecordingException(await error)
                    : new UserException($"{await error} This gateway is {customer.Gateway.PublicKey.ToString(TrustedKeyKind.Gateway)}.");
            }

            return new Recorded(media.Times, await all);
        }
        finally
        {
            await view.StopAsync();
        }
    }

    private async Task<TimeSpan> RecordAsync(MediaThreads media, LiveView view, CancellationToken cancellationToken)
    {
        await Task.WhenAll(calls.Select(call => call.Writer.Started)).WaitAsync(cancellationToken);
        await Task.WhenAll(media.RunAsync(cancellationToken), KillArchiveAsync(cancellationToken));
        Stopwatch tail = Stopwatch.StartNew();
        foreach (LiveCall call in calls)
        {
            call.Writer.Complete();
        }

        try
        {
            await Task.WhenAll(calls.Select(call => call.WaitAsync(Patience, cancellationToken)));
        }
        catch (TimeoutException e)
        {
            throw new UserException($"The archive at {archive.Address} did not confirm the calls within {Patience.TotalSeconds:N0} s.", e);
        }

        TimeSpan elapsed = tail.Elapsed;
        await view.RefreshAsync(cancellationToken);
        return elapsed;
    }

    // In the middle of the calls, which go on.
    private async Task KillArchiveAsync(CancellationToken cancellationToken)
    {
        if (options.Archive is null)
        {
            await Task.Delay(TimeSpan.FromSeconds(options.Seconds / options.Speed * KillAfter), cancellationToken);
            await archive.KillAsync(cancellationToken);
        }
    }

    private async Task<CallRecorder> StartAsync(RecordingPolicy policy, CancellationToken cancellationToken)
    {
        CallRecorderOptions recorder = new()
        {
            Archives = [archive.Channel],
            Spool = customer.Spool,
            Register = customer.Register,
            Policy = policy,
            LoggerFactory = _notes,

            // The key of an archive that was not started here is not pinned: its receipts are taken as they come.
            Trust = options.Archive is null ? customer.Trust : null,
        };
        try
        {
            return await CallRecorder.StartAsync(recorder, cancellationToken);
        }
        catch (ArgumentException e)
        {
            throw TooFast(e);
        }
    }

    // The first calls of a process are slow, as its code is compiled then. A call that is discarded at once leaves nothing behind.
    private void WarmUp(CallRecorder recorder)
    {
        CallWriter writer;
        try
        {
            writer = recorder.Begin(calls[0].Metadata);
        }
        catch (ArgumentException e)
        {
            throw TooFast(e);
        }

        using (writer)
        {
            byte[] packet = new byte[calls[0].LongestPacket];
            for (int i = 0; i < WarmUpFrames; i++)
            {
                // The same few packets: a chunk holds no more.
                writer.WriteRtp(0, packet.AsSpan(0, calls[0].Legs[0].WritePacket(i, packet)));
            }

            writer.Discard();
        }
    }

    private UserException TooFast(ArgumentException e) =>
        new($"Audio of {calls.Max(call => call.BitRate):N0} bit/s, {options.Speed:0.##} times as fast as life, is more than a chunk of one second holds: lower --speed.", e);
}
