namespace ZeroKnowledge.Calls;

/// <summary>
/// The leaf hashes of a recording's chunks, and the root of each 64 of them: a proof is asked for with every batch that is read, and must not hash the whole tree again each time.
/// Used by one thread at a time.
/// </summary>
/// <param name="capacity">So many will be added at most.</param>
internal sealed class LeafHashes(int capacity)
{
    private const int Block = 64;

    private readonly byte[] _leaves = new byte[capacity * MerkleTree.HashSize];
    private readonly byte[] _blocks = new byte[capacity / Block * MerkleTree.HashSize];

    public int Count { get; private set; }

    public void Add(ReadOnlySpan<byte> storedChunk)
    {
        MerkleTree.LeafHash(storedChunk, Of(_leaves, Count, 1));
        Count++;
        if (Count % Block == 0)
        {
            MerkleTree.Root(Of(_leaves, Count - Block, Block), Of(_blocks, (Count / Block) - 1, 1));
        }
    }

    /// <summary>A range proof in the tree over the first <paramref name="treeSize"/> chunks, which were added.</summary>
    public byte[] Prove(int first, int end, int treeSize) => RangeProof.Create(treeSize, first, end, Root);

    // A subtree of more than a block begins at one: the tree is split at powers of two. So the roots of its blocks are the leaves of a tree with the same root.
    private void Root(int first, int end, Span<byte> destination)
    {
        int blocks = (end - first) / Block, whole = blocks * Block;
        if (blocks == 0)
        {
            MerkleTree.Root(Of(_leaves, first, end - first), destination);
            return;
        }

        if (first + whole == end)
        {
            MerkleTree.Root(Of(_blocks, first / Block, blocks), destination);
            return;
        }

        byte[] roots = new byte[(blocks + 1) * MerkleTree.HashSize];
        Of(_blocks, first / Block, blocks).CopyTo(roots);
        MerkleTree.Root(Of(_leaves, first + whole, end - first - whole), Of(roots, blocks, 1));
        MerkleTree.Root(roots, destination);
    }

    private static Span<byte> Of(byte[] hashes, int index, int count) => hashes.AsSpan(index * MerkleTree.HashSize, count * MerkleTree.HashSize);
}
