using ArchiveService.Recordings;
using ZeroKnowledge.Calls;

namespace ArchiveService.Uploads;

/// <summary>A live statement with the provisional chunks it covers. What is signed wins over what is not.</summary>
internal sealed class ReplacementOperation : WriterOperation
{
    public required SignedStatement Signed { get; init; }

    public required uint First { get; init; }

    public required IReadOnlyList<ReadOnlyMemory<byte>> Chunks { get; init; }

    /// <summary>The leaf hashes of <see cref="Chunks"/>.</summary>
    public required byte[][] Leaves { get; init; }

    protected override Outcome Run(Commit commit, StoredState state)
    {
        Statement statement = Signed.Statement;
        if (!statement.IsLive || !Signed.Verify(state.Header))
        {
            return Outcome.Invalid("A replacement's statement is live, and its signature right.");
        }

        if (First > statement.ChunkCount || Chunks.Count != statement.ChunkCount - First)
        {
            return Outcome.Invalid($"A replacement has the chunks from its first up to its statement's count of {statement.ChunkCount}.");
        }

        int size = state.Header.StoredChunkSize;
        if (Chunks.Any(chunk => chunk.Length != size))
        {
            return Outcome.Invalid($"A chunk of this recording has {size} bytes.");
        }

        // Judged as if it counted nothing that is not there: it brings its chunks along.
        LiveVerdict verdict = commit.Judge(state, statement);
        return verdict is LiveVerdict.Different or LiveVerdict.OutOfOrder
            ? Replace(commit, state, statement)
            : RunAgreed(commit, state, verdict);
    }

    private Outcome RunAgreed(Commit commit, StoredState state, LiveVerdict verdict)
    {
        // A seal is stored with its closing record only, by the end that follows.
        if (verdict == LiveVerdict.New && Signed.Statement.Type == StatementType.Checkpoint)
        {
            commit.Sign(state, Signed.Statement);
        }

        return commit.Answer(verdict, Name, state, Signed.Statement);
    }

    private Outcome Replace(Commit commit, StoredState state, Statement statement)
    {
        if (First > state.Count)
        {
            return Outcome.OutOfOrder($"The replacement begins at chunk {First} where {state.Count} are stored.");
        }

        int from = Math.Max((int)First, state.LiveCount);
        int skip = from - (int)First;
        for (int i = 0; i < skip; i++)
        {
            if (!commit.HasLeaf(state, (int)First + i, Leaves[i]))
            {
                return Outcome.Invalid($"Chunk {First + i} contradicts what is signed.");
            }
        }

        MerklePeaks peaks = commit.PeaksAt(state, from);
        foreach (byte[] leaf in Leaves.AsSpan(skip))
        {
            peaks.Append(leaf);
        }

        if (!peaks.HasRoot(statement.Root))
        {
            return Outcome.Invalid("The replacement's chunks are not those that its statement signs.");
        }

        long bytes = (long)(peaks.Count - state.Count) * state.Header.StoredChunkSize;
        if (commit.RefusalOf(Name.Tenant, new TenantUse(Recordings: 0, bytes, Tombstones: 0, Readers: 0)) is { } refusal)
        {
            return refusal;
        }

        commit.Replace(Name, state, from, Chunks.Skip(skip), Leaves[skip..], peaks);
        if (statement.Type == StatementType.Checkpoint)
        {
            commit.Sign(state, statement);
        }

        return Outcome.Durable;
    }
}
