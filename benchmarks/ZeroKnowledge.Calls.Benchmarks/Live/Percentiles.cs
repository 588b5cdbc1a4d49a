namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>Percentiles of measured values.</summary>
internal static class Percentiles
{
    /// <param name="sorted">Ascending.</param>
    /// <param name="share">0 to 1; 1 is the largest.</param>
    public static double Of(IReadOnlyList<double> sorted, double share) =>
        sorted.Count == 0 ? 0 : sorted[(int)Math.Min(sorted.Count - 1, share * sorted.Count)];

    public static double Median(IEnumerable<double> values) => Of([.. values.Order()], 0.5);
}
