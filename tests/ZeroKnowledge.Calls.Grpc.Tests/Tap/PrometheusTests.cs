using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using ZeroKnowledge.Calls.Tests;

namespace ZeroKnowledge.Calls.Grpc.Tests.Tap;

/// <summary>Debian's Prometheus scrapes the tap, and has the metrics that docs/OPERATIONS.md names.</summary>
public sealed class PrometheusTests(TapFixture tap) : IClassFixture<TapFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task Prometheus_ScrapesTheTap_HasTheDocumentedMetrics()
    {
        string? prometheus = Engines.Find("prometheus");
        Engines.Require(prometheus is not null, "Prometheus scrapes the metrics: install prometheus.");
        (string id, int[] ports) = await tap.BeginAsync("scraped");
        using UdpClient sender = new();
        await sender.SendAsync(RecorderFixture.Rtp(1, 160, 8, new byte[160]), new IPEndPoint(IPAddress.Loopback, ports[0]));

        string folder = Directory.CreateDirectory(Path.Combine(tap.Folder, "prometheus")).FullName;
        string config = Path.Combine(folder, "prometheus.yml");
        await File.WriteAllTextAsync(config, $"""
            global: {"{"} scrape_interval: 500ms, scrape_timeout: 400ms {"}"}
            scrape_configs:
              - job_name: tap
                static_configs: [ {"{"} targets: [ "{tap.Control.BaseAddress!.Authority}" ] {"}"} ]
            """);
        int port = FreePort();
        ProcessStartInfo info = new(prometheus!, [$"--config.file={config}", $"--storage.tsdb.path={folder}/data", $"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]);
        using Process server = Process.Start(info)!;
        try
        {
            await CheckAsync(new Uri($"http://127.0.0.1:{port}"));
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }

        await tap.Control.DeleteAsync($"/calls/{id}");
    }

    // Those that have a value before anything has gone wrong.
    private static async Task CheckAsync(Uri server)
    {
        string[] wanted =
        [
            "zkcalls_spool_full", "zkcalls_spool_disk", "zkcalls_spool_bytes", "zkcalls_archive_streams", "zkcalls_archive_behind", "zkcalls_register_waiting",
            "zkcalls_memory_unlocked_slabs", "zkcalls_calls_active", "zkcalls_chunks_encrypted",
        ];
        using HttpClient client = new() { BaseAddress = server };
        HashSet<string> names = [];
        long until = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (!wanted.All(name => names.Any(seen => seen.EndsWith(name, StringComparison.Ordinal) || seen.EndsWith(name + "_total", StringComparison.Ordinal))))
        {
            Assert.True(Environment.TickCount64 < until, string.Join(", ", names));
            await Task.Delay(200);
            names = await NamesAsync(client);
        }

        // Recorders of other tests in this process add to the same counter.
        string chunks = names.Single(name => name.Contains("zkcalls_chunks_encrypted", StringComparison.Ordinal));
        while (await ValueAsync(client, chunks) is null or "0")
        {
            Assert.True(Environment.TickCount64 < until, $"{chunks} stays {await ValueAsync(client, chunks)}");
            await Task.Delay(200);
        }
    }

    private static async Task<HashSet<string>> NamesAsync(HttpClient client)
    {
        try
        {
            JsonElement answer = await client.GetFromJsonAsync<JsonElement>("/api/v1/label/__name__/values");
            return [.. answer.GetProperty("data").EnumerateArray().Select(name => name.GetString()!)];
        }
        catch (HttpRequestException)
        {
            return [];
        }
    }

    private static async Task<string?> ValueAsync(HttpClient client, string name)
    {
        JsonElement answer = await client.GetFromJsonAsync<JsonElement>($"/api/v1/query?query={name}");
        JsonElement[] result = [.. answer.GetProperty("data").GetProperty("result").EnumerateArray()];
        return result.Length == 1 ? result[0].GetProperty("value")[1].GetString() : null;
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
