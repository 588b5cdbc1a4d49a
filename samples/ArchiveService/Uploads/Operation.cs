using ArchiveService.Recordings;
using ZeroKnowledge.Calls;

namespace ArchiveService.Uploads;

/// <summary>One record on its way through the committer. What needs no state was checked before, by the stream that received it.</summary>
internal abstract class Operation
{
    public required CoreId CoreId { get; init; }

    /// <summary>Who is told what became of it.</summary>
    public required IReply Reply { get; init; }

    /// <summary>Bytes in memory until it is committed.</summary>
    public required int Weight { get; init; }

    /// <summary>Adds the record to a commit, or says why not. A refusal changes nothing.</summary>
    public Outcome Run(Commit commit)
    {
        if (!commit.TryGet(CoreId, out StoredState? state, out bool isDeleted))
        {
            return isDeleted ? Outcome.Deleted : RunUnknown(commit);
        }

        return state.IsForked && this is not DeleteOperation ? Outcome.Forked : Run(commit, state);
    }

    protected abstract Outcome Run(Commit commit, StoredState state);

    /// <summary>There is no such recording.</summary>
    protected virtual Outcome RunUnknown(Commit commit) => Outcome.Unknown;
}
