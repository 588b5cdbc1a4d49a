namespace ZeroKnowledge.Calls.Grpc;

/// <summary>How far an audit is, told after each recording. Immutable.</summary>
/// <param name="Audited">Recordings of the register that were compared.</param>
/// <param name="Listed">Recordings of the archive's list that were looked up.</param>
/// <param name="Restored">Recordings of the drill that were tried.</param>
/// <param name="Recording">The recording that was just judged, well or not; null while listing what is known, and in the drill.</param>
public sealed record AuditProgress(long Audited, long Listed, int Restored, AuditedRecording? Recording);
