namespace ZeroKnowledge.Calls.Grpc;

/// <summary>A recording as an archive lists it; nothing of it is verified but the header's certificate. Immutable.</summary>
/// <param name="CoreId">Its name.</param>
/// <param name="Header">Its header, or null if that is not one.</param>
/// <param name="Chunks">How many chunks the archive says it has.</param>
public sealed record ArchivedRecording(CoreId CoreId, RecordingHeader? Header, int Chunks);
