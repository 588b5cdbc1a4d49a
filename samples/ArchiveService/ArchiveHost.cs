using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ArchiveService.Deletion;
using ArchiveService.Reading;
using ArchiveService.Storage;
using ArchiveService.Uploads;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Console;
using ZeroKnowledge.Calls;

namespace ArchiveService;

/// <summary>Builds the archive, for its own process and for tests that host it in theirs.</summary>
public static class ArchiveHost
{
    private const long MaxUncommittedBytes = 64L << 20;

    // Every upload ends at a stop; a client that keeps its connection open must not hold it up.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Builds an archive with everything open but its socket.</summary>
    /// <param name="args">The options of the command line, for example <c>--data DIR --gateways FILE</c>.</param>
    /// <exception cref="StartException">It cannot start as it was asked to.</exception>
    public static WebApplication Build(params string[] args)
    {
        ArchiveOptions options = ArchiveOptions.Parse(args);
        TrustList gateways = LoadGateways(options.Gateways);
        X509Certificate2? certificate = LoadCertificate(options);
        CreateFolder(options);
        var identity = new ArchiveIdentity(LoadOrCreateKey(options.Key), TimeProvider.System);

        // Empty: a settings file or an environment variable that adds an address would add one without TLS.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        AddLogging(builder.Logging);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Listen(kestrel, options, certificate));
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = CallArchiveService.LargestMessage;
            grpc.MaxSendMessageSize = null;
            grpc.Interceptors.Add<FaultInterceptor>();
        });
        builder.Services
            .AddSingleton(options)
            .AddSingleton(gateways)
            .AddSingleton(_ => identity) // made by a factory, so that what it holds is disposed with the archive
            .AddSingleton(_ => Engine.Open(options.Engine, options.Sync))
            .AddSingleton(_ => new DiskRoom(options.Data, options.Reserve, identity.Clock))
            .AddSingleton(_ => new ByteBudget(MaxUncommittedBytes))
            .AddSingleton<Committer>()
            .AddSingleton<Purger>()
            .AddSingleton<HeaderCache>()
            .AddSingleton<Intake>()
            .AddSingleton<RecordingReader>()
            .AddSingleton<ChunkReader>();

        WebApplication app = builder.Build();
        try
        {
            app.Services.GetRequiredService<Engine>();
            app.Services.GetRequiredService<Committer>();
            app.Services.GetRequiredService<Purger>();
        }
        catch
        {
            ((IDisposable)app).Dispose();
            throw;
        }

        app.MapGrpcService<CallArchiveService>();
        return app;
    }

    /// <summary>The archive's public key, as trust lists name it.</summary>
    /// <param name="app">What <see cref="Build"/> built.</param>
    public static string PublicKeyOf(WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        return app.Services.GetRequiredService<ArchiveIdentity>().Key.PublicKey.ToString(TrustedKeyKind.Archive);
    }

    private static void AddLogging(ILoggingBuilder logging)
    {
        logging.SetMinimumLevel(LogLevel.Warning);

        // It would show the stack of what the program says in one sentence.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);

        // Standard output is for the two lines that a starter reads.
        logging.AddConsole(console => (console.FormatterName, console.LogToStandardErrorThreshold) = (ConsoleFormatterNames.Simple, LogLevel.Trace));
        logging.AddSimpleConsole(console => console.SingleLine = true);
    }

    private static void Listen(KestrelServerOptions kestrel, ArchiveOptions options, X509Certificate2? certificate)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.Http2.InitialStreamWindowSize = 4 << 20;
        kestrel.Limits.Http2.InitialConnectionWindowSize = 8 << 20;

        // A gateway that vanished must not keep its streams.
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
        foreach (ListenAddress address in options.Addresses)
        {
            kestrel.Listen(address.EndPoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                if (address.IsTls)
                {
                    listen.UseHttps(certificate!, https => https.SslProtocols = SslProtocols.Tls13);
                }
            });
        }
    }

    private static void CreateFolder(ArchiveOptions options)
    {
        try
        {
            Directory.CreateDirectory(options.Data);
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(options.Engine);
            }
            else
            {
                // Ciphertext, and yet: nobody else on the machine needs it.
                Directory.CreateDirectory(options.Engine, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"The data folder '{options.Data}' cannot be written: {e.Message}", e);
        }
    }

    private static ArchiveKey LoadOrCreateKey(string path)
    {
        if (File.Exists(path))
        {
            return Load("archive's key", path, ArchiveKey.Load);
        }

        ArchiveKey key = ArchiveKey.Generate();
        try
        {
            key.Save(path);
            return key;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            key.Dispose();
            throw new StartException($"The archive's key could not be saved: {e.Message}", e);
        }
    }

    internal static TrustList LoadGateways(string path)
    {
        TrustList gateways = Load("trust list of gateway keys", path, TrustList.Load);
        return gateways.Keys.Any(key => key.Kind == TrustedKeyKind.Gateway)
            ? gateways
            : throw new StartException($"The trust list '{path}' names no gateway: nobody could upload anything.");
    }

    private static X509Certificate2? LoadCertificate(ArchiveOptions options)
    {
        if (options.Certificate is { } certificate)
        {
            return Load("certificate", certificate, path => X509Certificate2.CreateFromPemFile(path, options.CertificateKey));
        }

        return options.Pfx is { } pfx
            ? Load("certificate", pfx, path => X509CertificateLoader.LoadPkcs12FromFile(path, Environment.GetEnvironmentVariable("ARCHIVE_PFX_PASSWORD")))
            : null;
    }

    private static T Load<T>(string what, string path, Func<string, T> load)
    {
        try
        {
            return load(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or CryptographicException)
        {
            throw new StartException($"The {what} '{path}' cannot be used: {e.Message}", e);
        }
    }
}
