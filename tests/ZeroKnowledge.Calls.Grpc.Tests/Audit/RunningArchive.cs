using System.Runtime.CompilerServices;
using ArchiveService;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc.Tests.Audit;

/// <summary>A real archive in this process, which can be stopped and started again on the same port.</summary>
internal sealed class RunningArchive(string data, string gateways) : IAsyncDisposable
{
    private WebApplication? _app;
    private int _port;

    public GrpcChannel Channel { get; private set; } = null!;

    public CallArchive.CallArchiveClient Client { get; private set; } = null!;

    public VerifyKey Key { get; private set; }

    public string Url => $"http://127.0.0.1:{_port}";

    public async Task StartAsync()
    {
        _app = ArchiveHost.Build("--data", data, "--gateways", gateways, "--region", "de", "--operator", "test", "--urls", Url);
        await _app.StartAsync();
        Key = VerifyKey.Parse(TrustedKeyKind.Archive, ArchiveHost.PublicKeyOf(_app));
        if (_port == 0)
        {
            _port = new Uri(_app.Urls.Single()).Port;
            Channel = GrpcChannel.ForAddress(Url);
            Client = new CallArchive.CallArchiveClient(Channel);
        }
    }

    public async Task StopAsync([CallerMemberName] string test = "")
    {
        if (_app is { } app)
        {
            _app = null;
            await app.DisposeSoonAsync(test);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Channel.Dispose();
    }
}
