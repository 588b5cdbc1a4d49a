namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>One row of the gate. Times in ns a chunk; ratios are the pipeline's time / the other's.</summary>
internal sealed record GateRow(
    string Suite,
    int ChunkBytes,
    int StoredBytes,
    double PipelineNs,
    double RawAeadNs,
    double RawSha256Ns,
    double RatioToRaw,
    double RatioToSecretstream,
    double RatioToBclAesGcm,
    double RatioToBouncyCastle,
    double RatioToNSecKeyPerChunk,
    double CallsPerCore,
    double AllocatedBytesPerFrame);
