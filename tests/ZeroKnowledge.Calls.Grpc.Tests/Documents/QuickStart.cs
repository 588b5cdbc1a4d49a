using Grpc.Net.Client;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>The README's C#, compiled. <see cref="DocumentTests"/> compares the lines; tests/walks/run runs them.</summary>
internal static class QuickStart
{
    public static async Task Run()
    {
        using GrpcChannel channel = ArchiveChannel.ForAddress(new Uri("http://127.0.0.1:5301"));
        await using SqliteRegister register = SqliteRegister.Open("register.db");
        TrustList trust = TrustList.Load("trust.txt");

        // In the gateway: public keys, and one that signs and opens nothing.
        using GatewayKey gateway = GatewayKey.Load("gateway.key");
        await using CallRecorder recorder = await CallRecorder.StartAsync(new CallRecorderOptions
        {
            Archives = [channel],
            Register = register,
            Trust = trust,
            Spool = "spool",                                      // ciphertext only: what an archive does not have yet
            Policy = new RecordingPolicy
            {
                Recipients = Recipients.Load("recipients.txt"),   // two at the least: one of them stays offline
                Gateway = gateway,
            },
        });

        CallWriter call = recorder.Begin(new CallMetadata
        {
            CallId = "a84b4c76e66710",
            Legs = [Leg.Pcma("caller"), Leg.Pcma("agent")],
        });
        byte[] tone = [.. Enumerable.Range(0, 160).Select(i => (byte)(i / 10 % 2 == 0 ? 0xB5 : 0x35))];   // 20 ms of A-law
        for (ushort i = 0; i < 150; i++)
        {
            call.WriteFrame(leg: 0, payloadType: 8, sequence: i, timestamp: i * 160u, tone);   // never waits, never throws, never allocates
            call.WriteFrame(leg: 1, payloadType: 8, sequence: i, timestamp: i * 160u, tone);   // or WriteRtp: a packet as it came
            await Task.Delay(20);
        }

        call.Complete();                               // seals, returns at once
        Receipt receipt = await call.Durable;          // the archive has all of it, and signed that; until one answers, the spool keeps it

        // At the customer's desk: the private key.
        using Identity identity = Identity.Load("identity.txt");
        ArchiveClient archive = new(channel);
        await using Recording recording = await archive.OpenAsync(call.RecordingId, new ReaderOptions
        {
            Identity = identity,
            Register = register,
            Trust = trust,
        });
        RecordingReport report = await recording.VerifyAsync();   // Complete, Recovered, Open, Truncated, Corrupt, Forked
        await recording.ExportWavAsync("call.wav");
        await recording.SaveAsync("call.zkc");                    // still encrypted
        Console.WriteLine($"{recording.Metadata?.CallId} {report.State}, {report.Verified} chunks, stored {receipt.Time:u}");
    }
}
