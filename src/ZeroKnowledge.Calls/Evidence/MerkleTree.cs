using System.Numerics;
using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

/// <summary>The tree hash of RFC 9162, section 2.1, with SHA-256. All hashes are 32 bytes. Thread-safe; allocates nothing.</summary>
public static class MerkleTree
{
    /// <summary>Size of a hash in bytes: 32.</summary>
    public const int HashSize = 32;

    // One native handle a thread, never one a call: for the few bytes of a node that would be most of the time.
    [ThreadStatic]
    private static IncrementalHash? _hash;

    private static readonly byte[] Empty = SHA256.HashData([]);

    private static IncrementalHash Hash => _hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>The root of no leaves: SHA-256 of the empty string, 32 bytes.</summary>
    internal static ReadOnlySpan<byte> EmptyRoot => Empty;

    /// <summary>The hash of a leaf: SHA-256(0x00 ‖ stored chunk).</summary>
    /// <param name="storedChunk">The chunk as it is stored.</param>
    /// <param name="destination">Exactly 32 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is not 32 bytes long.</exception>
    public static void LeafHash(ReadOnlySpan<byte> storedChunk, Span<byte> destination)
    {
        RequireHash(destination, nameof(destination));
        IncrementalHash hash = Hash;
        hash.AppendData([0]);
        hash.AppendData(storedChunk);
        hash.GetHashAndReset(destination);
    }

    /// <summary>The hash of an inner node: SHA-256(0x01 ‖ left ‖ right).</summary>
    /// <param name="left">Hash of the left subtree, 32 bytes.</param>
    /// <param name="right">Hash of the right subtree, 32 bytes.</param>
    /// <param name="destination">Exactly 32 bytes; may be one of the others.</param>
    /// <exception cref="ArgumentException">A span is not 32 bytes long.</exception>
    internal static void NodeHash(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> destination)
    {
        RequireHash(left, nameof(left));
        RequireHash(right, nameof(right));
        RequireHash(destination, nameof(destination));
        Span<byte> node = stackalloc byte[1 + (2 * HashSize)];
        node[0] = 1;
        left.CopyTo(node[1..]);
        right.CopyTo(node[(1 + HashSize)..]);
        IncrementalHash hash = Hash;
        hash.AppendData(node);
        hash.GetHashAndReset(destination);
    }

    /// <summary>The root over leaves.</summary>
    /// <param name="leafHashes">The leaves' hashes one after the other, 32 bytes each; none gives <see cref="EmptyRoot"/>.</param>
    /// <param name="destination">Exactly 32 bytes.</param>
    /// <exception cref="ArgumentException">A length is not right.</exception>
    internal static void Root(ReadOnlySpan<byte> leafHashes, Span<byte> destination)
    {
        if (leafHashes.Length % HashSize != 0)
        {
            throw new ArgumentException($"Hashes have {HashSize} bytes each.", nameof(leafHashes));
        }

        RequireHash(destination, nameof(destination));
        if (leafHashes.IsEmpty)
        {
            EmptyRoot.CopyTo(destination);
            return;
        }

        Subtree(leafHashes, destination);
    }

    /// <summary>The number of leaves of the left subtree: the largest power of two below <paramref name="count"/>, which is at least 2.</summary>
    internal static int Split(int count) => 1 << BitOperations.Log2((uint)(count - 1));

    internal static void RequireHash(ReadOnlySpan<byte> hash, string name)
    {
        if (hash.Length != HashSize)
        {
            throw new ArgumentException($"A hash has {HashSize} bytes, not {hash.Length}.", name);
        }
    }

    private static void Subtree(ReadOnlySpan<byte> leafHashes, Span<byte> destination)
    {
        if (leafHashes.Length == HashSize)
        {
            leafHashes.CopyTo(destination);
            return;
        }

        // Depth is the logarithm of the number of leaves.
        int split = Split(leafHashes.Length / HashSize) * HashSize;
        Span<byte> halves = stackalloc byte[2 * HashSize];
        Subtree(leafHashes[..split], halves[..HashSize]);
        Subtree(leafHashes[split..], halves[HashSize..]);
        NodeHash(halves[..HashSize], halves[HashSize..], destination);
    }
}
