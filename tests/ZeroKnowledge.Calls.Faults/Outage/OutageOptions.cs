namespace ZeroKnowledge.Calls.Faults;

/// <summary>How large an outage is.</summary>
internal sealed record OutageOptions
{
    public required int Calls { get; init; }

    /// <summary>How long the archive is away.</summary>
    public required int Seconds { get; init; }

    public required int Seed { get; init; }

    public int TickMs { get; init; } = 1_000;

    /// <summary>How long calls run before it.</summary>
    public int WarmUpSeconds { get; init; } = 10;

    /// <summary>How long calls run after the archive has caught up.</summary>
    public int AfterSeconds { get; init; } = 5;

    /// <summary>The bound on the time to catch up; null where nobody promises one.</summary>
    public TimeSpan? CatchUp { get; init; }

    /// <summary>The bound of the spool.</summary>
    public int SpoolMiB { get; init; } = 256;
}
