using ArchiveService.Recordings;
using ZeroKnowledge.Calls;

namespace ArchiveService.Uploads;

/// <summary>The start of a recording: header, opening record and first checkpoint, which fit each other.</summary>
internal sealed class BeginOperation : WriterOperation
{
    public required RecordingHeader Header { get; init; }

    public required ReadOnlyMemory<byte> OpeningRecord { get; init; }

    public required Statement Checkpoint { get; init; }

    protected override Outcome RunUnknown(Commit commit)
    {
        if (commit.Has(Name))
        {
            // Who sends this has its signed header and records: it learns nothing by the answer. UNKNOWN would ask it to begin again, for ever.
            return Outcome.Invalid("Another writer began this recording: only it may append.");
        }

        if (commit.RefusalOf(Name.Tenant, new TenantUse(Recordings: 1, Header.StoredOpeningSize, Tombstones: 0, Readers: 0)) is { } refusal)
        {
            return refusal;
        }

        commit.Begin(Name, Writer, Header, OpeningRecord.Span, Checkpoint);
        return Outcome.Durable;
    }

    // Sent again. The header is the same, or it would have another core id; two valid checkpoints of no chunks conflict
    // if they sign different opening records.
    protected override Outcome Run(Commit commit, StoredState state) =>
        Checkpoint.OpeningHash.SequenceEqual(state.OpeningHash) ? Outcome.Durable : commit.Fork(Name, state, Checkpoint);
}
