namespace ZeroKnowledge.Calls.Grpc;

/// <summary>What the restore drill measured: all of it, nothing is extrapolated. Immutable.</summary>
public sealed record RestoreDrill
{
    /// <summary>The recordings, in the order in which they were tried.</summary>
    public required IReadOnlyList<RestoredRecording> Recordings { get; init; }

    /// <summary>From how many recordings they were picked.</summary>
    public required long PickedFrom { get; init; }

    /// <summary>How many were restored.</summary>
    public int Restored => Recordings.Count(recording => recording.IsRestored);

    /// <summary>The recovery time until the first audio: from the drill's first request until the first chunk was decrypted; null if none was.</summary>
    public TimeSpan? FirstAudio { get; init; }

    /// <summary>The recovery time of the whole sample, one recording after the other.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>The largest recovery point of the sample; null if nothing was decrypted.</summary>
    public TimeSpan? Rpo => Recordings.Max(recording => recording.Rpo);
}
