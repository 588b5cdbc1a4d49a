using ArchiveService.Recordings;
using ArchiveService.Uploads;

namespace ArchiveService.Readers;

/// <summary>Names a reader, or names it anew.</summary>
internal sealed class NameReaderOperation : OwnerOperation
{
    public required NamedReader Reader { get; init; }

    protected override Outcome Run(Commit commit, StoredState state)
    {
        if (commit.RefusalOf(Name.Tenant, default) is { } full)
        {
            return full;
        }

        long limit = Name.Tenant.Limits.Readers;
        if (commit.UseOf(Name.Tenant).Readers >= limit && !commit.HasReader(Name, Reader.Reader))
        {
            return Outcome.Exhausted($"The tenant has named {limit} readers or more: remove some first.");
        }

        commit.PutReader(Name, Reader);
        return Outcome.Durable;
    }
}
