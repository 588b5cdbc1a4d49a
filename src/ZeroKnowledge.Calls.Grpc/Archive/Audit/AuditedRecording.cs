namespace ZeroKnowledge.Calls.Grpc;

/// <summary>What an audit found of one recording. Immutable.</summary>
public sealed record AuditedRecording
{
    /// <summary>The recording's name.</summary>
    public required CoreId CoreId { get; init; }

    /// <summary>The verdict.</summary>
    public required AuditVerdict Verdict { get; init; }

    /// <summary>The verified header; null of something unknown that has none.</summary>
    public RecordingHeader? Header { get; init; }

    /// <summary>How many chunks the archive says it has.</summary>
    public int Chunks { get; init; }

    /// <summary>How many chunks are signed for, by everything that is known.</summary>
    public int Signed { get; init; }

    /// <summary>Audio that would be lost with the gateway and its spool (docs/AUDIT.md); null where none is expected in the archive.</summary>
    public TimeSpan? Exposure { get; init; }

    /// <summary>What was noticed, in sentences for people.</summary>
    public IReadOnlyList<string> Details { get; init; } = [];

    /// <summary>Whether there is nothing to do.</summary>
    public bool IsWell => Verdict is > AuditVerdict.None and < AuditVerdict.Missing;
}
