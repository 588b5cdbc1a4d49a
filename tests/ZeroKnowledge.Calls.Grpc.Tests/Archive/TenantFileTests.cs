using System.Security.Cryptography.X509Certificates;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

/// <summary>Whatever is wrong with tenants and certificates keeps the archive from starting, in one sentence that says what.</summary>
public sealed class TenantFileTests : IDisposable
{
    private const string Good = """{ "name": "a", "gateways": "gateways.txt", "writers": ["CN=w"], "owners": ["CN=o"] }""";

    private readonly TestAuthority _authority = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("zkcalls-tenants-").FullName;

    public TenantFileTests()
    {
        using X509Certificate2 server = _authority.Issue("CN=localhost", use: TestAuthority.ServerUse);
        Write("ca.pem", _authority.Pem);
        Write("server.pem", server.ExportCertificatePem());
        Write("server.key", server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        using var gateway = GatewayKey.Generate();
        TrustList.Of(ArchiveFixture.Trusted(TrustedKeyKind.Gateway, gateway.PublicKey)).Save(At("gateways.txt"));
        Write("empty.txt", "# no keys\n");
    }

    public static TheoryData<string, string> Bad() => new()
    {
        { "", "is no JSON" },
        { "{", "line 1, at $" },
        { "null", "is empty" },
        { "[]", "line 1, at $" },
        { "{}", "names 0 tenants" },
        { """{ "tenants": [] }""", "names 0 tenants" },
        { """{ "tenants": null }""", "names 0 tenants" },
        { """{ "tenants": [null] }""", "a tenant is null" },
        { $$"""{ "tenants": [{{Good}}], "revokd": [] }""", "revokd" },
        { $$"""{ "tenants": [{{Good}}], "tenants": [{{Good}}] }""", "given twice" },
        { $$"""{ "tenants": [{{Good}}, {{Good}}] }""", "stands twice" },
        { $$"""{ "tenants": [{{Good}}, {{Good.Replace("\"a\"", "\"b\"", StringComparison.Ordinal)}}] }""", "in two tenants" },
        { Tenant("\"a\"", "\"A B\""), "no tenant's name" },
        { Tenant("\"a\"", "\"\""), "no tenant's name" },
        { Tenant("\"name\": \"a\",", ""), "no tenant's name" },
        { Tenant("\"gateways\": \"gateways.txt\",", ""), "has no 'gateways'" },
        { Tenant("\"writers\": [\"CN=w\"],", ""), "has no writer" },
        { Tenant("\"gateways.txt\"", "\"nowhere.txt\""), "nowhere.txt" },
        { Tenant("\"gateways.txt\"", "\"empty.txt\""), "names no gateway" },
        { Tenant("[\"CN=w\"]", "[]"), "has no writer" },
        { Tenant("[\"CN=o\"]", "[]"), "has no owner" },
        { Tenant("[\"CN=w\"]", "[\"gateway\"]"), "no certificate subject" },
        { Tenant("[\"CN=w\"]", "[\"\"]"), "no certificate subject" },
        { Tenant("[\"CN=w\"]", "[null]"), "no certificate subject" },
        { Tenant("[\"CN=w\"]", "[\"CN=w,O=Example\\\\, Inc.\"]"), "double quotes" },
        { Tenant("[\"CN=w\"]", "[\"CN=w\", \"cn = w\"]"), "stands twice" },
        { Tenant("\"CN=o\"] }", "\"CN=o\"], \"limits\": { \"recordings\": -1 } }"), "'recordings' is -1" },
        { Tenant("\"CN=o\"] }", "\"CN=o\"], \"limits\": { \"bytes\": \"many\" } }"), "$.tenants[0].limits.bytes" },
        { Tenant("\"CN=o\"] }", "\"CN=o\"], \"limits\": { \"bytesPerSecond\": 10 } }"), "'bytesPerSecond' is 10" },
        { Tenant("\"CN=o\"] }", "\"CN=o\"], \"limits\": { \"messageBytes\": 100000000 } }"), "'messageBytes' is 100000000" },
        { Tenant("\"CN=o\"] }", "\"CN=o\"], \"limits\": { \"chunks\": 1 } }"), "chunks" },
        { $$"""{ "tenants": [{{Good}}], "revoked": ["1234"] }""", "no SHA-256 fingerprint" },
    };

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void Start_TenantsFileThatIsWrong_IsRefusedInOneSentence(string content, string why)
    {
        Write("tenants.json", content);
        Refuses(why, All());
    }

    [Fact]
    public void Start_TenantsFileThatIsNotThere_IsRefused() => Refuses("tenants.json", All());

    [Fact]
    public void Start_TenantsWithoutAnAuthority_IsRefused() => Refuses("come together", All("--client-ca"));

    [Fact]
    public void Start_AnAuthorityWithoutTenants_IsRefused() => Refuses("come together", [.. All("--tenants"), "--gateways", At("gateways.txt")]);

    [Fact]
    public void Start_TenantsAndGateways_IsRefused() => Refuses("each", [.. All(), "--gateways", At("gateways.txt")]);

    [Fact]
    public void Start_TenantsWithoutTls_IsRefused() => Refuses("https", [.. All("--urls"), "--urls", "http://127.0.0.1:0"]);

    [Fact]
    public void Start_AuthorityThatIsNone_IsRefused()
    {
        Write("tenants.json", $$"""{ "tenants": [{{Good}}] }""");
        Write("ca.pem", "nonsense");
        Refuses("no certificate", All());
        using X509Certificate2 client = TestAuthority.SelfSigned("CN=o");
        Write("ca.pem", client.ExportCertificatePem());
        Refuses("not the certificate of an authority", All());
        File.Delete(At("ca.pem"));
        Refuses("ca.pem", All());
    }

    private static string Tenant(string part, string other)
    {
        Assert.Contains(part, Good, StringComparison.Ordinal);
        return $$"""{ "tenants": [{{Good.Replace(part, other, StringComparison.Ordinal)}}] }""";
    }

    private static void Refuses(string why, string[] args)
    {
        StartExceptionOf(args, out string message);
        Assert.Contains(why, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private static void StartExceptionOf(string[] args, out string message) =>
        message = Assert.Throws<ArchiveService.StartException>(() => ArchiveService.ArchiveHost.Build(args)).Message;

    private string[] All(string except = "")
    {
        (string Name, string Value)[] all =
        [
            ("--data", At("data")), ("--tenants", At("tenants.json")), ("--client-ca", At("ca.pem")), ("--urls", "https://127.0.0.1:0"), ("--certificate", At("server.pem")),
            ("--certificate-key", At("server.key")),
        ];
        return [.. all.Where(one => one.Name != except).SelectMany(one => new[] { one.Name, one.Value })];
    }

    private string At(string name) => Path.Combine(_folder, name);

    private void Write(string name, string text) => File.WriteAllText(At(name), text);
}
