using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ArchiveService;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using ZeroKnowledge.Calls.Grpc.Tests.Audit;

namespace ZeroKnowledge.Calls.Grpc.Tests.Lies;

/// <summary>Somebody else in the archive's place: its certificate is not the one that it must be, and nothing is said to it.</summary>
public sealed class ServerCertificateLieTests : IAsyncLifetime
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";

    private readonly Customer _customer = new();
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;
    private readonly X509Certificate2 _authority = Authority();

    public Task InitializeAsync() => _customer.InitializeAsync();

    public async Task DisposeAsync()
    {
        _authority.Dispose();
        await _customer.DisposeAsync();
    }

    [Theory]
    [InlineData("good", true)]
    [InlineData("expired", false)]
    [InlineData("not valid yet", false)]
    [InlineData("for another host", false)]
    [InlineData("of another authority with the same name", false)]
    [InlineData("self-signed", false)]
    public async Task GetInfo_FromAServerWithACertificate_IsAnsweredOnlyByTheRightOne(string which, bool isRight)
    {
        using X509Certificate2 other = Authority();
        using X509Certificate2 certificate = which switch
        {
            "expired" => Issue(_authority, IPAddress.Loopback, _now.AddHours(-2), _now.AddMinutes(-1)),
            "not valid yet" => Issue(_authority, IPAddress.Loopback, _now.AddHours(1), _now.AddHours(2)),
            "for another host" => Issue(_authority, IPAddress.Parse("192.0.2.1"), _now.AddHours(-1), _now.AddHours(1)),
            "of another authority with the same name" => Issue(other, IPAddress.Loopback, _now.AddHours(-1), _now.AddHours(1)),
            "self-signed" => Issue(null, IPAddress.Loopback, _now.AddHours(-1), _now.AddHours(1)),
            _ => Issue(_authority, IPAddress.Loopback, _now.AddHours(-1), _now.AddHours(1)),
        };
        string pem = Path.Combine(_customer.Folder, "server.pem"), key = Path.Combine(_customer.Folder, "server.key");
        await File.WriteAllTextAsync(pem, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(key, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        await using WebApplication server = ArchiveHost.Build(
            "--data", Path.Combine(_customer.Folder, "tls"), "--gateways", Path.Combine(_customer.Folder, "berlin-gateways.txt"), "--urls", "https://127.0.0.1:0",
            "--certificate", pem, "--certificate-key", key);
        await server.StartAsync();
        _customer.Trusts(TrustedKeyKind.Archive, VerifyKey.Parse(TrustedKeyKind.Archive, ArchiveHost.PublicKeyOf(server)), "tls");
        using GrpcChannel channel = ArchiveChannel.ForAddress(new Uri(server.Urls.Single()), serverAuthorities: [_authority]);
        ArchiveClient client = new(channel);

        if (isRight)
        {
            await client.GetInfoAsync(_customer.Trust);
        }
        else
        {
            ArchiveException exception = await Assert.ThrowsAsync<ArchiveException>(() => client.GetInfoAsync(_customer.Trust));
            Assert.Contains("certificate", exception.Message, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [InlineData("http://192.0.2.1:5000")]
    [InlineData("http://archive.example")]
    [InlineData("ftp://127.0.0.1")]
    public void ForAddress_WithoutTlsToAnotherMachine_IsRefused(string address) =>
        Assert.Throws<ArgumentException>(() => ArchiveChannel.ForAddress(new Uri(address)));

    private static X509Certificate2 Authority()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=Test Authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static X509Certificate2 Issue(X509Certificate2? issuer, IPAddress host, DateTimeOffset from, DateTimeOffset to)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=archive", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerUse)], true));
        if (issuer is null)
        {
            return request.CreateSelfSigned(from, to);
        }

        using X509Certificate2 certificate = request.Create(issuer, from, to, RandomNumberGenerator.GetBytes(16));
        return certificate.CopyWithPrivateKey(key);
    }
}
