using ArchiveService.Recordings;

namespace ArchiveService.Uploads;

/// <summary>What an owner asks for. In order with uploads.</summary>
internal abstract class OwnerOperation : Operation
{
    public override Outcome Run(Commit commit) => commit.TryGet(Name, out StoredState? state, out bool isDeleted) ? Run(commit, state)
        : isDeleted ? Outcome.Deleted
        : RunUnknown(commit);

    public override bool MaySee(StoredState state) => true;

    protected abstract Outcome Run(Commit commit, StoredState state);

    /// <summary>The tenant has no such recording, and no tombstone of one.</summary>
    protected virtual Outcome RunUnknown(Commit commit) => Outcome.Unknown;
}
