using System.Diagnostics;
using System.Globalization;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>
/// Kills a gateway's process at random moments under load, again and again over the same spool, and at last reads everything: some lives are killed while they
/// recover what the one before left, some have no archive.
/// </summary>
internal sealed class GatewayKills : IAsyncDisposable
{
    private const int Calls = 50;
    private const int TickMs = 200;
    private const int LivesOfASpool = 10;
    private const int LedgerCalls = 2_000;
    private const int LedgerFrames = 1_024;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(TickMs);

    private readonly GatewayScene _scene = new();
    private readonly ExpectedFrames _expected = new(Tick);
    private readonly Random _random;
    private List<int> _running = [];
    private int _life;

    private GatewayKills(Random random) => _random = random;

    public static async Task<FaultReport> RunAsync(int runs, int seed, TextWriter output)
    {
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"gateway-kills: {runs} runs, seed {seed}"));
        Stopwatch clock = Stopwatch.StartNew();
        Random random = new(seed);
        KillTotals totals = new();
        for (int done = 0; done < runs; done += LivesOfASpool)
        {
            await using GatewayKills kills = new(random);
            await kills.RunAsync(Math.Min(LivesOfASpool, runs - done), totals);
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  {totals} ({clock.Elapsed.TotalSeconds:F0} s)"));
        }

        return new FaultReport(string.Create(CultureInfo.InvariantCulture, $"gateway-kills --seed {seed}: {totals}, {clock.Elapsed.TotalSeconds:F0} s"), totals.Violations);
    }

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    private async Task RunAsync(int lives, KillTotals totals)
    {
        await _scene.StartAsync();
        for (int i = 0; i < lives; i++)
        {
            await KillOnceAsync(totals);
        }

        await EndAsync();
        (IReadOnlyList<string> violations, RecordingsCheck check) = await _scene.CheckAsync(0, _expected);
        totals.Add(check, _expected, violations);
    }

    private async Task KillOnceAsync(KillTotals totals)
    {
        // From time to time there is no archive, or one that takes connections and says nothing: everything is in the spool alone.
        FaultProxy wire = _scene.Wires[0];
        wire.Refuses = _random.Next(6) == 0;
        wire.IsHalfOpen = _random.Next(6) == 0;
        (FrameLedger ledger, ChildProgram process) = Start(Calls, _running.Where(_ => _random.Next(10) < 7));
        using (ledger)
        {
            await using (process)
            {
                bool early = _random.Next(5) == 0;
                if (early)
                {
                    // While it starts: it may be in the middle of a recovery, or not have begun with it.
                    await Task.Delay(_random.Next(50, 700));
                }
                else
                {
                    totals.Recovered += int.Parse(await process.ExpectAsync(GatewayProgram.Ready), CultureInfo.InvariantCulture);
                    await Task.Delay(_random.Next(6) == 0 ? _random.Next(1_500, 4_000) : _random.Next(0, 1_500));
                }

                long killedAt = await process.KillAsync();
                totals.Kills++;
                List<int> running = _expected.AddKilled(ledger, killedAt);
                // A life that was killed before it began a call leaves the others where they were.
                _running = ledger.Used > 0 ? running : _running;
            }
        }

        wire.Refuses = wire.IsHalfOpen = false;
        File.Delete(_scene.Folder.Ledger(_life));
    }

    // A last life recovers, takes a few calls to their end, and stops when the archive has everything.
    private async Task EndAsync()
    {
        (FrameLedger ledger, ChildProgram process) = Start(_running.Count / 4, _running.Take(_running.Count / 4));
        using (ledger)
        {
            await using (process)
            {
                await process.ExpectAsync(GatewayProgram.Ready);
                await Task.Delay(2 * Tick);
                await process.AskAsync("end", GatewayProgram.Ended);
                await process.AskAsync("drain", GatewayProgram.Drained);
                await process.AskAsync("stop", GatewayProgram.Stopped);
                await process.ExitAsync();
                _expected.AddStopped(ledger);
            }
        }
    }

    private (FrameLedger Ledger, ChildProgram Process) Start(int calls, IEnumerable<int> goOn)
    {
        _life++;
        FrameLedger ledger = FrameLedger.Create(_scene.Folder.Ledger(_life), LedgerCalls, LedgerFrames);
        return (ledger, _scene.StartGateway(
            _scene.Folder.Ledger(_life),
            "--tick", GatewayScene.Text(TickMs), "--calls", GatewayScene.Text(calls), "--life", GatewayScene.Text(_life), "--seed", GatewayScene.Text(_random.Next()),
            "--go-on", string.Join(',', goOn)));
    }
}
