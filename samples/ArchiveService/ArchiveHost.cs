using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ArchiveService.Deletion;
using ArchiveService.Readers;
using ArchiveService.Reading;
using ArchiveService.Storage;
using ArchiveService.Uploads;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Console;
using RocksDbSharp;
using ZeroKnowledge.Calls;

namespace ArchiveService;

/// <summary>Builds the archive, for its own process and for tests that host it in theirs.</summary>
public static class ArchiveHost
{
    private const long MaxUncommittedBytes = 64L << 20;

    // For what is in flight at a stop. A client that does not read its answers must not hold it up for ever.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan HealthPeriod = TimeSpan.FromSeconds(5);

    /// <summary>Builds an archive with everything open but its socket.</summary>
    /// <param name="args">The options of the command line, for example <c>--data DIR --gateways FILE</c>.</param>
    /// <exception cref="StartException">It cannot start as it was asked to.</exception>
    public static WebApplication Build(params string[] args)
    {
        ArchiveOptions options = ArchiveOptions.Parse(args);
        options.RequireServing();
        TenantList tenants = LoadTenants(options);
        ClientAuthority? authority = options.ClientCa is { } file ? ClientAuthority.Load(file) : null;
        X509Certificate2? certificate = LoadCertificate(options);
        CreateFolder(options);
        var identity = new ArchiveIdentity(LoadOrCreateKey(options.Key), TimeProvider.System);

        // Empty: a settings file or an environment variable that adds an address would add one without TLS.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        AddLogging(builder.Logging);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Listen(kestrel, options, certificate, authority));
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, WireBlocks>();
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = CallArchiveService.LargestMessage;
            grpc.MaxSendMessageSize = null;
            grpc.Interceptors.Add<FaultInterceptor>();
        });
        builder.Services.AddGrpcHealthChecks().AddCheck<ArchiveHealth>("archive");
        builder.Services.Configure<HealthCheckPublisherOptions>(health => (health.Delay, health.Period) = (TimeSpan.Zero, HealthPeriod));
        builder.Services
            .AddSingleton(options)
            .AddSingleton(_ => tenants)
            .AddSingleton(identity.Clock)
            .AddSingleton(_ => identity) // made by a factory, so that what it holds is disposed with the archive
            .AddSingleton(_ => Engine.Open(options.Engine, options.Sync))
            .AddSingleton(_ => new DiskRoom(options.Data, options.Reserve, identity.Clock))
            .AddSingleton(_ => new ByteBudget(MaxUncommittedBytes))
            .AddSingleton<Committer>()
            .AddSingleton<Purger>()
            .AddSingleton<HeaderCache>()
            .AddSingleton<Stopping>()
            .AddHostedService(services => services.GetRequiredService<Stopping>())
            .AddSingleton<AccessControl>()
            .AddSingleton<RecordingReader>()
            .AddSingleton<ReaderBook>()
            .AddSingleton<ReadAccess>()
            .AddSingleton<ChunkReader>();

        WebApplication app = builder.Build();
        try
        {
            app.Services.GetRequiredService<TenantList>();
            RememberKey(app.Services.GetRequiredService<Engine>(), identity.Key);
            app.Services.GetRequiredService<Committer>();
            app.Services.GetRequiredService<Purger>();
        }
        catch
        {
            ((IDisposable)app).Dispose();
            throw;
        }

        app.MapGrpcService<CallArchiveService>();
        app.MapGrpcHealthChecksService();
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

    private static void Listen(KestrelServerOptions kestrel, ArchiveOptions options, X509Certificate2? certificate, ClientAuthority? authority)
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
                    listen.UseHttps(certificate!, https =>
                    {
                        https.SslProtocols = SslProtocols.Tls13;
                        authority?.Require(https);
                    });
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

    // What was signed with an older key is still checked by it.
    private static void RememberKey(Engine engine, ArchiveKey key)
    {
        var publicKey = new byte[VerifyKey.Size];
        key.PublicKey.CopyTo(publicKey);
        if (engine.Get(engine.System, Key.ArchiveKey(publicKey)) is null)
        {
            using var batch = new WriteBatch();
            batch.Put(Key.ArchiveKey(publicKey), ReadOnlySpan<byte>.Empty, engine.System);
            engine.Write(batch);
        }
    }

    internal static TenantList LoadTenants(ArchiveOptions options) =>
        options.Tenants is { } file ? TenantFile.Load(file) : TenantList.Local(LoadGateways(options.Gateways!));

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
