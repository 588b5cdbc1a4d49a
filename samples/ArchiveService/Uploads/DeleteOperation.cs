using ArchiveService.Recordings;

namespace ArchiveService.Uploads;

/// <summary>Deletes a recording and leaves a tombstone. In order with uploads, so that none comes after it.</summary>
internal sealed class DeleteOperation : OwnerOperation
{
    protected override Outcome Run(Commit commit, StoredState state)
    {
        commit.Delete(Name, state);
        return Outcome.Durable;
    }

    // What is not here may still wait in a gateway's spool.
    protected override Outcome RunUnknown(Commit commit)
    {
        long limit = Name.Tenant.Limits.Tombstones;
        if (commit.UseOf(Name.Tenant).Tombstones >= limit)
        {
            return Outcome.Exhausted($"The tenant has {limit} tombstones or more: only what is stored here leaves further ones.");
        }

        commit.DeleteUnknown(Name);
        return Outcome.Durable;
    }
}
