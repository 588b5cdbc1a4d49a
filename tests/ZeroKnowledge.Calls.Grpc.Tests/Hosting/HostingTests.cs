using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using ZeroKnowledge.Calls.Extensions;
using ZeroKnowledge.Calls.Grpc.Tests.Tap;

namespace ZeroKnowledge.Calls.Grpc.Tests.Hosting;

/// <summary>A recorder in .NET's generic host.</summary>
public sealed class HostingTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Host_StopsWhileACallIsLive_TheServiceEndsItAndTheRestIsSent()
    {
        string folder = Prepare("stop");
        using IHost host = Build(folder, services => services.AddHostedService<Gateway>());
        // It was asked for before the host started, as a service's constructor would.
        HostedRecorder hosted = host.Services.GetRequiredService<HostedRecorder>();
        Assert.Throws<InvalidOperationException>(() => hosted.Recorder);
        await host.StartAsync();
        Assert.Same(hosted.Recorder, host.Services.GetRequiredService<CallRecorder>());
        Gateway gateway = host.Services.GetServices<IHostedService>().OfType<Gateway>().Single();
        CallWriter call = gateway.Call!;
        Assert.Equal(WriteResult.Accepted, call.WriteFrame(0, 8, 1, 160, new byte[160]));
        Task<Receipt> durable = call.Durable;

        await host.StopSoonAsync();
        Assert.True(durable.IsCompletedSuccessfully);
        Assert.Throws<ObjectDisposedException>(() => hosted.Recorder.Begin(Gateway.Metadata));
        await ((IAsyncDisposable)host).DisposeAsync();
        await using Sqlite.SqliteRegister register = Sqlite.SqliteRegister.Open(Path.Combine(folder, "register.db"));
        await using Recording recording = await new ArchiveClient(fixture.Channel).OpenAsync(
            call.RecordingId, new ReaderOptions { Trust = fixture.Trust, Identity = fixture.Active, Register = register });
        Assert.Equal(EndReason.Completed, recording.Summary!.Reason);
    }

    [Fact]
    public async Task Host_SettingsMissing_SaysAllOfThemAtTheStart()
    {
        using IHost host = Build("/nonexistent", _ => { }, new Dictionary<string, string?> { ["CallRecorder:Archives:0"] = "archive", ["CallRecorder:ClientKey"] = "/nonexistent/key" });
        OptionsValidationException e = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
        Assert.Equal(
            ["Archives has 'archive'", "GatewayKey: there is no file", "Recipients: there is no file", "Trust: there is no file", "ClientKey: there is no file", "ClientCertificate and ClientKey"],
            e.Failures.Select(failure => Regex.Match(failure, "(?<=CallRecorder: )(Archives has '\\w+'|\\w+: there is no file|\\w+ and \\w+)").Value));
    }

    [Theory]
    [InlineData("Tick", "00:02:00", "Tick")]
    [InlineData("Spol", "x", "Spol")]
    [InlineData("SpoolBytes", "many", "SpoolBytes")]
    public async Task Host_SettingWrong_NamesIt(string name, string value, string told)
    {
        string folder = Prepare("wrong" + name);
        using IHost host = Build(folder, _ => { }, new Dictionary<string, string?> { [$"CallRecorder:{name}"] = value });
        Exception e = await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync());
        Assert.Contains(told, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_FollowsTheRecorder()
    {
        string folder = Prepare("health");
        using IHost host = Build(folder, services => services.AddHealthChecks().AddCallRecorder());
        HealthCheckService health = host.Services.GetRequiredService<HealthCheckService>();
        Assert.Equal(HealthStatus.Unhealthy, (await health.CheckHealthAsync()).Status);
        await host.StartAsync();
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync()).Status);

        await host.StopSoonAsync();
        await ((IAsyncDisposable)host).DisposeAsync();
    }

    [Fact]
    public void Judge_EachTrouble_HasItsStatus()
    {
        ArchiveStatus here = new("https://a", 2, 0), away = new("https://b", 0, 17), idle = new("https://c", 0, 0);
        Assert.Equal(HealthStatus.Healthy, RecorderHealth.Judge(new RecorderStatus(3, 0, false, 0, [here, idle])).Status);
        Assert.Equal(HealthStatus.Degraded, RecorderHealth.Judge(new RecorderStatus(3, 0, false, 1, [here])).Status);
        HealthCheckResult degraded = RecorderHealth.Judge(new RecorderStatus(3, 9, false, 0, [here, away]));
        Assert.Equal(HealthStatus.Degraded, degraded.Status);
        Assert.Contains("https://b", degraded.Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Unhealthy, RecorderHealth.Judge(new RecorderStatus(3, 0, true, 0, [here])).Status);
    }

    [Fact]
    public async Task Telemetry_MetersAndActivities_AreThoseOfTheDocument()
    {
        HashSet<string> instruments = [];
        List<(string Name, string Tags)> activities = [];
        using MeterListener meters = new() { InstrumentPublished = (instrument, _) => Note(instruments, instrument) };
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == "ZeroKnowledge.Calls",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                lock (activities)
                {
                    activities.Add((activity.OperationName, string.Join(" ", activity.TagObjects.Select(tag => tag.Key))));
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        meters.Start();
        await using (CallRecorder recorder = await fixture.StartAsync(fixture.Policy(50)))
        {
            CallWriter call = recorder.Begin(Gateway.Metadata);
            await call.Started.WaitAsync(Patience);
            call.Complete();
            await call.Durable.WaitAsync(Patience);
        }

        string document = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "OPERATIONS.md"));
        HashSet<string> documented = [.. Regex.Matches(document, "`(zkcalls\\.[a-z_]+(\\.[a-z_]+)?)`").Select(match => match.Groups[1].Value)];
        lock (activities)
        {
            Assert.Equal(
                [("zkcalls.setup", "zkcalls.recordings"), ("zkcalls.start", "zkcalls.recovered"), ("zkcalls.stop", "")],
                activities.Distinct().OrderBy(activity => activity.Name));
            Assert.Equal(instruments.Concat(activities.SelectMany(activity => $"{activity.Name} {activity.Tags}".Trim().Split(' '))).Distinct().Order(), documented.Order());
        }
    }

    private static void Note(HashSet<string> instruments, Instrument instrument)
    {
        lock (instruments)
        {
            if (instrument.Meter.Name == "ZeroKnowledge.Calls")
            {
                instruments.Add(instrument.Name);
            }
        }
    }

    private static IHost Build(string folder, Action<IServiceCollection> configure, Dictionary<string, string?>? more = null)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddCommandLine(TapFixture.Arguments(folder, Address));
        builder.Configuration.AddInMemoryCollection(more ?? []);
        builder.Services.AddLogging();
        builder.Services.AddCallRecorder(builder.Configuration.GetSection("CallRecorder"));
        configure(builder.Services);
        return builder.Build();
    }

    private static string Address { get; set; } = "";

    private string Prepare(string name)
    {
        Address = fixture.Address;
        string folder = Directory.CreateDirectory(Path.Combine(fixture.Folder, name)).FullName;
        fixture.Gateway.Save(Path.Combine(folder, "gateway.key"));
        File.WriteAllText(Path.Combine(folder, "recipients.txt"), $"{fixture.Active.Recipient}\n{fixture.Recovery.Recipient}\n");
        fixture.Trust.Save(Path.Combine(folder, "trust.txt"));
        return folder;
    }

    /// <summary>A service of the application: it begins a call when the host starts, and completes it when the host stops.</summary>
    private sealed class Gateway(HostedRecorder recorder) : IHostedService
    {
        public static readonly CallMetadata Metadata = new() { CallId = "hosted", Legs = [Leg.Pcma("caller")] };

        public CallWriter? Call { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            Call = recorder.Recorder.Begin(Metadata);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            Call!.Complete();
            return Task.CompletedTask;
        }
    }
}
