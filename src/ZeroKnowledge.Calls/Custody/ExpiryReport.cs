namespace ZeroKnowledge.Calls;

/// <summary>What an expiry erased, or would erase. Immutable.</summary>
public sealed record ExpiryReport
{
    /// <summary>True if nothing was changed.</summary>
    public required bool DryRun { get; init; }

    /// <summary>How many recordings began before the time.</summary>
    public required int Recordings { get; init; }

    /// <summary>Those that were erased, or would be.</summary>
    public required IReadOnlyList<CoreId> Expired { get; init; }

    /// <summary>Those that are kept by a legal hold.</summary>
    public required IReadOnlyList<CoreId> Held { get; init; }

    /// <summary>Those that could not be erased: as they were.</summary>
    public required IReadOnlyList<CustodyFailure> Failures { get; init; }
}
