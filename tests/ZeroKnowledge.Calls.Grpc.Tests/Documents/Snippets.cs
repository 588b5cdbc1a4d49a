using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ZeroKnowledge.Calls.Extensions;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>The C# of the other documents, compiled. <see cref="DocumentTests"/> compares the lines.</summary>
internal static class Snippets
{
    public static async Task Core()
    {
        await using Recording recording = await Recording.OpenFileAsync("call.zkc", new ReaderOptions
        {
            Identity = Identity.Load("identity.txt"),
            Trust = TrustList.Load("trust.txt"),
        });
        RecordingReport report = await recording.VerifyAsync();   // needs no key: Complete, or what is wrong with it
        await recording.ExportWavAsync("call.wav");
        _ = report;
    }

    public static async Task Recorder(byte[] packet)
    {
        await using CallRecorder recorder = await CallRecorder.StartAsync(new CallRecorderOptions
        {
            Archives = [ArchiveChannel.ForAddress(new Uri("https://archive.example"))],
            Register = SqliteRegister.Open("register.db"),
            Spool = "spool",
            Policy = new RecordingPolicy
            {
                Recipients = Recipients.Load("recipients.txt"),
                Gateway = GatewayKey.Load("gateway.key"),
            },
        });
        CallWriter call = recorder.Begin(new CallMetadata { CallId = "a84b4c76e66710", Legs = [Leg.Pcma("caller"), Leg.Pcma("agent")] });
        call.WriteRtp(leg: 0, packet);          // from the media thread: never waits, never throws, never allocates
        call.Complete();
        await call.Durable;                     // stored in the archive
    }

    public static async Task Register()
    {
        await using SqliteRegister register = SqliteRegister.Open("register.db");
        _ = register;
    }

    public static void Hosting(HostApplicationBuilder builder)
    {
        builder.Services.AddCallRecorder(builder.Configuration.GetSection("CallRecorder"));
        builder.Services.AddHealthChecks().AddCallRecorder();
    }

    public static async Task Deletions(CoreId coreId, ArchiveClient berlin, ArchiveClient paris, IRegister register, TrustList trust)
    {
        using DeletionQueue deletions = DeletionQueue.Open("deletions");
        await deletions.AddAsync([coreId], ["berlin", "paris"]);            // durable from here on
        await deletions.RunAsync(new Dictionary<string, ArchiveClient> { ["berlin"] = berlin, ["paris"] = paris }, register, trust);
    }

    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public static void Hsm()
    {
        using SafeEvpPKeyHandle handle = SafeEvpPKeyHandle.OpenPrivateKeyFromEngine("pkcs11", "pkcs11:token=zkcalls;object=calls;type=private");
        using ECDiffieHellmanOpenSsl device = new(handle);
        using Identity identity = Identity.Of(device);
    }

    internal sealed class Call
    {
        public required string Id { get; init; }

        public CallWriter? Recording { get; set; }
    }

    internal sealed class Gateway(HostedRecorder hosted)
    {
        public void OnInvite(Call call) => call.Recording = hosted.Recorder.Begin(new CallMetadata { CallId = call.Id, Legs = [Leg.Pcma("caller"), Leg.Pcma("agent")] });

        public void OnPacket(Call call, int leg, ReadOnlySpan<byte> packet) => call.Recording?.WriteRtp(leg, packet);

        public void OnBye(Call call) => call.Recording?.Complete();
    }
}
