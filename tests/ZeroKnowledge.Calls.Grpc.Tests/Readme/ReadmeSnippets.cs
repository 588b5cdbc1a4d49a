using Grpc.Net.Client;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>The README's C#, compiled. <see cref="ReadmeTests"/> compares the lines.</summary>
internal static class ReadmeSnippets
{
    public static async Task QuickStart(byte[] packet, IRegister register)
    {
        // README 1
        await using var recorder = await CallRecorder.StartAsync(new CallRecorderOptions
        {
            Archives = [ArchiveChannel.ForAddress(new Uri("https://archive.example"))],
            Register = SqliteRegister.Open("register.db"),
            Spool = "spool",                                       // ciphertext only: what an archive does not have yet
            Policy = new RecordingPolicy
            {
                Recipients = Recipients.Load("recipients.txt"),   // two at the least: one of them stays offline
                Gateway = GatewayKey.Load("gateway.key"),
            },
        });

        CallWriter call = recorder.Begin(new CallMetadata
        {
            CallId = "a84b4c76e66710",
            Legs = [Leg.Pcma("caller"), Leg.Pcma("assistant")],
        });
        call.WriteRtp(leg: 0, packet);              // from the media thread: never waits, never throws, never allocates
        call.Complete();                            // seals, returns at once
        Receipt receipt = await call.Durable;       // stored in the archive
        // README end
        _ = receipt;

        // README 2
        var archive = new ArchiveClient(GrpcChannel.ForAddress("https://archive.example"));
        await using Recording recording = await archive.OpenAsync(call.RecordingId, new ReaderOptions
        {
            Identity = Identity.Load("archive.key"),
            Register = register,
            Trust = TrustList.Load("trust.txt"),
        });
        RecordingReport report = await recording.VerifyAsync();   // Complete, Recovered, Open, Truncated, Corrupt, Forked
        await recording.ExportWavAsync("call.wav");
        await recording.SaveAsync("call.zkc");                    // still encrypted
        // README end
        _ = report;
    }

    public static void Keys(DateTimeOffset from, DateTimeOffset until)
    {
        // README 3
        using Identity active = Identity.Generate();
        using Identity recovery = Identity.Generate();            // keep this one offline
        active.Save("archive.key");
        recovery.Save("recovery.key");
        File.WriteAllText("recipients.txt", $"{active.Recipient}\n{recovery.Recipient}\n");

        using GatewayKey gateway = GatewayKey.Generate();
        gateway.Save("gateway.key");
        TrustList.Of(new TrustedKey(TrustedKeyKind.Gateway, gateway.PublicKey, from, until, "gateway Berlin 1")).Save("trust.txt");
        // README end
    }
}
