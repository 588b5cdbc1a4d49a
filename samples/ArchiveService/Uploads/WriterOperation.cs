using ArchiveService.Recordings;

namespace ArchiveService.Uploads;

/// <summary>One record of an upload. What needs no state was checked before, by the stream that received it.</summary>
internal abstract class WriterOperation : Operation
{
    /// <summary>Who sent it.</summary>
    public required SubjectId Writer { get; init; }

    public override Outcome Run(Commit commit)
    {
        if (!commit.TryGet(Name, Writer, out StoredState? state, out bool isDeleted))
        {
            return isDeleted ? Outcome.Deleted with { Deletion = commit.DeletionOf(Name) } : RunUnknown(commit);
        }

        return state.IsForked ? Outcome.Forked : Run(commit, state);
    }

    public override bool MaySee(StoredState state) => state.Writer == Writer;

    protected abstract Outcome Run(Commit commit, StoredState state);

    /// <summary>This writer has not begun such a recording.</summary>
    protected virtual Outcome RunUnknown(Commit commit) => Outcome.Unknown;
}
