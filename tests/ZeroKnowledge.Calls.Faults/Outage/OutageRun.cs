using System.Diagnostics;
using System.Globalization;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>Takes the archive away under calls that go on, and gives it back: no frame may be missing, memory stays bounded, and the archive catches up.</summary>
internal sealed class OutageRun : IAsyncDisposable
{
    private const int FramesPerSecond = 50;
    private const int SpareSeconds = 120;
    private const string Before = "before";
    private const string During = "during";
    private const string After = "after";

    // The collector's own ups and downs are not growth.
    private const long MemorySlack = 256L << 20;

    private readonly GatewayScene _scene = new();
    private readonly OutageOptions _options;
    private readonly List<string> _violations = [];

    private OutageRun(OutageOptions options) => _options = options;

    public static async Task<FaultReport> RunAsync(OutageOptions options, TextWriter output)
    {
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"outage: {options.Calls} calls, the archive is away for {options.Seconds} s, seed {options.Seed}"));
        await using OutageRun run = new(options);
        return await run.RunAsync(output);
    }

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    private async Task<FaultReport> RunAsync(TextWriter output)
    {
        await _scene.StartAsync();
        int seconds = _options.WarmUpSeconds + _options.Seconds + _options.AfterSeconds + SpareSeconds;
        string path = _scene.Folder.Ledger(1);
        using FrameLedger ledger = FrameLedger.Create(path, _options.Calls, seconds * FramesPerSecond);
        string frames = GatewayScene.Text(seconds * FramesPerSecond * 10);
        await using ChildProgram gateway = _scene.StartGateway(
            path, "--calls", GatewayScene.Text(_options.Calls), "--tick", GatewayScene.Text(_options.TickMs), "--seed", GatewayScene.Text(_options.Seed),
            "--shortest", frames, "--longest", frames, "--spool-mib", GatewayScene.Text(_options.SpoolMiB));
        await gateway.ExpectAsync(GatewayProgram.Ready);
        await using MemorySamples memory = new(gateway.Id, Before);
        long usual = await WarmUpAsync(gateway);

        memory.Part = During;
        await _scene.Archives[0].KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(_options.Seconds));
        long waiting = await SpooledAsync(gateway);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  {waiting >> 20} MiB wait in the spool; usually at most {usual >> 10} KiB do"));

        memory.Part = After;
        Stopwatch sinceReturn = Stopwatch.StartNew();
        await _scene.RestartAsync(0);
        await CatchUpAsync(gateway, usual);
        TimeSpan caughtUp = sinceReturn.Elapsed;
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  caught up after {caughtUp.TotalSeconds:F1} s"));
        await Task.Delay(TimeSpan.FromSeconds(_options.AfterSeconds));
        await gateway.AskAsync("end", GatewayProgram.Ended);
        await gateway.AskAsync("drain", GatewayProgram.Drained);
        await gateway.AskAsync("stop", GatewayProgram.Stopped);

        ExpectedFrames expected = new(TimeSpan.FromMilliseconds(_options.TickMs));
        expected.AddStopped(ledger);
        (IReadOnlyList<string> violations, RecordingsCheck check) = await _scene.CheckAsync(0, expected);
        _violations.AddRange(violations);
        Judge(expected, check, memory, caughtUp);
        return new FaultReport(
            string.Create(
                CultureInfo.InvariantCulture,
                $"outage --seed {_options.Seed}: {_options.Calls} calls, {_options.Seconds} s without an archive, {waiting >> 20} MiB spooled, caught up after {caughtUp.TotalSeconds:F1} s, "
                + $"{expected.Accepted} frames accepted, {expected.Refused} refused, {check.Frames} read, own memory at its peak: {memory}"),
            _violations);
    }

    private void Judge(ExpectedFrames expected, RecordingsCheck check, MemorySamples memory, TimeSpan caughtUp)
    {
        int complete = check.States.GetValueOrDefault(RecordingState.Complete);
        int all = _options.Calls + GatewayProgram.WarmUpCalls;
        if (complete != all || check.Recordings != all)
        {
            _violations.Add($"{all} calls became {check.Recordings} recordings, {complete} of them complete");
        }

        if (_options.CatchUp is not { } bound)
        {
            return;
        }

        if (expected.Refused > 0)
        {
            _violations.Add($"{expected.Refused} frames were refused");
        }

        if (caughtUp > bound)
        {
            _violations.Add($"catching up took {caughtUp.TotalSeconds:F1} s");
        }

        long before = memory.PeakOf(Before), peak = Math.Max(memory.PeakOf(During), memory.PeakOf(After));
        if (peak > (2 * before) + MemorySlack)
        {
            _violations.Add($"memory grew from {before >> 20} MiB to {peak >> 20} MiB");
        }
    }

    /// <returns>The most that waits in the spool while all is well.</returns>
    private async Task<long> WarmUpAsync(ChildProgram gateway)
    {
        long usual = 0;
        Stopwatch clock = Stopwatch.StartNew();
        do
        {
            await Task.Delay(_options.TickMs / 4);
            usual = Math.Max(usual, await SpooledAsync(gateway));
        }
        while (clock.Elapsed < TimeSpan.FromSeconds(_options.WarmUpSeconds));
        return usual;
    }

    private static async Task CatchUpAsync(ChildProgram gateway, long usual)
    {
        Stopwatch patience = Stopwatch.StartNew();
        while (await SpooledAsync(gateway) > usual)
        {
            if (patience.Elapsed > TimeSpan.FromSeconds(SpareSeconds))
            {
                return;
            }

            await Task.Delay(100);
        }
    }

    private static async Task<long> SpooledAsync(ChildProgram gateway) =>
        long.Parse(await gateway.AskAsync("spooled", GatewayProgram.Spooled), CultureInfo.InvariantCulture);
}
