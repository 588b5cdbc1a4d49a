using System.Diagnostics;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>The media threads of a run: together they speak for all calls.</summary>
internal sealed class MediaThreads
{
    private readonly FrameGenerator[] _generators;

    public MediaThreads(IReadOnlyList<CallWriter> calls, int threads, int frameMs) => _generators =
        [.. Enumerable.Range(0, threads).Select(i => new FrameGenerator(calls, Part(calls, i, threads), Part(calls, i + 1, threads), frameMs))];

    /// <summary>Frames that each call was given.</summary>
    public int Rounds => _generators[0].Rounds;

    public long Written => _generators.Sum(one => one.Written);

    public long Refused => _generators.Sum(one => one.Refused);

    public double WorstBehindMs => _generators.Max(one => one.WorstBehindMs);

    /// <summary>Begins to measure.</summary>
    public void Reset(TimeSpan duration) => Array.ForEach(_generators, one => one.Reset(duration));

    /// <summary>Speaks in real time, and waits until all have spoken.</summary>
    public void Run(TimeSpan duration, bool write)
    {
        Thread[] threads = [.. _generators.Select(one => new Thread(() => one.Run(duration, write)))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
    }

    /// <summary>The times of the timed writes, ascending, in ns.</summary>
    public double[] TimesNs() => [.. _generators.SelectMany(one => one.Times).Select(ticks => ticks * 1e9 / Stopwatch.Frequency).Order()];

    private static int Part(IReadOnlyList<CallWriter> calls, int part, int parts) => (int)((long)calls.Count * part / parts);
}
