using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;
using Status = ZeroKnowledge.Calls.Grpc.Protos.Status;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

public sealed class CertificateTests(TenantArchive archive) : IClassFixture<TenantArchive>
{
    private const string Writer = "CN=gateway-1,O=alpha";

    [Fact]
    public async Task Connect_ExpiredCertificate_IsRefused() => await RefusesAsync(
        archive.Authority.Issue(Writer, DateTimeOffset.UtcNow.AddDays(-3), DateTimeOffset.UtcNow.AddDays(-2)));

    [Fact]
    public async Task Connect_CertificateThatIsNotYetValid_IsRefused() => await RefusesAsync(
        archive.Authority.Issue(Writer, DateTimeOffset.UtcNow.AddDays(2), DateTimeOffset.UtcNow.AddDays(3)));

    [Fact]
    public async Task Connect_CertificateForServers_IsRefused() => await RefusesAsync(archive.Authority.Issue(Writer, use: TestAuthority.ServerUse));

    [Fact]
    public async Task Connect_CertificateForNoNamedUse_IsRefused() => await RefusesAsync(archive.Authority.Issue(Writer, use: null));

    [Fact]
    public async Task Connect_SelfSignedCertificate_IsRefused() => await RefusesAsync(TestAuthority.SelfSigned(Writer));

    [Fact]
    public async Task Connect_CertificateWithoutASubject_IsRefused() => await RefusesAsync(archive.Authority.Issue(""));

    [Fact]
    public async Task Connect_OtherAuthorityOfTheSameName_IsRefused()
    {
        using var other = new TestAuthority();
        await RefusesAsync(other.Issue(Writer));
    }

    [Fact]
    public async Task Connect_CertificateIssuedByACertificateThatIsNoAuthority_IsRefused()
    {
        using X509Certificate2 gateway = archive.Authority.Issue("CN=gateway-2,O=alpha");
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=owner,O=alpha", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(TestAuthority.ClientUse)], critical: false));
        using X509Certificate2 forged = request.Create(
            gateway.SubjectName, X509SignatureGenerator.CreateForECDsa(gateway.GetECDsaPrivateKey()!), gateway.NotBefore, gateway.NotAfter, [1]);

        await RefusesAsync(forged.CopyWithPrivateKey(key), gateway);
    }

    [Fact]
    public async Task Connect_WithoutACertificate_IsRefused() => await RefusesAsync(null);

    [Fact]
    public async Task Upload_WithARenewedCertificateOfTheSameSubject_GoesOn()
    {
        var recording = new TestRecording(archive.Gateway, 3);
        using (var before = new UploadSession(archive.With(archive.Authority.Issue(Writer))))
        {
            Assert.Equal(Status.Durable, (await before.SendAsync(recording.BeginRecord())).Status);
        }

        using var after = new UploadSession(archive.With(archive.Authority.Issue(Writer)));
        Progress end = (await after.SendAllAsync(recording.All().Skip(1)))[^1];

        Assert.Equal((true, 3u), (end.Sealed, end.DurableChunks));
    }

    [Theory]
    [InlineData(UniversalTagNumber.UTF8String)]
    [InlineData(UniversalTagNumber.PrintableString)]
    [InlineData(UniversalTagNumber.IA5String)]
    public async Task Upload_SameSubjectInAnyStringType_IsTheSameWriter(UniversalTagNumber type)
    {
        using var upload = new UploadSession(archive.With(archive.Authority.Issue(Named(type, "alpha", "gateway-1"))));
        Assert.Equal(Status.Durable, (await upload.SendAsync(new TestRecording(archive.Gateway).BeginRecord())).Status);
    }

    [Theory]
    [InlineData("CN=gateway-1")]
    [InlineData("CN=gateway-1,O=alpha,C=DE")]
    [InlineData("CN=gateway-1,O=alphabet")]
    [InlineData("O=alpha,CN=gateway-1")]
    [InlineData("CN=Gateway-1,O=alpha")]
    [InlineData("CN=\"gateway-1,O=alpha\"")]
    [InlineData("CN=gateway-1+O=alpha")]
    [InlineData("CN=gateway-1 ,O=alpha,OU=\" \"")]
    public async Task Upload_SubjectThatOnlyLooksLikeAWriters_HasNoRole(string subject)
    {
        using var upload = new UploadSession(archive.As(subject));
        RpcException e = await Assert.ThrowsAsync<RpcException>(upload.NextAsync);
        Assert.Equal(StatusCode.NotFound, e.StatusCode);
    }

    [Theory]
    [InlineData("CN=gateway-1, O=alpha")]
    [InlineData("CN=gateway, O=\"Müller & Söhne, \"\"Inc\"\" + more\", C=DE")]
    [InlineData("CN=\"<#;>=\", DC=example, DC=com")]
    public async Task Subject_OfACertificate_IsPrintedAsTheTenantsFileWantsIt(string subject)
    {
        string file = Path.Combine(archive.Folder, $"{Guid.NewGuid():N}.pem");
        using X509Certificate2 certificate = archive.Authority.Issue(subject);
        await File.WriteAllTextAsync(file, certificate.ExportCertificatePem());

        (int code, string output, string error) = await ChildArchive.RunAsync("subject", file);

        Assert.Equal((0, subject + "\n", ""), (code, output, error));
    }

    [Fact]
    public async Task Connect_RevokedCertificate_IsRefusedAndARenewedOneIsNot()
    {
        var own = new TenantArchive();
        await using var disposing = new AsyncDisposal(own.DisposeAsync);
        X509Certificate2 stolen = own.Authority.Issue("CN=owner,O=alpha");
        await own.StartAsync(revoked: Convert.ToHexString(SHA256.HashData(stolen.RawData)));

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => own.With(stolen).GetArchiveInfoAsync(new GetArchiveInfoRequest()).ResponseAsync);

        Assert.Equal((StatusCode.Unauthenticated, true), (e.StatusCode, e.Status.Detail.Contains("revoked", StringComparison.Ordinal)));
        await own.As("CN=owner,O=alpha").GetArchiveInfoAsync(new GetArchiveInfoRequest());
    }

    [Fact]
    public async Task Connect_CertificateThatExpiresMeanwhile_EndsItsStreamAndItsCalls()
    {
        // Longer for a machine that is too slow to connect in time.
        for (int seconds = 3; ; seconds *= 2)
        {
            DateTimeOffset notAfter = DateTimeOffset.UtcNow.AddSeconds(seconds);
            CallArchive.CallArchiveClient client = archive.With(archive.Authority.Issue(Writer, notAfter: notAfter));
            var recording = new TestRecording(archive.Gateway);
            using var upload = new UploadSession(client);
            try
            {
                await upload.SendAsync(recording.BeginRecord());
            }
            catch (RpcException) when (seconds < 60)
            {
                continue;
            }

            await Task.Delay(notAfter.AddSeconds(1) - DateTimeOffset.UtcNow + TimeSpan.FromMilliseconds(50));
            await upload.WriteAsync(recording.ChunkRecord(0));
            RpcException stream = await Assert.ThrowsAsync<RpcException>(upload.NextAsync);
            RpcException call = await Assert.ThrowsAsync<RpcException>(() => client.GetArchiveInfoAsync(new GetArchiveInfoRequest()).ResponseAsync);
            Assert.Equal((StatusCode.Unauthenticated, StatusCode.Unauthenticated), (stream.StatusCode, call.StatusCode));
            return;
        }
    }

    private static X500DistinguishedName Named(UniversalTagNumber type, string organization, string name)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            Add("2.5.4.10", organization);
            Add("2.5.4.3", name);
        }

        return new X500DistinguishedName(writer.Encode());

        void Add(string oid, string value)
        {
            using (writer.PushSetOf())
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(oid);
                writer.WriteCharacterString(type, value);
            }
        }
    }

    private async Task RefusesAsync(X509Certificate2? certificate, params X509Certificate2[] issuers)
    {
        var client = new CallArchive.CallArchiveClient(archive.Connect(certificate, issuers));
        RpcException e = await Assert.ThrowsAsync<RpcException>(() => client.GetArchiveInfoAsync(new GetArchiveInfoRequest()).ResponseAsync);

        // By the connection, before any call.
        Assert.Contains(e.StatusCode, new[] { StatusCode.Unavailable, StatusCode.Internal });
        Assert.IsAssignableFrom<Exception>(e.Status.DebugException);
    }
}
