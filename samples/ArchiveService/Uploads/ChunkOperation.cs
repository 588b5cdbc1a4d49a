using ArchiveService.Recordings;
using ZeroKnowledge.Calls;

namespace ArchiveService.Uploads;

/// <summary>One stored chunk.</summary>
internal sealed class ChunkOperation : WriterOperation
{
    public required uint Index { get; init; }

    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>Its leaf hash: the streams hash in parallel, the committer does not hash at all.</summary>
    public required byte[] Leaf { get; init; }

    protected override Outcome Run(Commit commit, StoredState state)
    {
        if (Data.Length != state.Header.StoredChunkSize)
        {
            return Outcome.Invalid($"A chunk of this recording has {state.Header.StoredChunkSize} bytes, not {Data.Length}.");
        }

        if (Index >= MerklePeaks.MaxCount)
        {
            return Outcome.Invalid($"Chunk {Index} is beyond the {MerklePeaks.MaxCount} chunks of a recording.");
        }

        if (Index < state.Count)
        {
            return RunAgain(commit, state);
        }

        if (state.IsSealed)
        {
            return Outcome.Invalid($"The recording was sealed with {state.Count} chunks.");
        }

        if (Index > state.Count)
        {
            return Outcome.OutOfOrder($"Chunk {Index} came where chunk {state.Count} is next.");
        }

        if (commit.RefusalOf(Name.Tenant, new TenantUse(Recordings: 0, Data.Length, Tombstones: 0, Readers: 0)) is { } refusal)
        {
            return refusal;
        }

        commit.Append(Name, state, Data.Span, Leaf);
        return Outcome.Durable;
    }

    private Outcome RunAgain(Commit commit, StoredState state)
    {
        // Equal hashes, equal bytes: what is stored need not be read.
        if (commit.HasLeaf(state, (int)Index, Leaf))
        {
            return Outcome.Durable;
        }

        return Index < state.LiveCount
            ? Outcome.Invalid($"Chunk {Index} contradicts what is signed.")
            : Outcome.Different($"Other bytes are stored as chunk {Index}.");
    }
}
