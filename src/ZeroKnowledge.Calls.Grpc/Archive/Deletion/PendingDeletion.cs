namespace ZeroKnowledge.Calls.Grpc;

/// <summary>A deletion that an archive has not certified yet. Immutable.</summary>
/// <param name="CoreId">The recording.</param>
/// <param name="Archive">The archive's name, as the trust list has it for its key.</param>
public readonly record struct PendingDeletion(CoreId CoreId, string Archive);
