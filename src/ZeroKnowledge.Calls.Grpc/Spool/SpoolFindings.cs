namespace ZeroKnowledge.Calls.Grpc;

/// <summary>What an earlier life left in the spool.</summary>
/// <param name="Recordings">In the order in which they began.</param>
/// <param name="LastNumber">The highest number that a recording had.</param>
internal sealed record SpoolFindings(IReadOnlyList<RecoverableRecording> Recordings, long LastNumber);
