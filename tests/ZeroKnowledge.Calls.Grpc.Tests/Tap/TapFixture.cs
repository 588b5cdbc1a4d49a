using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using RtpTap;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Grpc.Tests.Tap;

/// <summary>A tap on loopback that records into a real archive.</summary>
public sealed class TapFixture : IAsyncLifetime
{
    private WebApplication? _tap;

    public RecorderFixture Archive { get; } = new();

    public HttpClient Control { get; private set; } = null!;

    public string Folder => Archive.Folder;

    public async Task InitializeAsync()
    {
        await Archive.InitializeAsync();
        Archive.Gateway.Save(Path.Combine(Folder, "gateway.key"));
        await File.WriteAllTextAsync(Path.Combine(Folder, "recipients.txt"), $"{Archive.Active.Recipient}\n{Archive.Recovery.Recipient}\n");
        Archive.Trust.Save(Path.Combine(Folder, "trust.txt"));
        _tap = TapHost.Build(Arguments(Folder, Archive.Address));
        await _tap.StartAsync();
        Control = new HttpClient { BaseAddress = new Uri(_tap.Urls.Single()) };
    }

    public async Task DisposeAsync()
    {
        Control.Dispose();
        if (_tap is { } tap)
        {
            await tap.StopSoonAsync();
            await tap.DisposeSoonAsync();
        }

        await Archive.DisposeAsync();
    }

    public static string[] Arguments(string folder, string archive) =>
    [
        "--urls", "http://127.0.0.1:0",
        "--Logging:LogLevel:Default", "Warning",
        "--CallRecorder:Archives:0", archive,
        "--CallRecorder:Spool", Path.Combine(folder, "spool"),
        "--CallRecorder:Register", Path.Combine(folder, "register.db"),
        "--CallRecorder:GatewayKey", Path.Combine(folder, "gateway.key"),
        "--CallRecorder:Recipients", Path.Combine(folder, "recipients.txt"),
        "--CallRecorder:Trust", Path.Combine(folder, "trust.txt"),
    ];

    internal async Task<(string Id, int[] Ports)> BeginAsync(string callId, string? source = null)
    {
        using HttpResponseMessage answer = await Control.PostAsJsonAsync("/calls", new
        {
            callId, source, legs = new[] { new { label = "caller", codec = "PCMA" }, new { label = "agent", codec = "pcma" } },
        });
        answer.EnsureSuccessStatusCode();
        JsonElement call = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return (call.GetProperty("id").GetString()!, [.. call.GetProperty("legs").EnumerateArray().Select(leg => leg.GetProperty("port").GetInt32())]);
    }

    /// <summary>Of one leg, by name.</summary>
    internal async Task<long> CountAsync(string id, int leg, string name) =>
        (await Control.GetFromJsonAsync<JsonElement>($"/calls/{id}")).GetProperty("legs")[leg].GetProperty(name).GetInt64();

    /// <summary>Waits until a recording is whole, and reads it.</summary>
    internal async Task<List<Frame>> ReadAsync(string id, SqliteRegister register, TimeSpan patience)
    {
        ArchiveClient archive = new(Archive.Channel);
        ReaderOptions options = new() { Trust = Archive.Trust, Identity = Archive.Active, Register = register };
        long until = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        while (true)
        {
            try
            {
                await using Recording recording = await archive.OpenAsync(RecordingId.Parse(id), options);
                if ((await recording.VerifyAsync()).State == RecordingState.Complete)
                {
                    List<Frame> frames = [];
                    await foreach (Frame frame in recording.ReadFramesAsync())
                    {
                        frames.Add(frame);
                    }

                    return frames;
                }
            }
            catch (Exception e) when (e is CallRecordingException && Environment.TickCount64 < until)
            {
                // Not there yet.
            }

            Assert.True(Environment.TickCount64 < until, $"Recording {id} is not whole.");
            await Task.Delay(50);
        }
    }

    internal SqliteRegister OpenRegister() => SqliteRegister.Open(Path.Combine(Folder, "register.db"));
}
