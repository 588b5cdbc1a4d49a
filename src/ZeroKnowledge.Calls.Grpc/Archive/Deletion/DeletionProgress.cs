namespace ZeroKnowledge.Calls.Grpc;

/// <summary>What became of one attempt to delete: a certificate; or a failure, or the register, that leaves the deletion pending. Immutable.</summary>
/// <param name="CoreId">The recording.</param>
/// <param name="Archive">The archive's name.</param>
/// <param name="Certificate">The archive's signed word, verified and kept; null if there is none yet.</param>
/// <param name="Failure">Why there is none; null if there is one, or the archive was not asked.</param>
/// <param name="Hold">Why the archive was not asked: the reason of the legal hold, or that the register does not know the recording. Null if it was.</param>
public sealed record DeletionProgress(CoreId CoreId, string Archive, DeletionCertificate? Certificate, ArchiveException? Failure, string? Hold = null);
