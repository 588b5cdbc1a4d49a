namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>What <c>-- burst</c> measured.</summary>
/// <param name="Calls">Calls that were running.</param>
/// <param name="NewCalls">Calls that began within one second.</param>
/// <param name="BeginMs">How long beginning them took the caller.</param>
/// <param name="SetUpMs">From the first begin until the last one was set up.</param>
/// <param name="FramesExpected">Frames spoken meanwhile, of all calls.</param>
/// <param name="FramesLost">Of these, those that were refused or are in no chunk.</param>
/// <param name="LateTicks">Chunks handed over more than 250 ms after their tick, but for a recording's first.</param>
/// <param name="WriteP999Ns">Of writes, sampled.</param>
/// <param name="WriteMaxNs">The longest.</param>
internal sealed record BurstRow(
    int Calls,
    int NewCalls,
    double BeginMs,
    double SetUpMs,
    long FramesExpected,
    long FramesLost,
    long LateTicks,
    double WriteP999Ns,
    double WriteMaxNs);
