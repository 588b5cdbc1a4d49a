namespace ZeroKnowledge.Calls;

/// <summary>Makes the proof of a range out of those of its first and its last chunk: together they have every hash beside it, and nothing between needs to be read.</summary>
internal static class RangeProver
{
    /// <summary>The newest statement all of whose chunks the source has; null if there is none.</summary>
    public static Statement? Newest(RecordingEvidence evidence) =>
        evidence.Statements!.Newest is { } newest && newest.ChunkCount <= evidence.Parts.Chunks ? newest : evidence.LiveBase;

    /// <exception cref="TamperedException">One of the two chunks is not what was signed.</exception>
    public static async ValueTask<byte[]> ProveAsync(Recording recording, ChunkRange range, Statement statement, CancellationToken cancellationToken)
    {
        Dictionary<(int Low, int High), byte[]> hashes = [];
        foreach (int chunk in (int[])[range.First, range.End - 1])
        {
            ChunkBatch batch = await recording.ReadAsync(chunk, chunk + 1, statement.ChunkCount, cancellationToken).ConfigureAwait(false);
            byte[] leaf = new byte[Format.HashSize];
            MerkleTree.LeafHash(batch.Chunks[0].Span, leaf);
            if (!RangeProof.TryVerify(statement.ChunkCount, chunk, leaf, batch.Proof.Span, statement.Root))
            {
                throw new TamperedException(recording.Header.CoreId, chunk, "it is not proven to be the one that was signed: nothing is granted.");
            }

            Collect(hashes, statement.ChunkCount, new ChunkRange(chunk, chunk + 1), batch.Proof);
        }

        return RangeProof.Create(statement.ChunkCount, range.First, range.End, (low, high, hash) => hashes[(low, high)].CopyTo(hash));
    }

    /// <summary>Which subtree each hash of a proof is of.</summary>
    public static void Collect(Dictionary<(int Low, int High), byte[]> hashes, int treeSize, ChunkRange range, ReadOnlyMemory<byte> proof)
    {
        int next = 0;
        _ = RangeProof.Create(treeSize, range.First, range.End, (low, high, _) =>
            hashes[(low, high)] = proof.Slice(next++ * Format.HashSize, Format.HashSize).ToArray());
    }
}
