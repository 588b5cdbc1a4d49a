namespace ZeroKnowledge.Calls;

/// <summary>How far a run over a register is. Immutable.</summary>
/// <param name="Recordings">Recordings looked at.</param>
/// <param name="Changed">Of them, those that were changed.</param>
/// <param name="Failed">Of them, those that could not be.</param>
public readonly record struct CustodyProgress(int Recordings, int Changed, int Failed);
