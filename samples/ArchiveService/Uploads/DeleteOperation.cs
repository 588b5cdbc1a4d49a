using ArchiveService.Recordings;

namespace ArchiveService.Uploads;

/// <summary>Deletes a recording and leaves a tombstone. In order with uploads, so that none comes after it.</summary>
internal sealed class DeleteOperation : Operation
{
    protected override Outcome Run(Commit commit, StoredState state)
    {
        commit.Delete(CoreId, state);
        return Outcome.Durable;
    }
}
