using System.Diagnostics;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>
/// A thread that wants to run every few milliseconds and notes in the ledger when it could not. A machine that gives a process no time also gives none to
/// the thread that encrypts on its tick: that is told apart from a recorder that is late.
/// </summary>
internal sealed class Heartbeat : IDisposable
{
    private const int BeatMs = 4;
    public static readonly TimeSpan Stall = TimeSpan.FromMilliseconds(20);

    private readonly FrameLedger _ledger;
    private readonly Thread _thread;
    private volatile bool _stopping;

    public Heartbeat(FrameLedger ledger)
    {
        _ledger = ledger;
        _ledger.Heartbeat = Stopwatch.GetTimestamp();
        _thread = new Thread(Run) { IsBackground = true, Name = "heartbeat" };
        _thread.Start();
    }

    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
    }

    private void Run()
    {
        while (!_stopping)
        {
            Thread.Sleep(BeatMs);
            long last = _ledger.Heartbeat;
            long now = Stopwatch.GetTimestamp();
            if (Stopwatch.GetElapsedTime(last, now) > Stall)
            {
                _ledger.AddStall(last, now);
            }

            _ledger.Heartbeat = now;
        }
    }
}
