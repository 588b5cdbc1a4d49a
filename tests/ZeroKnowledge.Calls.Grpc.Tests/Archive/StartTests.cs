using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

public sealed class StartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("zkcalls-archive-").FullName;
    private readonly string _gateways;

    public StartTests()
    {
        using var gateway = GatewayKey.Generate();
        _gateways = Path.Combine(_folder, "gateways.txt");
        TrustList.Of(ArchiveFixture.Trusted(TrustedKeyKind.Gateway, gateway.PublicKey)).Save(_gateways);
    }

    private string Data => Path.Combine(_folder, "data");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("http://0.0.0.0:0", "has no TLS")]
    [InlineData("http://192.0.2.1:0", "has no TLS")]
    [InlineData("https://127.0.0.1:0", "needs a certificate")]
    [InlineData("ftp://127.0.0.1:0", "is not an address")]
    [InlineData("http://archive.example:0", "is not an IP address")]
    [InlineData("nonsense", "is not an address")]
    public Task Start_AddressThatMustNotBe_IsRefusedInOneSentence(string url, string why) =>
        RefusesAsync(why, "--data", Data, "--gateways", _gateways, "--urls", url);

    [Fact]
    public Task Start_WithoutAFolder_IsRefused() => RefusesAsync("No data folder", "--gateways", _gateways);

    [Fact]
    public Task Start_WithoutATrustList_IsRefused() => RefusesAsync("No trust list", "--data", Data);

    [Fact]
    public Task Start_TrustListThatIsNotThere_IsRefused() => RefusesAsync("trust list", "--data", Data, "--gateways", _gateways + "x");

    [Fact]
    public Task Start_UnknownOption_IsRefused() => RefusesAsync("--speed", "--data", Data, "--gateways", _gateways, "--speed", "high");

    [Fact]
    public async Task Start_TrustListThatIsNone_IsRefusedWithItsLine()
    {
        await File.WriteAllTextAsync(_gateways, "# gateways\nnonsense\n");
        await RefusesAsync("line 2", "--data", Data, "--gateways", _gateways);
    }

    [Fact]
    public async Task Start_TrustListWithoutAGateway_IsRefused()
    {
        await File.WriteAllTextAsync(_gateways, "# none yet\n");
        await RefusesAsync("names no gateway", "--data", Data, "--gateways", _gateways);
    }

    [Fact]
    public async Task Start_FolderThatIsAFile_IsRefused()
    {
        await File.WriteAllTextAsync(Data, "");
        await RefusesAsync("data folder", "--data", Data, "--gateways", _gateways);
    }

    [Fact]
    public async Task Start_FolderOrPortInUse_IsRefused()
    {
        await using var first = new ChildArchive();
        await first.StartAsync();

        await RefusesAsync("data folder", "--data", first.Data, "--gateways", _gateways);
        await RefusesAsync("address already in use", "--data", Data, "--gateways", _gateways, "--urls", first.Url);
    }

    [Fact]
    public async Task Start_FirstTime_MakesAKeyForItsOwnerOnlyAndKeepsIt()
    {
        await using var archive = new ChildArchive();
        await archive.StartAsync();
        string key = archive.PublicKey;
        await archive.KillAsync();

        await archive.StartAsync();

        Assert.StartsWith("zkcarchive1", key, StringComparison.Ordinal);
        Assert.Equal(key, archive.PublicKey);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(archive.Data, "archive.key")));
        }
    }

    [Fact]
    public async Task Start_WithACertificate_SpeaksTls13Only()
    {
        using var rsa = RSA.Create(2048);
        using X509Certificate2 made = new CertificateRequest("CN=localhost", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        string certificate = Path.Combine(_folder, "cert.pem");
        string key = Path.Combine(_folder, "key.pem");
        await File.WriteAllTextAsync(certificate, made.ExportCertificatePem());
        await File.WriteAllTextAsync(key, rsa.ExportPkcs8PrivateKeyPem());
        await using var archive = new ChildArchive();

        await archive.StartAsync("--urls", "https://127.0.0.1:0", "--certificate", certificate, "--certificate-key", key);

        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == made.GetCertHashString();
        using GrpcChannel channel = GrpcChannel.ForAddress(archive.Url, new GrpcChannelOptions { HttpHandler = handler });
        Assert.False((await new CallArchive.CallArchiveClient(channel).GetArchiveInfoAsync(new GetArchiveInfoRequest())).Info.IsEmpty);
        await Assert.ThrowsAnyAsync<Exception>(() => HandshakeAsync(archive.Url, made, SslProtocols.Tls12));
        await HandshakeAsync(archive.Url, made, SslProtocols.Tls13);
    }

    [Fact]
    public async Task Stop_WhileAnUploadIsOpen_EndsAtOnceAndWell()
    {
        await using var archive = new ChildArchive();
        await archive.StartAsync();
        var recording = new TestRecording(archive.Gateway);
        using var upload = new UploadSession(archive.Client);
        await upload.SendAsync(recording.BeginRecord());

        Assert.Equal(0, await archive.TerminateAsync().WaitAsync(TimeSpan.FromSeconds(20)));
    }

    private static async Task HandshakeAsync(string url, X509Certificate2 expected, SslProtocols protocols)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(url).Port);
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = protocols,
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == expected.GetCertHashString(),
        });
    }

    private static async Task RefusesAsync(string why, params string[] args)
    {
        (int code, string _, string error) = await ChildArchive.RunAsync(args);
        Assert.Equal(2, code);
        Assert.Contains(why, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }
}
