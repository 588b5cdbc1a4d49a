using ArchiveService.Recordings;
using ArchiveService.Uploads;

namespace ArchiveService.Readers;

/// <summary>Removes a reader, if it was named.</summary>
internal sealed class RemoveReaderOperation : OwnerOperation
{
    public required SubjectId Reader { get; init; }

    protected override Outcome Run(Commit commit, StoredState state)
    {
        commit.RemoveReader(Name, Reader);
        return Outcome.Durable;
    }
}
