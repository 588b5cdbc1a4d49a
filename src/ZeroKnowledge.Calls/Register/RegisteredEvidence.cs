namespace ZeroKnowledge.Calls;

/// <summary>What is added to a row of a register: a statement, a receipt, or both. Immutable.</summary>
/// <param name="CoreId">The recording.</param>
/// <param name="Statement">A statement of it, or null.</param>
/// <param name="Receipt">A receipt for it, or null.</param>
public sealed record RegisteredEvidence(CoreId CoreId, Statement? Statement = null, Receipt? Receipt = null);
