namespace ZeroKnowledge.Calls.Faults;

/// <summary>How a run of faults ended.</summary>
/// <param name="Summary">One line of figures.</param>
/// <param name="Violations">What did not hold, a sentence each.</param>
internal sealed record FaultReport(string Summary, IReadOnlyList<string> Violations);
