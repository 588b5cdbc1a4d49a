using System.Diagnostics;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>
/// A media thread that speaks for a part of the calls: each gets a frame of G.711 every <paramref name="frameMs"/> ms, spread evenly over that time. One write in 256 is timed.
/// </summary>
/// <param name="calls">All calls.</param>
/// <param name="first">The first one that it speaks for.</param>
/// <param name="end">One behind the last.</param>
/// <param name="frameMs">The length of a frame.</param>
internal sealed class FrameGenerator(IReadOnlyList<CallWriter> calls, int first, int end, int frameMs)
{
    private const int TimedEvery = 256;

    // So many calls are written in one go, then the clock is looked at.
    private const int Slice = 64;

    private readonly byte[] _packet = SpokenFrame.MakePacket(frameMs);
    private readonly List<long> _times = [];
    private bool _isTimed;
    private long _taken;

    /// <summary>Frames that each call was given.</summary>
    public int Rounds { get; private set; }

    public long Written { get; private set; }

    public long Refused { get; private set; }

    /// <summary>The longest time by which it was behind the clock: then the machine, not the recorder, is at its limit.</summary>
    public double WorstBehindMs { get; private set; }

    /// <summary>Times of the timed writes since the last reset, in ticks of the stopwatch.</summary>
    public IReadOnlyList<long> Times => _times;

    /// <summary>What was measured so far does not count. From now on writes are timed, with room for those of a duration.</summary>
    public void Reset(TimeSpan duration)
    {
        _isTimed = true;
        _times.Clear();
        _times.EnsureCapacity((int)((end - first) * (duration.TotalMilliseconds / frameMs) / TimedEvery) + 1);
        Written = 0;
        Refused = 0;
        WorstBehindMs = 0;
    }

    /// <summary>Speaks in real time.</summary>
    /// <param name="duration">How long.</param>
    /// <param name="write">False: does all but the writing, to know what it costs by itself.</param>
    public void Run(TimeSpan duration, bool write)
    {
        long start = Stopwatch.GetTimestamp();
        int rounds = (int)(duration.TotalMilliseconds / frameMs);
        for (int round = 0; round < rounds; round++)
        {
            SpokenFrame.SetNumber(_packet, Rounds, frameMs);
            Rounds += write ? 1 : 0;
            for (int at = first; at < end; at += Slice)
            {
                double due = (round + ((double)(at - first) / (end - first))) * frameMs;
                WaitUntil(start, due);
                Speak(at, Math.Min(at + Slice, end), write);
            }
        }
    }

    private void Speak(int from, int to, bool write)
    {
        for (int i = from; i < to; i++, _taken++)
        {
            SpokenFrame.SetCall(_packet, i);
            if (!write)
            {
                GC.KeepAlive(calls[i]);
                continue;
            }

            bool timed = _isTimed && _taken % TimedEvery == 0;
            long before = timed ? Stopwatch.GetTimestamp() : 0;
            WriteResult result = calls[i].WriteRtp(0, _packet);
            if (timed)
            {
                _times.Add(Stopwatch.GetTimestamp() - before);
            }

            Written++;
            Refused += result == WriteResult.Accepted ? 0 : 1;
        }
    }

    private void WaitUntil(long start, double dueMs)
    {
        double behind = Stopwatch.GetElapsedTime(start).TotalMilliseconds - dueMs;
        WorstBehindMs = Math.Max(WorstBehindMs, behind);
        for (; behind < 0; behind = Stopwatch.GetElapsedTime(start).TotalMilliseconds - dueMs)
        {
            // The slices of a millisecond are written in one go: a media server does not spin either.
            Thread.Sleep(1);
        }
    }
}
