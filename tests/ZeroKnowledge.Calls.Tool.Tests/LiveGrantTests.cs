using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using ArchiveService;
using Microsoft.AspNetCore.Builder;
using ZeroKnowledge.Calls.Grpc.Tests.Audit;

namespace ZeroKnowledge.Calls.Tool.Tests;

/// <summary>An AI that listens to a running call: a live grant, and a certificate that may fetch these chunks from an archive with roles.</summary>
public sealed class LiveGrantTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryDirectory _directory = new();
    private readonly TestIssuer _issuer = new();
    private WebApplication? _archive;
    private Process? _recorder;

    public async Task InitializeAsync()
    {
        await WellAsync("keygen", "--no-passphrase");
        await System.IO.File.AppendAllTextAsync(File("trust.txt"), (await WellAsync("archive", "key")).Output);
        using X509Certificate2 server = _issuer.Issue("CN=archive", TestIssuer.ServerUse, IPAddress.Loopback);
        (string pem, string key) = TestIssuer.Save(server, _directory.Path, "server");
        foreach (string name in new[] { "gateway", "owner", "listener", "stranger" })
        {
            using X509Certificate2 client = _issuer.Issue($"CN={name}", TestIssuer.ClientUse);
            TestIssuer.Save(client, _directory.Path, "tls-" + name);
        }

        _directory.Write("ca.pem", _issuer.Certificate.ExportCertificatePem());
        _directory.Write("tenants.json", """{ "tenants": [{ "name": "a", "gateways": "trust.txt", "writers": ["CN=gateway"], "owners": ["CN=owner"] }] }""");
        _archive = ArchiveHost.Build(
            "--data", File("archive"), "--tenants", File("tenants.json"), "--client-ca", File("ca.pem"), "--certificate", pem, "--certificate-key", key, "--urls", "https://127.0.0.1:0");
        await _archive.StartAsync();
        _directory.Write("archive.txt", _archive.Urls.Single());
    }

    public async Task DisposeAsync()
    {
        if (_recorder is { HasExited: false })
        {
            _recorder.Kill(entireProcessTree: true);
            await _recorder.WaitForExitAsync();
        }

        _recorder?.Dispose();
        if (_archive is not null)
        {
            await _archive.StopAsync();
            await _archive.DisposeAsync();
        }
    }

    public void Dispose()
    {
        _issuer.Dispose();
        _directory.Dispose();
    }

    [SkippableFact]
    public async Task Grant_LiveForANamedReader_OpensWhatComesAndNothingElse()
    {
        Skip.If(OperatingSystem.IsWindows(), "There are no signals.");
        await BeginRecordingAsync();
        using Identity listener = Identity.Generate();
        listener.Save(File("listener.txt"));
        Ran granted = await UntilAsync(["grant", "latest", "--live", "2s", "--for", "listener.txt", "--reader", "CN=listener", "-o", "live.zkgrant", .. As("owner")], ran => ran.ExitCode == 0);
        using JsonDocument info = JsonDocument.Parse((await WellAsync("info", "live.zkgrant", "--json")).Output);
        Assert.Equal("live grant", info.RootElement.GetProperty("kind").GetString());
        Assert.Contains("for 1 keys", granted.Output, StringComparison.Ordinal);

        // While the call runs: a certificate that was not named reads nothing, the named one both chunks as soon as they are there.
        Ran stranger = await RunAsync(["export", "live.zkgrant", "--identity", "listener.txt", "-o", "stranger.jsonl", .. As("stranger")]);
        Assert.True(stranger.ExitCode == ExitCode.Usage, stranger.ToString());
        int attempt = 0;
        Ran read = await UntilAsync(() => ["export", "live.zkgrant", "--identity", "listener.txt", "-o", $"live-{++attempt}.jsonl", "--json", .. As("listener")], ran => Count(ran, "verified") == 2);
        Assert.False(_recorder!.HasExited);

        using JsonDocument live = JsonDocument.Parse(read.Output);
        Assert.Equal("Range", live.RootElement.GetProperty("state").GetString());
        string[] frames = await System.IO.File.ReadAllLinesAsync(File($"live-{attempt}.jsonl"));
        Assert.InRange(frames.Count(line => line.Contains("\"audio\"", StringComparison.Ordinal)), 1, 2 * 2 * 52);
        Assert.All(frames, line => Assert.DoesNotContain("\"signed\":true", line, StringComparison.Ordinal));

        // At the end the seal covers them; other chunks stay closed.
        await Zkcalls.StartAsync(_directory.Path, "bash", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -TERM {_recorder.Id}")], null);
        await _recorder.WaitForExitAsync().WaitAsync(Patience);
        Ran after = await RunAsync(["export", "live.zkgrant", "--identity", "listener.txt", "-o", "after.jsonl", "--json", .. As("listener")]);
        Assert.True(after.ExitCode == 0 && (Count(after, "verified"), Count(after, "signed")) == (2, 2), after.ToString());
        Assert.Equal(frames.Length, (await System.IO.File.ReadAllLinesAsync(File("after.jsonl"))).Length);
        Ran whole = await RunAsync(["verify", "latest", .. As("listener")]);
        Assert.True(whole.ExitCode != 0, whole.ToString());
    }

    private async Task BeginRecordingAsync()
    {
        await System.IO.File.WriteAllBytesAsync(File("long.wav"), DeskFixture.Tone(120));
        _recorder = Process.Start(new ProcessStartInfo("dotnet", [Zkcalls.Dll, "record", "long.wav", "--json", .. As("gateway")])
        {
            WorkingDirectory = _directory.Path, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        await UntilAsync(["ls", "--json"], ran => ran.ExitCode == 0 && ran.Output.Contains("\"recordingId\"", StringComparison.Ordinal));
    }

    private static int Count(Ran ran, string member)
    {
        if (ran.Output.Length == 0)
        {
            return -1;
        }

        using JsonDocument json = JsonDocument.Parse(ran.Output);
        return json.RootElement.TryGetProperty(member, out JsonElement value) ? value.GetInt32() : -1;
    }

    private string[] As(string client) => ["--client-certificate", $"tls-{client}.pem", "--client-key", $"tls-{client}.key", "--server-ca", "ca.pem"];

    private string File(string name) => _directory.File(name);

    private Task<Ran> RunAsync(params string[] arguments) => Zkcalls.RunAsync(_directory.Path, arguments);

    private Task<Ran> UntilAsync(string[] arguments, Func<Ran, bool> holds) => UntilAsync(() => arguments, holds);

    private async Task<Ran> UntilAsync(Func<string[]> arguments, Func<Ran, bool> holds)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            Ran ran = await RunAsync(arguments());
            if (holds(ran))
            {
                return ran;
            }

            Assert.True(_recorder is not { HasExited: true }, _recorder is { HasExited: true } ? _recorder.StandardError.ReadToEnd() : "");
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, ran.ToString());
        }
    }

    private async Task<Ran> WellAsync(params string[] arguments)
    {
        Ran ran = await RunAsync(arguments);
        Assert.True(ran.ExitCode == 0, ran.ToString());
        return ran;
    }
}
