namespace ZeroKnowledge.Calls.Grpc;

/// <summary>How an archive stands, seen from a recorder.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Streams">Upload streams that it has answered; 0 while it is away, and before there was anything to send.</param>
/// <param name="ChunksBehind">Chunks in the spool that it lacks.</param>
public sealed record ArchiveStatus(string Address, int Streams, long ChunksBehind);
