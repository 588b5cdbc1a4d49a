namespace ZeroKnowledge.Calls.Grpc;

/// <summary>What the restore drill found of one recording. Immutable.</summary>
public sealed record RestoredRecording
{
    /// <summary>The recording's name.</summary>
    public required CoreId CoreId { get; init; }

    /// <summary>The id for people.</summary>
    public required RecordingId RecordingId { get; init; }

    /// <summary>When it began, by its gateway's clock.</summary>
    public required DateTimeOffset Begun { get; init; }

    /// <summary>The first and the last chunk were fetched, verified and decrypted, or erased by a trusted owner; or there is none.</summary>
    public required bool IsRestored { get; init; }

    /// <summary>How many chunks it has.</summary>
    public int Chunks { get; init; }

    /// <summary>From the first request until the first chunk was decrypted; null if that was not reached.</summary>
    public TimeSpan? FirstAudio { get; init; }

    /// <summary>From the first request until the last chunk was decrypted, or until it failed.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>When the newest audio in the archive arrived at the gateway, by its clock; null if nothing was decrypted.</summary>
    public DateTimeOffset? NewestAudio { get; init; }

    /// <summary>The recovery point: of an open recording the age of <see cref="NewestAudio"/>, else zero; null if nothing was decrypted.</summary>
    public TimeSpan? Rpo { get; init; }

    /// <summary>Why it was not restored, or null.</summary>
    public string? Finding { get; init; }
}
