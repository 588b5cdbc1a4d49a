using ArchiveService.Recordings;

namespace ArchiveService.Uploads;

/// <summary>Asks where a recording stands. In order with the records before it, so it goes through the committer too.</summary>
internal sealed class QueryOperation : Operation
{
    protected override Outcome Run(Commit commit, StoredState state) => Outcome.Durable;
}

/// <summary>A record that is malformed in itself. It goes through the committer so that its answer says where the recording stands.</summary>
internal sealed class RefusedOperation : Operation
{
    public required string Fault { get; init; }

    protected override Outcome Run(Commit commit, StoredState state) => Outcome.Invalid(Fault);

    protected override Outcome RunUnknown(Commit commit) => Outcome.Invalid(Fault);
}
