using System.Diagnostics;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>What the recordings must hold, by the ledgers of all lives of a gateway.</summary>
internal sealed class ExpectedFrames(TimeSpan tick)
{
    /// <summary>What a dead gateway may lose beyond the tick that it was filling.</summary>
    public static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(100);

    private const int Legs = 2;

    private readonly Dictionary<(int Call, int Leg), List<ExpectedRun>> _runs = [];

    public IEnumerable<ExpectedRun> Runs => _runs.Values.SelectMany(runs => runs);

    public long Accepted => Runs.Sum(run => (long)run.Accepted);

    public long Refused => Runs.Sum(run => (long)run.RefusedFrames);

    /// <summary>Lives in which the machine gave the process no time shortly before its end, and the longest such time.</summary>
    public int StalledLives { get; private set; }

    public TimeSpan LongestStall { get; private set; }

    /// <summary>Calls whose setup took longer than a tick: their frames waited for it.</summary>
    public int SlowSetups { get; private set; }

    /// <summary>Takes the ledger of a life that was killed.</summary>
    /// <returns>The numbers of the calls that it was in the middle of.</returns>
    public List<int> AddKilled(FrameLedger ledger, long killedAt)
    {
        TimeSpan stall = StallBefore(ledger, killedAt);
        if (stall > TimeSpan.Zero)
        {
            StalledLives++;
            LongestStall = stall > LongestStall ? stall : LongestStall;
        }

        List<int> running = [];
        for (int i = 0; i < ledger.Used; i++)
        {
            LedgerSlot slot = ledger[i];
            if (slot.Call == 0)
            {
                continue;
            }

            TimeSpan bound = tick + Slack + stall;
            if (slot.Started != 0 && Stopwatch.GetElapsedTime(slot.Begun, slot.Started) > tick)
            {
                // What came meanwhile waits for a tick of its own.
                bound += tick;
                SlowSetups++;
            }

            // A frame that came before its call was set up was kept until then; where it never was, nothing is promised.
            long started = slot.Started == 0 ? killedAt : slot.Started;
            Add(slot, at => (int)Stopwatch.GetElapsedTime(Math.Min(Math.Max(at, started), killedAt), killedAt).TotalMilliseconds, (int)bound.TotalMilliseconds);
            if (slot.Ended == 0)
            {
                running.Add(slot.Call);
            }
        }

        return running;
    }

    /// <summary>Takes the ledger of a life that was stopped: every frame it took is expected.</summary>
    public void AddStopped(FrameLedger ledger)
    {
        for (int i = 0; i < ledger.Used; i++)
        {
            Add(ledger[i], _ => int.MaxValue, 0);
        }
    }

    /// <summary>A frame was read.</summary>
    /// <returns>What is wrong with that; null if nothing is.</returns>
    public string? Find(int call, int leg, int sequence) =>
        _runs.GetValueOrDefault((call, leg))?.Find(run => run.Contains(sequence)) is { } run ? run.Find(sequence) : "is there, although nobody wrote it";

    private void Add(LedgerSlot slot, Func<long, int> ageOf, int boundMs)
    {
        for (int leg = 0; leg < Legs; leg++)
        {
            if (!_runs.TryGetValue((slot.Call, leg), out List<ExpectedRun>? runs))
            {
                _runs.Add((slot.Call, leg), runs = []);
            }

            runs.Add(new ExpectedRun(slot, leg, ageOf, boundMs));
        }
    }

    // The times shortly before the end in which the machine let nothing run.
    private TimeSpan StallBefore(FrameLedger ledger, long killedAt)
    {
        TimeSpan window = (2 * tick) + Slack;
        TimeSpan sum = TimeSpan.Zero;
        // Without a beat it was killed before it could have accepted anything.
        (long, long)[] last = ledger.Heartbeat == 0 ? [] : [(ledger.Heartbeat, killedAt)];
        foreach ((long from, long to) in ledger.Stalls.Concat(last))
        {
            TimeSpan length = Stopwatch.GetElapsedTime(from, to);
            if (length > Heartbeat.Stall && Stopwatch.GetElapsedTime(to, killedAt) < window)
            {
                sum += length;
            }
        }

        return sum;
    }
}
