using System.Numerics;
using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

/// <summary>
/// What a writer holds of the key tree: the nodes to the right of the chunk it encrypted last, at most 36, in a slot of locked
/// memory. Taking the next key wipes the node it came from, so no state of the writer gives a key of an earlier chunk.
/// </summary>
internal static class KeyFrontier
{
    // Three siblings (digits 1 to 3) on each of the levels 1 to 12, then the key of chunk 0 until it is taken.
    public const int Size = (3 * Format.TreeDepth * Format.KeySize) + Format.KeySize;

    /// <summary>Derives the frontier of a new recording; the caller wipes <paramref name="root"/>.</summary>
    public static void Start(Span<byte> state, ReadOnlySpan<byte> root) => Descend(state, root, 0, state[^Format.KeySize..]);

    /// <summary>Gives the key of <paramref name="chunk"/> and forgets everything that leads to it. Chunks are taken in order, each once.</summary>
    /// <exception cref="InvalidOperationException">The key was taken before.</exception>
    public static void Take(Span<byte> state, int chunk, Span<byte> key)
    {
        int level = chunk == 0 ? Format.TreeDepth : Format.TreeDepth - (BitOperations.TrailingZeroCount(chunk) / 2);
        Span<byte> node = chunk == 0 ? state[^Format.KeySize..] : Sibling(state, level, KeyNode.On(level, chunk).Index & 3);
        if (node.IndexOfAnyExcept((byte)0) < 0)
        {
            // What was wiped is zeros, and a key that is derived from zeros is known to everyone.
            throw new InvalidOperationException($"The key of chunk {chunk} was taken before: a chunk is encrypted once.");
        }

        Descend(state, node, level, key);
        CryptographicOperations.ZeroMemory(node);
    }

    private static Span<byte> Sibling(Span<byte> state, int level, int digit) =>
        state.Slice(((3 * (level - 1)) + digit - 1) * Format.KeySize, Format.KeySize);

    // From a node down its leftmost path to the leaf; the other children are kept.
    private static void Descend(Span<byte> state, ReadOnlySpan<byte> node, int level, Span<byte> leaf)
    {
        Span<byte> children = stackalloc byte[4 * Format.KeySize];
        Span<byte> current = stackalloc byte[Format.KeySize];
        node.CopyTo(current);
        for (; level < Format.TreeDepth; level++)
        {
            KeySchedule.Children(current, level, children);
            children[..Format.KeySize].CopyTo(current);
            children[Format.KeySize..].CopyTo(state[(3 * level * Format.KeySize)..]);
        }

        current.CopyTo(leaf);
        CryptographicOperations.ZeroMemory(children);
        CryptographicOperations.ZeroMemory(current);
    }
}
