using System.Buffers.Binary;

namespace ZeroKnowledge.Calls;

// A chunk count (u32) and the root over so many chunks: what receipts and deletion certificates have in common.
internal static class CountedRoot
{
    public static string? Fault(ReadOnlySpan<byte> countField, ReadOnlySpan<byte> root)
    {
        uint count = BinaryPrimitives.ReadUInt32BigEndian(countField);
        return count > Format.MaxChunks ? $"It counts {count} chunks; a recording has at most {Format.MaxChunks}."
            : count == 0 && !root.SequenceEqual(MerkleTree.EmptyRoot) ? "It counts no chunks, but its root is not that of none."
            : null;
    }
}
