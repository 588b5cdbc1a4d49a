using FsCheck.Xunit;

namespace ZeroKnowledge.Calls.Tests;

public class LeafHashesTests
{
    private const int Leaves = 700;

    private static readonly byte[][] Chunks = [.. Enumerable.Range(0, Leaves).Select(i => BitConverter.GetBytes(i))];
    private static readonly byte[] Hashes = [.. Chunks.SelectMany(HashOf)];

    /// <summary>Sizes around whole blocks of 64 as well as any others.</summary>
    [Property(MaxTest = 300)]
    public bool Prove_AnyRangeOfAnyTree_IsTheProofFromAllLeaves(ushort size, ushort first, ushort end, bool atBlock)
    {
        int treeSize = 1 + (size % (Leaves - 1));
        treeSize = atBlock ? Math.Max(1, treeSize / 64 * 64) : treeSize;
        int from = first % treeSize, to = from + 1 + (end % (treeSize - from));
        return Added().Prove(from, to, treeSize).AsSpan().SequenceEqual(RangeProof.Create(Hashes.AsSpan(0, treeSize * MerkleTree.HashSize), from, to));
    }

    private static LeafHashes Added()
    {
        LeafHashes hashes = new(Leaves);
        Array.ForEach(Chunks, chunk => hashes.Add(chunk));
        return hashes;
    }

    private static byte[] HashOf(byte[] chunk)
    {
        byte[] hash = new byte[MerkleTree.HashSize];
        MerkleTree.LeafHash(chunk, hash);
        return hash;
    }
}
