using ArchiveService.Recordings;

namespace ArchiveService.Uploads;

/// <summary>Something that changes or asks for a recording, on its way through the committer.</summary>
internal abstract class Operation
{
    public required RecordingName Name { get; init; }

    /// <summary>Who is told what became of it.</summary>
    public required IReply Reply { get; init; }

    /// <summary>Bytes in memory until it is committed.</summary>
    public required int Weight { get; init; }

    /// <summary>Adds it to a commit, or says why not. A refusal changes nothing.</summary>
    public abstract Outcome Run(Commit commit);

    /// <summary>Whether its answer may say where the recording stands.</summary>
    public abstract bool MaySee(StoredState state);
}
