namespace ZeroKnowledge.Calls;

/// <summary>A recording that a run over a register could not do anything with; it is as it was. Immutable.</summary>
/// <param name="CoreId">The recording.</param>
/// <param name="Reason">Why, in sentences for people.</param>
public readonly record struct CustodyFailure(CoreId CoreId, string Reason);
