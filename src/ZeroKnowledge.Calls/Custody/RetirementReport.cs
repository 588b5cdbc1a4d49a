namespace ZeroKnowledge.Calls;

/// <summary>Which recordings need a key that is to be retired. Immutable.</summary>
public sealed record RetirementReport
{
    /// <summary>How many recordings with an envelope the register has.</summary>
    public required int Recordings { get; init; }

    /// <summary>How many of them are still wrapped to the key, alone or as a member of a group.</summary>
    public required int Named { get; init; }

    /// <summary>Those that nobody else of the recipients could open: destroyed together with the key. Rotate first.</summary>
    public required IReadOnlyList<CoreId> OnlyThisKey { get; init; }
}
