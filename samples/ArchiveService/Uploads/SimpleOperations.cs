using ArchiveService.Recordings;

namespace ArchiveService.Uploads;

/// <summary>Asks where a recording stands. In order with the records before it, so it goes through the committer too.</summary>
internal sealed class QueryOperation : WriterOperation
{
    protected override Outcome Run(Commit commit, StoredState state) => Outcome.Durable;
}

/// <summary>A record that is refused whatever is stored: malformed in itself, or beyond a limit of its stream. It goes through the committer so that its answer says where the recording stands.</summary>
internal sealed class RefusedOperation : WriterOperation
{
    public required Outcome Refusal { get; init; }

    protected override Outcome Run(Commit commit, StoredState state) => Refusal;

    protected override Outcome RunUnknown(Commit commit) => Refusal;
}
