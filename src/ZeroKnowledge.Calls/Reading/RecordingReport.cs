namespace ZeroKnowledge.Calls;

/// <summary>What was verified of a recording. Immutable.</summary>
public sealed record RecordingReport
{
    /// <summary>The state.</summary>
    public required RecordingState State { get; init; }

    /// <summary>Why the recording ended, if a seal is known.</summary>
    public EndReason EndReason { get; init; }

    /// <summary>How many chunks the whole recording has, by the source's word or, of a range in a file, by the statement's.</summary>
    public int Chunks { get; init; }

    /// <summary>The chunks that were read: those of the grant, else all.</summary>
    public ChunkRange Range { get; init; }

    /// <summary>How many chunks, from the first of <see cref="Range"/>, are verified.</summary>
    public int Verified { get; init; }

    /// <summary>How many chunks, from the first of <see cref="Range"/>, a live statement covers: only these are evidence.</summary>
    public int Signed { get; init; }

    /// <summary>Whether a register was asked, and knows the recording. Without it a rollback to an older state cannot be noticed.</summary>
    public bool RegisterChecked { get; init; }

    /// <summary>The chunks that are corrupt, where they can be named.</summary>
    public IReadOnlyList<int> CorruptChunks { get; init; } = [];

    /// <summary>Ranges without audio.</summary>
    public IReadOnlyList<RangeFinding> Ranges { get; init; } = [];

    /// <summary>What was noticed, in sentences for people.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];
}
