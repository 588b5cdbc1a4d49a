using ArchiveService.Recordings;
using ArchiveService.Storage;
using ZeroKnowledge.Calls;

namespace ArchiveService.Uploads;

internal sealed partial class Commit
{
    /// <summary>How a live statement with a valid signature stands to what is stored (docs/FORMAT.md, section 8, Conflicts).</summary>
    public LiveVerdict Judge(StoredState state, Statement live)
    {
        Statement newest = state.NewestLive;
        if (!live.OpeningHash.SequenceEqual(state.OpeningHash) || ConflictsWithSeal(state, live))
        {
            return LiveVerdict.Conflict;
        }

        if (live.ChunkCount > state.Count)
        {
            return LiveVerdict.OutOfOrder;
        }

        bool agrees = HasRoot(state, live);
        if (live.ChunkCount > newest.ChunkCount)
        {
            return agrees ? LiveVerdict.New : LiveVerdict.Different;
        }

        if (!agrees || (live.Type == StatementType.Seal && live.ChunkCount < newest.ChunkCount))
        {
            return LiveVerdict.Conflict;
        }

        return live.Type == StatementType.Seal && !state.IsSealed ? LiveVerdict.New : LiveVerdict.Known;
    }

    public Outcome Answer(LiveVerdict verdict, RecordingName name, StoredState state, Statement live) => verdict switch
    {
        LiveVerdict.Known or LiveVerdict.New => Outcome.Durable,
        LiveVerdict.Different => Outcome.Different(
            $"Other bytes are stored from chunk {state.LiveCount} on than those that the statement of {live.ChunkCount} signs."),
        LiveVerdict.OutOfOrder => Outcome.OutOfOrder($"The statement counts {live.ChunkCount} chunks where {state.Count} are stored."),
        _ => Fork(name, state, live),
    };

    /// <summary>Whether a statement's root is that of the stored chunks it counts.</summary>
    public bool HasRoot(StoredState state, Statement statement) =>
        statement.ChunkCount == state.LiveCount
            ? statement.Root.SequenceEqual(state.NewestLive.Root)
            : PeaksAt(state, statement.ChunkCount).HasRoot(statement.Root);

    /// <summary>The tree over the first <paramref name="count"/> chunks: a copy, unless it is that of all.</summary>
    public MerklePeaks PeaksAt(StoredState state, int count)
    {
        if (count == state.Count)
        {
            return state.Peaks.Clone();
        }

        // A statement that comes in order is some chunks behind at most; for one below what is signed, the whole recording's leaves are read.
        if (count < state.LiveCount || !MerklePeaks.TryParse(state.LivePeaks, out MerklePeaks? peaks, out _))
        {
            peaks = new MerklePeaks();
        }

        StoredTree.Extend(engine, state.Number, peaks, Math.Min(count, state.PendingFrom));
        for (int i = peaks.Count; i < count; i++)
        {
            peaks.Append(state.Pending[i - state.PendingFrom]);
        }

        return peaks;
    }

    public bool HasLeaf(StoredState state, int index, ReadOnlySpan<byte> leaf)
    {
        if (index >= state.PendingFrom)
        {
            return leaf.SequenceEqual(state.Pending[index - state.PendingFrom]);
        }

        byte[] stored = engine.Get(engine.Leaves, Key.Indexed(state.Number, (uint)index))
            ?? throw new InvalidDataException($"The hash of chunk {index} is missing in the archive.");
        return leaf.SequenceEqual(stored);
    }

    public bool IsStored(StoredState state, Statement statement) =>
        statement.ToArray().AsSpan().SequenceEqual(state.Recovery?.ToArray())
            || engine.Get(engine.Evidence, KeyOf(state, statement)) is not null;

    private static bool ConflictsWithSeal(StoredState state, Statement live) =>
        state.IsSealed
            && (live.ChunkCount > state.LiveCount || (live.Type == StatementType.Seal && !SaysTheSame(live, state.NewestLive)));

    // Without the signature: who signs the same twice has not said two things.
    private static bool SaysTheSame(Statement a, Statement b) => a.ToArray().AsSpan(..^64).SequenceEqual(b.ToArray().AsSpan(..^64));
}
