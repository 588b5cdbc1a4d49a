using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using RocksDbSharp;

namespace ArchiveService;

/// <summary>Builds the archive, for its own process and for tests that host it in theirs.</summary>
public static class ArchiveHost
{
    /// <summary>Builds an archive that listens on loopback, HTTP/2 without TLS.</summary>
    /// <param name="args"><c>--port N</c> (default 0: the system picks one) and <c>--data DIR</c> (required).</param>
    public static WebApplication Build(params string[] args)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
        int port = int.Parse(builder.Configuration["port"] ?? "0", CultureInfo.InvariantCulture);
        string data = builder.Configuration["data"]
            ?? throw new ArgumentException("No data folder was given: pass --data DIR.", nameof(args));

        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(_ => RocksDb.Open(new DbOptions().SetCreateIfMissing(true), data));

        WebApplication app = builder.Build();
        app.Services.GetRequiredService<RocksDb>();
        return app;
    }
}
