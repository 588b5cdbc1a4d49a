namespace ZeroKnowledge.Calls.Faults;

/// <summary>The calls of a gateway under load.</summary>
internal sealed record LoadOptions
{
    public required int Calls { get; init; }

    public required int Seed { get; init; }

    public int Threads { get; init; } = 2;

    /// <summary>New calls are numbered from the one after this.</summary>
    public int FirstNumber { get; init; }

    /// <summary>Where frames are counted from in this life.</summary>
    public int FirstSequence { get; init; }

    /// <summary>The numbers of calls that an earlier life was in the middle of.</summary>
    public IReadOnlyList<int> GoOn { get; init; } = [];

    public int ShortestFrames { get; init; } = 10;

    public int LongestFrames { get; init; } = 200;
}
