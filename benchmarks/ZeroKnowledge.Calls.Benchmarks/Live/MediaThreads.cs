using System.Diagnostics;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>The media threads of a run: together they speak for all calls.</summary>
internal sealed class MediaThreads
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    private readonly FrameGenerator[] _generators;

    public MediaThreads(IReadOnlyList<CallWriter> calls, int threads, int frameMs) => _generators =
        [.. Enumerable.Range(0, threads).Select(i => new FrameGenerator(calls, Part(calls, i, threads), Part(calls, i + 1, threads), frameMs))];

    /// <summary>Frames that each call was given.</summary>
    public int Rounds => _generators[0].Rounds;

    public long Written => _generators.Sum(one => one.Written);

    public long Refused => _generators.Sum(one => one.Refused);

    public double WorstBehindMs => _generators.Max(one => one.WorstBehindMs);

    /// <summary>What the whole process allocated for each frame while they spoke last, in bytes: after a second, in which whoever waits for them begins to wait.</summary>
    public double AllocatedPerFrame { get; private set; }

    /// <summary>Begins to measure.</summary>
    public void Reset(TimeSpan duration) => Array.ForEach(_generators, one => one.Reset(duration));

    /// <summary>Speaks in real time, and waits until all have spoken.</summary>
    public void Run(TimeSpan duration, bool write)
    {
        Thread[] threads = [.. _generators.Select((one, i) => new Thread(() => Speak(one, duration, write, i == 0)))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
    }

    /// <summary>The times of the timed writes, ascending, in ns.</summary>
    public double[] TimesNs() => [.. _generators.SelectMany(one => one.Times).Select(ticks => ticks * 1e9 / Stopwatch.Frequency).Order()];

    private void Speak(FrameGenerator one, TimeSpan duration, bool write, bool looks)
    {
        TimeSpan unseen = duration < 2 * Settling ? duration / 2 : Settling;
        one.Run(unseen, write);
        long written = looks ? Written : 0;
        long allocated = looks ? GC.GetTotalAllocatedBytes(precise: true) : 0;
        one.Run(duration - unseen, write);
        if (looks)
        {
            AllocatedPerFrame = (double)(GC.GetTotalAllocatedBytes(precise: true) - allocated) / (Written - written);
        }
    }

    private static int Part(IReadOnlyList<CallWriter> calls, int part, int parts) => (int)((long)calls.Count * part / parts);
}
