using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Net.Security;
using ArchiveService;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

/// <summary>An archive of two tenants, alpha and beta, in this process: TLS 1.3 and client certificates over real sockets. The gateway is on both trust lists.</summary>
public sealed class TenantArchive : IAsyncLifetime
{
    private readonly List<GrpcChannel> _channels = [];
    private readonly X509Certificate2 _server;
    private WebApplication? _app;

    public TenantArchive()
    {
        using X509Certificate2 server = Authority.Issue("CN=localhost", use: TestAuthority.ServerUse);
        File.WriteAllText(Path.Combine(Folder, "ca.pem"), Authority.Pem);
        File.WriteAllText(Path.Combine(Folder, "server.pem"), server.ExportCertificatePem());
        File.WriteAllText(Path.Combine(Folder, "server.key"), server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        TrustList.Of(ArchiveFixture.Trusted(TrustedKeyKind.Gateway, Gateway.PublicKey)).Save(Path.Combine(Folder, "gateways.txt"));
        _server = X509CertificateLoader.LoadCertificate(server.RawData);
    }

    internal TestAuthority Authority { get; } = new();

    public string Folder { get; } = Directory.CreateTempSubdirectory("zkcalls-tenants-").FullName;

    public string Data => Path.Combine(Folder, "data");

    public string Tenants => Path.Combine(Folder, "tenants.json");

    public GatewayKey Gateway { get; } = GatewayKey.Generate();

    public TrustList Trust { get; private set; } = null!;

    public string Url => _app!.Urls.Single();

    /// <summary>What the command line of the archive is.</summary>
    public string[] Arguments =>
    [
        "--data", Data, "--tenants", Tenants, "--client-ca", Path.Combine(Folder, "ca.pem"), "--urls", "https://127.0.0.1:0",
        "--certificate", Path.Combine(Folder, "server.pem"), "--certificate-key", Path.Combine(Folder, "server.key"),
    ];

    public Task InitializeAsync() => StartAsync();

    /// <summary>Starts it.</summary>
    /// <param name="alphaLimits">JSON of the limits of alpha.</param>
    /// <param name="revoked">Fingerprint of a certificate.</param>
    public async Task StartAsync(string alphaLimits = "{}", string? revoked = null)
    {
        await File.WriteAllTextAsync(Tenants, $$"""
            {
              // Each with two writers and an owner.
              "tenants": [
                { "name": "alpha", "gateways": "gateways.txt", "writers": ["CN=gateway-1,O=alpha", "CN=gateway-2,O=alpha"], "owners": ["CN=owner,O=alpha"], "limits": {{alphaLimits}} },
                { "name": "beta", "gateways": "gateways.txt", "writers": ["CN=gateway-1,O=beta", "CN=gateway-2,O=beta"], "owners": ["CN=owner,O=beta"] },
              ],
              "revoked": [{{(revoked is null ? "" : $"\"{revoked}\"")}}]
            }
            """);
        _app = ArchiveHost.Build(Arguments);
        await _app.StartAsync();
        Trust = TrustList.Of(ArchiveFixture.Trusted(TrustedKeyKind.Archive, VerifyKey.Parse(TrustedKeyKind.Archive, ArchiveHost.PublicKeyOf(_app))));
    }

    public async Task StopAsync([CallerMemberName] string test = "")
    {
        _channels.ForEach(channel => channel.Dispose());
        _channels.Clear();
        if (_app is not null)
        {
            await _app.DisposeSoonAsync(test);
            _app = null;
        }
    }

    public async Task DisposeAsync()
    {
        await StopAsync();
        Gateway.Dispose();
        Authority.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>A client with a new certificate.</summary>
    internal CallArchive.CallArchiveClient As(string subject) => With(Authority.Issue(subject));

    internal CallArchive.CallArchiveClient With(X509Certificate2 certificate) => new(Connect(certificate));

    internal GrpcChannel Connect(X509Certificate2? certificate, params X509Certificate2[] issuers) => Connect(Url, certificate, issuers);

    internal GrpcChannel Connect(string url, X509Certificate2? certificate, params X509Certificate2[] issuers)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == _server.GetCertHashString();
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, [.. issuers], offline: true);
        }

        GrpcChannel channel = GrpcChannel.ForAddress(url, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        _channels.Add(channel);
        return channel;
    }

    /// <summary>Uploads a whole recording as a tenant's first gateway.</summary>
    internal async Task<TestRecording> UploadAsync(string tenant, int chunks = 8)
    {
        var recording = new TestRecording(Gateway, chunks);
        using var upload = new UploadSession(As($"CN=gateway-1,O={tenant}"));
        Assert.True((await upload.SendAllAsync(recording.All()))[^1].Sealed);
        return recording;
    }
}
