using ArchiveService.Recordings;
using ZeroKnowledge.Calls;

namespace ArchiveService.Uploads;

/// <summary>The start of a recording: header, opening record and first checkpoint, which fit each other.</summary>
internal sealed class BeginOperation : Operation
{
    public required RecordingHeader Header { get; init; }

    public required ReadOnlyMemory<byte> OpeningRecord { get; init; }

    public required Statement Checkpoint { get; init; }

    protected override Outcome RunUnknown(Commit commit)
    {
        if (!commit.HasRoom)
        {
            return Outcome.Full;
        }

        commit.Begin(Header, OpeningRecord.Span, Checkpoint);
        return Outcome.Durable;
    }

    // Sent again. The header is the same, or it would have another core id; two valid checkpoints of no chunks conflict
    // if they sign different opening records.
    protected override Outcome Run(Commit commit, StoredState state) =>
        Checkpoint.OpeningHash.SequenceEqual(state.OpeningHash) ? Outcome.Durable : commit.Fork(state, Checkpoint);
}
