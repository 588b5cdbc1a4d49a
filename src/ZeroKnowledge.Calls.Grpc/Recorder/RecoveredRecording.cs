namespace ZeroKnowledge.Calls.Grpc;

/// <summary>A recording that an earlier life of the gateway left in the spool, and that is uploaded now. Immutable.</summary>
/// <param name="CoreId">Its name.</param>
/// <param name="RecordingId">The random id for people.</param>
/// <param name="Chunks">How many chunks it has.</param>
/// <param name="IsSealed">Its writer ended it; otherwise the gateway has signed a recovery.</param>
public sealed record RecoveredRecording(CoreId CoreId, RecordingId RecordingId, int Chunks, bool IsSealed);
