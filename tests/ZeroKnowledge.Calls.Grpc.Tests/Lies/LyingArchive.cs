using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc.Tests.Lies;

/// <summary>A server on a loopback socket that stands between a client and a real archive, and lies.</summary>
internal sealed class LyingArchive : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LyingArchive(WebApplication app)
    {
        _app = app;
        Lies = app.Services.GetRequiredService<LieBook>();
        Channel = GrpcChannel.ForAddress(app.Urls.Single());
    }

    public LieBook Lies { get; }

    public GrpcChannel Channel { get; }

    public ArchiveClient Client => new(Channel);

    public static async Task<LyingArchive> StartAsync(CallArchive.CallArchiveClient truth)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc(grpc =>
        {
            (grpc.MaxReceiveMessageSize, grpc.MaxSendMessageSize) = (null, null);
            (grpc.ResponseCompressionAlgorithm, grpc.ResponseCompressionLevel) = ("gzip", System.IO.Compression.CompressionLevel.Fastest);
        });
        builder.Services.AddSingleton(truth).AddSingleton<LieBook>();
        WebApplication app = builder.Build();
        app.MapGrpcService<LyingService>();
        await app.StartAsync();
        return new LyingArchive(app);
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _app.DisposeSoonAsync();
    }
}
