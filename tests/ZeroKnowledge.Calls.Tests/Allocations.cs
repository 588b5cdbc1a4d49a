namespace ZeroKnowledge.Calls.Tests;

/// <summary>What code allocates in steady state.</summary>
internal static class Allocations
{
    /// <summary>The least bytes that one of several runs allocates on this thread.</summary>
    /// <remarks>
    /// A garbage collection that another test causes counts what is left of this thread's allocation block as allocated,
    /// up to 8 KiB. It strikes one run; what the code itself allocates is in every run.
    /// </remarks>
    public static long Least(Action run)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 5 && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
