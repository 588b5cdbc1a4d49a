using System.Security.Cryptography;
using System.Text;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>The key tree of docs/FORMAT.md, section 4, derived in the plainest way with the platform's HKDF.</summary>
internal static class KeyTree
{
    public static byte[] Root { get; } = SHA256.HashData("a tree"u8);

    /// <summary>The node below another one; digits from the top.</summary>
    public static byte[] Descend(byte[] node, int level, IEnumerable<int> digits)
    {
        foreach (int digit in digits)
        {
            byte[] children = HKDF.Expand(HashAlgorithmName.SHA256, node, 128, [.. Encoding.ASCII.GetBytes("zkc1 node"), (byte)level++]);
            node = children[(digit * 32)..((digit + 1) * 32)];
        }

        return node;
    }

    /// <summary>The last base-4 digits of a chunk's index, most significant first.</summary>
    public static IEnumerable<int> Digits(int chunk, int count = 12) => Enumerable.Range(0, count).Select(i => (chunk >> (2 * (count - 1 - i))) & 3);

    public static byte[] ChunkKey(byte[] root, int chunk) => Descend(root, 0, Digits(chunk));

    public static byte[] Node(byte[] root, KeyNode node) => Descend(root, 0, Digits(node.Index, node.Level));

    /// <summary>Keys that hold these nodes of the tree below <see cref="Root"/>.</summary>
    public static RecordingKeys Holding(params KeyNode[] nodes) => RecordingKeys.Part(
        EnvelopeForm.PartErased, nodes, nodes.SelectMany(node => Node(Root, node)).ToArray(), default, default);
}
