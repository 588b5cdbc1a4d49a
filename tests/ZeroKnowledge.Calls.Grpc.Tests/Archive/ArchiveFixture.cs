using System.Runtime.CompilerServices;
using ArchiveService;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

/// <summary>An archive in this process, on a loopback port, over real sockets.</summary>
public sealed class ArchiveFixture : IAsyncLifetime
{
    private readonly List<string> _extra = [];
    private WebApplication? _app;
    private GrpcChannel? _channel;

    public string Folder { get; } = Directory.CreateTempSubdirectory("zkcalls-archive-").FullName;

    public string Data => Path.Combine(Folder, "data");

    public string Gateways => Path.Combine(Folder, "gateways.txt");

    public GatewayKey Gateway { get; } = GatewayKey.Generate();

    public TrustList Trust { get; private set; } = null!;

    internal CallArchive.CallArchiveClient Client { get; private set; } = null!;

    internal GrpcChannel Channel => _channel!;

    public Task InitializeAsync()
    {
        TrustList.Of(Trusted(TrustedKeyKind.Gateway, Gateway.PublicKey)).Save(Gateways);
        return StartAsync();
    }

    public async Task StartAsync(params string[] extra)
    {
        _app = ArchiveHost.Build(["--data", Data, "--gateways", Gateways, "--region", "de", "--operator", "test", .. extra]);
        await _app.StartAsync();
        Trust = TrustList.Of(Trusted(TrustedKeyKind.Archive, VerifyKey.Parse(TrustedKeyKind.Archive, ArchiveHost.PublicKeyOf(_app))));
        _channel = GrpcChannel.ForAddress(_app.Urls.Single(), new GrpcChannelOptions { MaxReceiveMessageSize = null });
        Client = new CallArchive.CallArchiveClient(_channel);
    }

    /// <summary>What a signal does first; the rest of a stop is its process's to do.</summary>
    public void BeginStop() => _app!.Lifetime.StopApplication();

    public async Task StopAsync([CallerMemberName] string test = "")
    {
        _channel?.Dispose();
        if (_app is not null)
        {
            await _app.DisposeSoonAsync(test);
        }
    }

    public async Task DisposeAsync()
    {
        await StopAsync();
        Gateway.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    internal TestRecording NewRecording(int chunks = 10) => new(Gateway, chunks);

    internal async Task<List<byte[]>> ReadAsync(CoreId id, int first, int end)
    {
        using AsyncServerStreamingCall<ReadChunksResponse> call = Client.ReadChunks(
            new ReadChunksRequest { CoreId = ByteString.CopyFrom(id.ToArray()), First = (uint)first, End = (uint)end });
        var chunks = new List<byte[]>();
        await foreach (ReadChunksResponse message in call.ResponseStream.ReadAllAsync())
        {
            chunks.AddRange(message.Chunks.Select(chunk => chunk.ToByteArray()));
        }

        return chunks;
    }

    internal UploadSession Upload() => new(Client);

    internal static TrustedKey Trusted(TrustedKeyKind kind, VerifyKey key) => new(
        kind, key, new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero), "test");
}
