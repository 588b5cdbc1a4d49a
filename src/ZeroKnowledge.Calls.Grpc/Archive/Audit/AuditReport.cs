namespace ZeroKnowledge.Calls.Grpc;

/// <summary>What an audit found. Immutable.</summary>
public sealed record AuditReport
{
    /// <summary>When the audit began.</summary>
    public required DateTimeOffset Begun { get; init; }

    /// <summary>How long it took, with the drill.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>The name that the trust list has for the archive's key; null if the archive's signed information could not be verified.</summary>
    public string? Archive { get; init; }

    /// <summary>Where the archive stores, as it signed; null if that could not be verified.</summary>
    public string? Region { get; init; }

    /// <summary>Recordings of the register that were compared.</summary>
    public required long Registered { get; init; }

    /// <summary>Recordings in the archive's list.</summary>
    public required long Listed { get; init; }

    /// <summary>How many recordings have each verdict; those that none has are not there.</summary>
    public required IReadOnlyDictionary<AuditVerdict, long> Totals { get; init; }

    /// <summary>The recordings that are not well: the first <see cref="AuditOptions.MaxFindings"/> of them.</summary>
    public required IReadOnlyList<AuditedRecording> Findings { get; init; }

    /// <summary>What is wrong with the archive itself, in sentences for people: its signed information, or its list.</summary>
    public required IReadOnlyList<string> ArchiveFindings { get; init; }

    /// <summary>The largest <see cref="AuditedRecording.Exposure"/>: the recovery point without decrypting; null if no audio is expected in the archive.</summary>
    public TimeSpan? WorstExposure { get; init; }

    /// <summary>The recording of <see cref="WorstExposure"/>.</summary>
    public CoreId? MostExposed { get; init; }

    /// <summary>The restore drill, if there was one.</summary>
    public RestoreDrill? Drill { get; init; }

    /// <summary>How many recordings are not well.</summary>
    public long NotWell => Totals.Where(total => total.Key >= AuditVerdict.Missing).Sum(total => total.Value);

    /// <summary>Nothing is wrong: no recording, not the archive, and every recording of the drill was restored.</summary>
    public bool IsWell => NotWell == 0 && ArchiveFindings.Count == 0 && (Drill is null || Drill.Restored == Drill.Recordings.Count);

    /// <summary>The report as one JSON object, for programs (docs/AUDIT.md): times as ISO 8601, durations in seconds.</summary>
    public string ToJson() => AuditJson.Write(this);
}
