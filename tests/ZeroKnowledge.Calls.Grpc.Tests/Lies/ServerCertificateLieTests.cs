using System.Net;
using System.Security.Cryptography.X509Certificates;
using ArchiveService;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using ZeroKnowledge.Calls.Grpc.Tests.Audit;

namespace ZeroKnowledge.Calls.Grpc.Tests.Lies;

/// <summary>Somebody else in the archive's place: its certificate is not the one that it must be, and nothing is said to it.</summary>
public sealed class ServerCertificateLieTests : IAsyncLifetime
{
    private readonly Customer _customer = new();
    private readonly TestIssuer _authority = new();

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
        using TestIssuer other = new();
        using X509Certificate2 certificate = which switch
        {
            "expired" => _authority.Issue("CN=archive", TestIssuer.ServerUse, IPAddress.Loopback, -2, -0.1),
            "not valid yet" => _authority.Issue("CN=archive", TestIssuer.ServerUse, IPAddress.Loopback, 1, 2),
            "for another host" => _authority.Issue("CN=archive", TestIssuer.ServerUse, IPAddress.Parse("192.0.2.1")),
            "of another authority with the same name" => other.Issue("CN=archive", TestIssuer.ServerUse, IPAddress.Loopback),
            "self-signed" => TestIssuer.SelfSigned("CN=archive", TestIssuer.ServerUse, IPAddress.Loopback),
            _ => _authority.Issue("CN=archive", TestIssuer.ServerUse, IPAddress.Loopback),
        };
        (string pem, string key) = TestIssuer.Save(certificate, _customer.Folder, "server");
        await using WebApplication server = ArchiveHost.Build(
            "--data", Path.Combine(_customer.Folder, "tls"), "--gateways", Path.Combine(_customer.Folder, "berlin-gateways.txt"), "--urls", "https://127.0.0.1:0",
            "--certificate", pem, "--certificate-key", key);
        await server.StartAsync();
        _customer.Trusts(TrustedKeyKind.Archive, VerifyKey.Parse(TrustedKeyKind.Archive, ArchiveHost.PublicKeyOf(server)), "tls");
        using GrpcChannel channel = ArchiveChannel.ForAddress(new Uri(server.Urls.Single()), serverAuthorities: [_authority.Certificate]);
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
}
