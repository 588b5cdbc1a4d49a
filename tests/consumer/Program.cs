using Grpc.Net.Client;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Grpc;
using ZeroKnowledge.Calls.Sqlite;

// What a native, trimmed program does with the libraries: records a call through an archive into a register, reads it back, writes a file and a WAV.
// Usage: make-key GATEWAY-KEY-FILE TRUST-LIST, then URL GATEWAY-KEY-FILE FOLDER
if (args.Length != 3)
{
    Console.Error.WriteLine("usage: make-key GATEWAY-KEY-FILE TRUST-LIST | URL GATEWAY-KEY-FILE FOLDER");
    return 2;
}

if (args[0] == "make-key")
{
    using GatewayKey made = GatewayKey.Generate();
    made.Save(args[1]);
    Trust(made).Save(args[2]);
    return 0;
}

string folder = args[2];
using GatewayKey gateway = GatewayKey.Load(args[1]);
using Identity active = Identity.Generate();
using Identity recovery = Identity.Generate();
TrustList trust = Trust(gateway);
using GrpcChannel channel = GrpcChannel.ForAddress(args[0]);
await using SqliteRegister register = SqliteRegister.Open(Path.Combine(folder, "register.db"));
RecordingId id;
await using (CallRecorder recorder = await CallRecorder.StartAsync(new CallRecorderOptions
{
    Archives = [channel],
    Spool = Path.Combine(folder, "spool"),
    Register = register,
    Policy = new RecordingPolicy { Recipients = Recipients.Of(active.Recipient, recovery.Recipient), Gateway = gateway, Tick = TimeSpan.FromMilliseconds(200) },
}))
{
    CallWriter call = recorder.Begin(new CallMetadata { CallId = "native", Legs = [Leg.Pcma("caller"), Leg.Pcma("assistant")] });
    id = call.RecordingId;
    byte[] audio = new byte[160];
    for (ushort i = 0; i < 50; i++)
    {
        audio.AsSpan().Fill((byte)i);
        if (call.WriteFrame(i & 1, 8, i, i * 160u, audio) != WriteResult.Accepted)
        {
            Console.Error.WriteLine($"frame {i} was not accepted");
            return 1;
        }

        await Task.Delay(10);
    }

    call.Complete();
    await call.Durable;
}

ArchiveClient archive = new(channel);
await using Recording recording = await archive.OpenAsync(id, new ReaderOptions { Trust = trust, Identity = recovery, Register = register });
RecordingReport report = await recording.VerifyAsync();
int frames = 0;
await foreach (Frame frame in recording.ReadFramesAsync())
{
    frames += frame.Kind == FrameKind.Audio ? 1 : 0;
}

await recording.SaveAsync(Path.Combine(folder, "native.zkc"));
await recording.ExportWavAsync(Path.Combine(folder, "native.wav"));
bool ok = report.State == RecordingState.Complete && frames == 50 && recording.Metadata?.CallId == "native";
Console.WriteLine(ok ? $"AOT: ok, {frames} frames" : $"AOT: failed, {report.State}, {frames} frames");
return ok ? 0 : 1;

static TrustList Trust(GatewayKey gateway) => TrustList.Of(new TrustedKey(
    TrustedKeyKind.Gateway, gateway.PublicKey, new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero), "gateway"));
