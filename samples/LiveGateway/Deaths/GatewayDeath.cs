using System.Diagnostics;
using System.Security.Cryptography;
using Grpc.Net.Client;
using LiveGateway.Audio;
using LiveGateway.Calls;
using LiveGateway.Storage;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Grpc;

namespace LiveGateway.Deaths;

/// <summary>
/// Kills a gateway's process in the middle of its calls, lets the next one recover what it left in its spool, and goes on with the same calls. What it had
/// accepted more than a tick and 100 ms before must be there, to the last bit, once.
/// </summary>
internal sealed class GatewayDeath(Workspace workspace, Customer customer, JobOptions options, IReadOnlyList<LiveCall> calls, string archive)
{
    private const int FirstNumber = 500;
    private const int FramesAfter = 40;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(100);

    /// <summary>The calls of a gateway that is killed.</summary>
    public static LiveCall[] Calls(JobOptions options, IReadOnlyList<(AudioTrack, AudioTrack)> audio) =>
        [.. Enumerable.Range(FirstNumber, Math.Min(options.Calls, 4)).Select(i => new LiveCall(i, audio))];

    public static string KeyIn(string folder) => Path.Combine(folder, "gateway.key");

    public static string RecipientsIn(string folder) => Path.Combine(folder, "recipients.txt");

    public static string SpoolIn(string folder) => Path.Combine(folder, "spool");

    public static string LedgerIn(string folder) => Path.Combine(folder, "accepted");

    public async Task<Recovered> RunAsync(CancellationToken cancellationToken)
    {
        string folder = workspace.Killed;
        Directory.CreateDirectory(folder);
        customer.Gateway.Save(KeyIn(folder));
        await File.WriteAllLinesAsync(RecipientsIn(folder), customer.Recipients.Select(recipient => recipient.ToString()), cancellationToken);
        RecordingPolicy policy = Policies.For(customer.Recipients, customer.Gateway, options.Suite, options.Speed, calls);
        using AcceptedFrames ledger = new(LedgerIn(folder), calls.Count, DyingGateway.Slots);
        long killedAt = await KillAsync(folder, policy.Tick, cancellationToken);

        // As it lies there now: it is searched later with all else that is outside the gateway.
        Folders.Copy(SpoolIn(folder), Path.Combine(workspace.Capture, "spool-of-the-killed"));
        Recovered recovered = new(calls, policy.Tick + Slack + ledger.StallBefore(killedAt, 2 * policy.Tick));
        for (int call = 0; call < calls.Count; call++)
        {
            recovered.Expect(call, ledger, killedAt);
        }

        await GoOnAsync(folder, policy, recovered, cancellationToken);
        return recovered;
    }

    private async Task<long> KillAsync(string folder, TimeSpan tick, CancellationToken cancellationToken)
    {
        string[] arguments = DyingGateway.Arguments(
            folder, workspace.Register, archive, FirstNumber, calls.Count, options.Suite, options.Speed, options.Input is { } input ? Path.GetFullPath(input) : "");
        using DoomedProcess process = DoomedProcess.Start("LiveGateway", arguments);
        try
        {
            await process.ReadAsync(DyingGateway.Recording, Patience, cancellationToken);
            await Task.Delay((2 * tick) + (tick * RandomNumberGenerator.GetInt32(100) / 100), cancellationToken);
        }
        finally
        {
            process.Kill();
        }

        return process.KilledAt;
    }

    // The next life: it recovers, and the calls that are still there begin again under their own ids.
    private async Task GoOnAsync(string folder, RecordingPolicy policy, Recovered recovered, CancellationToken cancellationToken)
    {
        using GrpcChannel channel = GrpcChannel.ForAddress(archive);
        await using CallRecorder recorder = await CallRecorder.StartAsync(
            new CallRecorderOptions
            {
                Archives = [channel],
                Spool = SpoolIn(folder),
                Register = customer.Register,
                Policy = policy,
                Trust = options.Archive is null ? customer.Trust : null,
            },
            cancellationToken);
        recovered.Found = recorder.Recovered.Count;
        foreach (LiveCall call in calls)
        {
            call.Begin(recorder);
            Speak(call);
            call.Writer.Complete();
        }

        await Task.WhenAll(calls.Select(call => call.WaitAsync(Patience, cancellationToken)));
        await recorder.DrainAsync(cancellationToken).WaitAsync(Patience, cancellationToken);
        ArchiveClient client = new(channel);
        foreach (LiveCall call in calls)
        {
            await recovered.ReadAsync(client, customer, call, cancellationToken);
        }
    }

    // Less than a tick holds, so that none of it finds no room.
    private static void Speak(LiveCall call)
    {
        byte[] packet = new byte[call.LongestPacket];
        int first = call.SlotsOf(0);
        for (int slot = first; slot < first + FramesAfter; slot++)
        {
            for (int leg = 0; leg < call.Legs.Count; leg++)
            {
                call.Written(leg, slot, call.Writer.WriteRtp(leg, packet.AsSpan(0, call.Legs[leg].WritePacket(slot, packet))));
            }
        }
    }
}
