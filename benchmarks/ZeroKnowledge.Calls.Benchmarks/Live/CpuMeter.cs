using System.Diagnostics;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>How many cores processes keep busy.</summary>
internal static class CpuMeter
{
    /// <summary>Runs an action on a thread of its own.</summary>
    /// <param name="action">What is measured.</param>
    /// <param name="processes">Whose time counts.</param>
    /// <returns>The cores that each of the processes used meanwhile.</returns>
    public static async Task<double[]> MeasureAsync(Action action, params Process[] processes)
    {
        TimeSpan[] before = [.. processes.Select(TimeOf)];
        long start = Stopwatch.GetTimestamp();
        await Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        return [.. processes.Select((process, i) => (TimeOf(process) - before[i]) / elapsed)];
    }

    private static TimeSpan TimeOf(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime;
    }
}
