using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using ArchiveService;
using Microsoft.AspNetCore.Builder;
using ZeroKnowledge.Calls.Grpc.Tests.LiveGateway;

namespace ZeroKnowledge.Calls.Grpc.Tests.Audit;

/// <summary>The program <c>zkcalls</c>, run as a user does.</summary>
public sealed class ToolTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Customer _customer = new();

    // Beside this test's own output: src/ZeroKnowledge.Calls.Tool, of the same configuration.
    private static string Dll
    {
        get
        {
            DirectoryInfo own = new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
            string root = Path.GetFullPath(Path.Combine(own.FullName, "..", "..", "..", "..", ".."));
            return Path.Combine(root, "src", "ZeroKnowledge.Calls.Tool", "bin", own.Parent!.Name, own.Name, "zkcalls.dll");
        }
    }

    private string Trust => Path.Combine(_customer.Folder, "trust.txt");

    private string Key => Path.Combine(_customer.Folder, "identity.txt");

    public async Task InitializeAsync()
    {
        await _customer.InitializeAsync();
        _customer.Trust.Save(Trust);
        _customer.Identity.Save(Key);
    }

    public Task DisposeAsync() => _customer.DisposeAsync();

    [Fact]
    public async Task Audit_AllWell_IsZeroAndOneObject()
    {
        await _customer.StoreAsync();
        using (DeletionQueue queue = DeletionQueue.Open(Path.Combine(_customer.Folder, "deletions")))
        {
            WrittenCall deleted = await _customer.StoreAsync();
            await queue.AddAsync([deleted.Id], ["berlin"]);
            await queue.AttemptAsync(new Dictionary<string, ArchiveClient> { ["berlin"] = _customer.Client }, _customer.Register, _customer.Trust);
        }

        Ran ran = await AuditAsync(
            "--json", "--identity", Key, "--decrypt-sample", "5", "--region", "de", "--deletions", Path.Combine(_customer.Folder, "deletions"), "--since", "2020-01-01", "--until", "2100-01-01T00:00:00Z");

        Assert.True(ran is { ExitCode: 0, Error: "" }, ran.ToString());
        using JsonDocument json = JsonDocument.Parse(ran.Output);
        Assert.True(json.RootElement.GetProperty("ok").GetBoolean());
        Assert.Equal(1, json.RootElement.GetProperty("totals").GetProperty("deleted").GetInt32());
        Assert.Equal((1, 1), (json.RootElement.GetProperty("drill").GetProperty("tried").GetInt32(), json.RootElement.GetProperty("drill").GetProperty("restored").GetInt32()));
        Assert.True(json.RootElement.GetProperty("drill").GetProperty("rtoFirstAudioSeconds").GetDouble() > 0);
    }

    [Fact]
    public async Task Audit_Findings_IsOneAndNamesThem()
    {
        WrittenCall missing = WrittenCall.Write(_customer);
        await _customer.Register.AddAsync([missing.Row()]);

        Ran ran = await AuditAsync("--identity", Key, "--decrypt-sample", "5");

        Assert.True(ran is { ExitCode: 1, Error: "" }, ran.ToString());
        Assert.Contains($"Missing {missing.Id}", ran.Output, StringComparison.Ordinal);
        Assert.Contains("0 of 1 restored", ran.Output, StringComparison.Ordinal);
    }

    // As it is in use: TLS, and the owner's certificate. A gateway's, which may only write, is told so instead of that everything is missing.
    [Fact]
    public async Task Audit_OverTls_NeedsTheOwnersCertificate()
    {
        using TestIssuer issuer = new();
        using X509Certificate2 server = issuer.Issue("CN=archive", TestIssuer.ServerUse, System.Net.IPAddress.Loopback);
        using X509Certificate2 owner = issuer.Issue("CN=owner", TestIssuer.ClientUse), gateway = issuer.Issue("CN=gateway", TestIssuer.ClientUse);
        string folder = _customer.Folder, authority = Path.Combine(folder, "ca.pem"), tenants = Path.Combine(folder, "tenants.json");
        await File.WriteAllTextAsync(authority, issuer.Certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(tenants, """{ "tenants": [{ "name": "a", "gateways": "berlin-gateways.txt", "writers": ["CN=gateway"], "owners": ["CN=owner"] }] }""");
        (string pem, string key) = TestIssuer.Save(server, folder, "server");
        await using WebApplication archive = ArchiveHost.Build(
            "--data", Path.Combine(folder, "tls"), "--urls", "https://127.0.0.1:0", "--certificate", pem, "--certificate-key", key, "--client-ca", authority, "--tenants", tenants);
        await archive.StartAsync();
        _customer.Trusts(TrustedKeyKind.Archive, VerifyKey.Parse(TrustedKeyKind.Archive, ArchiveHost.PublicKeyOf(archive)), "tls");
        string trust = Path.Combine(folder, "trust-tls.txt");
        _customer.Trust.Save(trust);

        Task<Ran> AuditAsAsync(X509Certificate2 certificate, string name)
        {
            (string client, string clientKey) = TestIssuer.Save(certificate, folder, name);
            return RunAsync(["audit", "--archive", archive.Urls.Single(), "--register", _customer.Register.Path, "--trust", trust, "--server-ca", authority, "--client-certificate", client, "--client-key", clientKey]);
        }

        Ran asOwner = await AuditAsAsync(owner, "owner"), asGateway = await AuditAsAsync(gateway, "gateway");

        Assert.True(asOwner is { ExitCode: 0, Error: "" }, asOwner.ToString());
        Assert.True(asGateway.ExitCode == 2, asGateway.ToString());
        Assert.Contains("owner's certificate", asGateway.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("is not there", "--home", "{folder}/nothing")]
    [InlineData("No archive is named", "--register", "{register}", "--trust", "{trust}")]
    [InlineData("--no-such-option", "--no-such-option")]
    [InlineData("is not https", "--archive", "http://192.0.2.1:1", "--register", "{register}", "--trust", "{trust}")]
    [InlineData("is not a URL", "--archive", "berlin", "--register", "{register}", "--trust", "{trust}")]
    [InlineData("is not there", "--archive", "{url}", "--register", "{folder}/nothing.db", "--trust", "{trust}")]
    [InlineData("cannot be used", "--archive", "{url}", "--register", "{trust}", "--trust", "{trust}")]
    [InlineData("cannot be used", "--archive", "{url}", "--register", "{register}", "--trust", "{register}")]
    [InlineData("identity.txt' is not there", "--archive", "{url}", "--register", "{register}", "--trust", "{trust}", "--decrypt-sample", "1")]
    [InlineData("is not a time", "--archive", "{url}", "--register", "{register}", "--trust", "{trust}", "--since", "yesterday")]
    [InlineData("are given together", "--archive", "{url}", "--register", "{register}", "--trust", "{trust}", "--client-key", "{trust}")]
    [InlineData("holds no certificate", "--archive", "{url}", "--register", "{register}", "--trust", "{trust}", "--server-ca", "{trust}")]
    [InlineData("could not be", "--archive", "http://127.0.0.1:1", "--register", "{register}", "--trust", "{trust}")]
    public async Task Audit_BadInput_IsTwoAndOneSentence(string sentence, params string[] arguments)
    {
        Ran ran = await RunAsync(["audit", .. arguments.Select(argument => argument
            .Replace("{register}", _customer.Register.Path, StringComparison.Ordinal).Replace("{trust}", Trust, StringComparison.Ordinal)
            .Replace("{folder}", _customer.Folder, StringComparison.Ordinal).Replace("{url}", _customer.Berlin.Url, StringComparison.Ordinal))]);

        Assert.True(ran is { ExitCode: 2, Output: "" }, ran.ToString());
        Assert.Contains(sentence, ran.Error, StringComparison.Ordinal);
        Assert.Equal(1, ran.Error.Count(c => c == '\n'));
        Assert.DoesNotContain("   at ", ran.Error, StringComparison.Ordinal);
    }

    private Task<Ran> AuditAsync(params string[] more) =>
        RunAsync(["audit", "--archive", _customer.Berlin.Url, "--register", _customer.Register.Path, "--trust", Trust, .. more]);

    private static async Task<Ran> RunAsync(string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [Dll, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using CancellationTokenSource patience = new(Patience);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token), error = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return new Ran(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
