namespace ZeroKnowledge.Calls;

/// <summary>Proves that stored chunks from one index up to another are part of a tree (docs/FORMAT.md, section 8). Hashes are 32 bytes, one after the other. Thread-safe.</summary>
public static class RangeProof
{
    /// <summary>The most hashes of a proof: 48 (docs/FORMAT.md, section 1).</summary>
    public const int MaxHashes = Format.MaxProofHashes;

    /// <summary>The number of hashes of a proof.</summary>
    /// <param name="treeSize">Number of leaves of the tree, 1 to 16,777,216.</param>
    /// <param name="first">Index of the first chunk.</param>
    /// <param name="end">Index after the last chunk; above <paramref name="first"/>, at most <paramref name="treeSize"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty, or not in the tree.</exception>
    internal static int Count(int treeSize, int first, int end)
    {
        RequireRange(treeSize, first, end);
        return CountHashes(0, treeSize, first, end);
    }

    /// <summary>Makes a proof from all leaves.</summary>
    /// <param name="leafHashes">The hashes of all leaves of the tree.</param>
    /// <param name="first">Index of the first chunk.</param>
    /// <param name="end">Index after the last chunk.</param>
    /// <returns>The proof's hashes, one after the other.</returns>
    /// <exception cref="ArgumentException"><paramref name="leafHashes"/> is not a multiple of 32 bytes long.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty, or not in the tree.</exception>
    public static byte[] Create(ReadOnlySpan<byte> leafHashes, int first, int end)
    {
        if (leafHashes.Length % MerkleTree.HashSize != 0)
        {
            throw new ArgumentException($"Hashes have {MerkleTree.HashSize} bytes each.", nameof(leafHashes));
        }

        int treeSize = leafHashes.Length / MerkleTree.HashSize;
        byte[] proof = new byte[Count(treeSize, first, end) * MerkleTree.HashSize];
        _ = Emit(leafHashes, null, 0, treeSize, first, end, proof);
        return proof;
    }

    /// <summary>Makes a proof from the roots of subtrees, which the caller keeps or computes.</summary>
    /// <param name="treeSize">Number of leaves of the tree, 1 to 16,777,216.</param>
    /// <param name="first">Index of the first chunk.</param>
    /// <param name="end">Index after the last chunk.</param>
    /// <param name="subtree">Called once for each hash of the proof, in order.</param>
    /// <returns>The proof's hashes, one after the other.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty, or not in the tree.</exception>
    public static byte[] Create(int treeSize, int first, int end, SubtreeHash subtree)
    {
        ArgumentNullException.ThrowIfNull(subtree);
        byte[] proof = new byte[Count(treeSize, first, end) * MerkleTree.HashSize];
        _ = Emit([], subtree, 0, treeSize, first, end, proof);
        return proof;
    }

    /// <summary>Checks that chunks are those of a tree at their place. Takes anything from anywhere: what is not right gives false.</summary>
    /// <param name="treeSize">Number of leaves of the tree, from a verified statement.</param>
    /// <param name="first">Index of the first chunk.</param>
    /// <param name="leafHashes">The leaf hashes of the range's chunks, computed from the chunks.</param>
    /// <param name="proof">The proof's hashes.</param>
    /// <param name="root">The root of the tree, from the statement.</param>
    public static bool TryVerify(int treeSize, int first, ReadOnlySpan<byte> leafHashes, ReadOnlySpan<byte> proof, ReadOnlySpan<byte> root)
    {
        int count = leafHashes.Length / MerkleTree.HashSize;
        if (leafHashes.Length % MerkleTree.HashSize != 0 || root.Length != MerkleTree.HashSize
            || treeSize is < 1 or > Format.MaxChunks || first < 0 || count < 1 || first > treeSize - count
            || proof.Length != CountHashes(0, treeSize, first, first + count) * MerkleTree.HashSize)
        {
            return false;
        }

        Span<byte> computed = stackalloc byte[MerkleTree.HashSize];
        Compute(0, treeSize, first, first + count, leafHashes, ref proof, computed);
        return computed.SequenceEqual(root);
    }

    private static void RequireRange(int treeSize, int first, int end)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(treeSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(treeSize, Format.MaxChunks);
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(end, first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end, treeSize);
    }

    // The walk of docs/FORMAT.md, section 8, in three forms: it counts, it emits, it computes. Its depth is at most 25.
    private static int CountHashes(int low, int high, int first, int end)
    {
        if (high <= first || low >= end)
        {
            return 1;
        }

        if (first <= low && high <= end)
        {
            return 0;
        }

        int middle = low + MerkleTree.Split(high - low);
        return CountHashes(low, middle, first, end) + CountHashes(middle, high, first, end);
    }

    private static Span<byte> Emit(ReadOnlySpan<byte> leaves, SubtreeHash? subtree, int low, int high, int first, int end, Span<byte> proof)
    {
        if (high <= first || low >= end)
        {
            Span<byte> hash = proof[..MerkleTree.HashSize];
            if (subtree is null)
            {
                MerkleTree.Root(leaves[(low * MerkleTree.HashSize)..(high * MerkleTree.HashSize)], hash);
            }
            else
            {
                subtree(low, high, hash);
            }

            return proof[MerkleTree.HashSize..];
        }

        if (first <= low && high <= end)
        {
            return proof;
        }

        int middle = low + MerkleTree.Split(high - low);
        proof = Emit(leaves, subtree, low, middle, first, end, proof);
        return Emit(leaves, subtree, middle, high, first, end, proof);
    }

    private static void Compute(
        int low, int high, int first, int end, ReadOnlySpan<byte> leafHashes, ref ReadOnlySpan<byte> proof, scoped Span<byte> destination)
    {
        if (high <= first || low >= end)
        {
            proof[..MerkleTree.HashSize].CopyTo(destination);
            proof = proof[MerkleTree.HashSize..];
            return;
        }

        if (first <= low && high <= end)
        {
            MerkleTree.Root(leafHashes[((low - first) * MerkleTree.HashSize)..((high - first) * MerkleTree.HashSize)], destination);
            return;
        }

        int middle = low + MerkleTree.Split(high - low);
        Span<byte> halves = stackalloc byte[2 * MerkleTree.HashSize];
        Compute(low, middle, first, end, leafHashes, ref proof, halves[..MerkleTree.HashSize]);
        Compute(middle, high, first, end, leafHashes, ref proof, halves[MerkleTree.HashSize..]);
        MerkleTree.NodeHash(halves[..MerkleTree.HashSize], halves[MerkleTree.HashSize..], destination);
    }
}
