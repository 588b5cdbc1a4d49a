namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>What <c>-- calls</c> measured, and others beside more.</summary>
internal record LiveRow(
    string Suite,
    int FrameMs,
    int Calls,
    double Seconds,
    long FramesExpected,
    long FramesEncrypted,
    long FramesLost,
    long LateTicks,
    double WriteP50Ns,
    double WriteP99Ns,
    double WriteP999Ns,
    double WriteMaxNs,
    double CpuCores,
    double GeneratorCores,
    double WorkingSetBytesPerCall,
    int Gen2Collections,
    double AllocatedBytesPerFrame);
