namespace ZeroKnowledge.Calls;

/// <summary>What was erased again after a restore of the register. Immutable.</summary>
public sealed record RepeatReport
{
    /// <summary>How many recordings of the erasure list the register has.</summary>
    public required int Recordings { get; init; }

    /// <summary>Those that had keys again, and were erased again.</summary>
    public required IReadOnlyList<CoreId> Repeated { get; init; }

    /// <summary>Those that a legal hold keeps.</summary>
    public required IReadOnlyList<CoreId> Held { get; init; }

    /// <summary>Those that could not be erased: as they were.</summary>
    public required IReadOnlyList<CustodyFailure> Failures { get; init; }

    /// <summary>What was noticed of the list, in sentences for people.</summary>
    public required IReadOnlyList<string> Findings { get; init; }
}
