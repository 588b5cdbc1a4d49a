namespace ZeroKnowledge.Calls;

/// <summary>What a rotation did. Immutable.</summary>
public sealed record RotationReport
{
    /// <summary>How many recordings the register has.</summary>
    public required int Recordings { get; init; }

    /// <summary>How many were wrapped to the new recipients.</summary>
    public required int Rotated { get; init; }

    /// <summary>How many were wrapped to exactly these before, or are erased.</summary>
    public int Unchanged => Recordings - Rotated - Failures.Count;

    /// <summary>Those that could not be: still wrapped to whom they were.</summary>
    public required IReadOnlyList<CustodyFailure> Failures { get; init; }

    /// <summary>What was noticed of recordings that were rotated, such as bad shares.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];
}
