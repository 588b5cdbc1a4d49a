using ArchiveService.Readers;
using Grpc.Core;
using ZeroKnowledge.Calls;

namespace ArchiveService.Reading;

/// <summary>
/// Finds what a caller may read. There is one way to "no": no key in the caller's own tenant, no tombstone there, and nothing named. It does not depend on what other tenants
/// have, because no key of theirs is looked at.
/// </summary>
internal sealed class ReadAccess(RecordingReader recordings, ReaderBook book)
{
    /// <summary>Finds a recording, as its tenant's owner or as a reader that was named.</summary>
    /// <returns>Which recording it is, and as which reader; null for an owner.</returns>
    /// <exception cref="RpcException">NOT_FOUND.</exception>
    public (RecordingName Name, NamedReader? Reader) Find(Caller caller, CoreId id) => Find(caller, id, _ => true);

    /// <summary>The same for a range of its chunks.</summary>
    /// <exception cref="RpcException">NOT_FOUND.</exception>
    public (RecordingName Name, NamedReader? Reader) Find(Caller caller, CoreId id, uint first, uint end) =>
        Find(caller, id, reader => reader.Covers(first, end));

    private (RecordingName Name, NamedReader? Reader) Find(Caller caller, CoreId id, Func<NamedReader, bool> isEnough)
    {
        bool isDeleted = false;
        if (caller.Tenant is { } tenant && caller.Roles.HasFlag(Roles.Owner))
        {
            var own = new RecordingName(tenant, id);
            if (recordings.Has(own))
            {
                return (own, null);
            }

            isDeleted = recordings.FindTombstone(own) is not null;
        }

        foreach ((RecordingName name, NamedReader reader) in book.Find(caller.Subject, id))
        {
            if (isEnough(reader))
            {
                return (name, reader);
            }
        }

        throw isDeleted ? RecordingReader.Fault(StatusCode.NotFound, "The recording was deleted.") : Caller.NotFound();
    }
}
