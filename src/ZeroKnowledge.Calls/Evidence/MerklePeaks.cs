using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace ZeroKnowledge.Calls;

/// <summary>A Merkle tree that grows leaf by leaf and keeps only the roots of its full subtrees: at most 25 hashes of 32 bytes. Appending allocates nothing, but once at leaf 1,024. Not thread-safe.</summary>
public sealed class MerklePeaks
{
    private const int CountSize = 4;
    private const int Levels = 25;

    // Room for 17 minutes at one chunk a second; what lasts longer gets all levels, once. A gateway has a tree for each call.
    private const int FirstLevels = 10;

    // The peak of 2^level leaves is at level * 32, and is there if that bit of the count is set.
    private byte[] _peaks = new byte[FirstLevels * MerkleTree.HashSize];

    /// <summary>The largest number of leaves: 16,777,216, the most chunks of a recording (docs/FORMAT.md, section 1).</summary>
    public const int MaxCount = Format.MaxChunks;

    /// <summary>Number of leaves so far.</summary>
    public int Count { get; private set; }

    /// <summary>Size of <see cref="CopyTo(Span{byte})"/>'s bytes: 4, and 32 for each bit that is set in <see cref="Count"/>.</summary>
    public int Size => SizeOf(Count);

    /// <summary>Appends a leaf.</summary>
    /// <param name="leafHash">The leaf's hash, 32 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="leafHash"/> is not 32 bytes long.</exception>
    /// <exception cref="InvalidOperationException">The tree has <see cref="MaxCount"/> leaves.</exception>
    public void Append(ReadOnlySpan<byte> leafHash)
    {
        MerkleTree.RequireHash(leafHash, nameof(leafHash));
        if (Count == MaxCount)
        {
            throw new InvalidOperationException($"A tree has at most {MaxCount:N0} leaves.");
        }

        Span<byte> hash = stackalloc byte[MerkleTree.HashSize];
        leafHash.CopyTo(hash);
        int level = BitOperations.TrailingZeroCount(~Count);
        for (int i = 0; i < level; i++)
        {
            MerkleTree.NodeHash(Peak(i), hash, hash);
        }

        hash.CopyTo(Peak(level));
        Count++;
    }

    /// <summary>Hashes a stored chunk and appends it.</summary>
    /// <param name="storedChunk">The chunk as it is stored.</param>
    /// <exception cref="InvalidOperationException">The tree has <see cref="MaxCount"/> leaves.</exception>
    public void AppendChunk(ReadOnlySpan<byte> storedChunk)
    {
        Span<byte> hash = stackalloc byte[MerkleTree.HashSize];
        MerkleTree.LeafHash(storedChunk, hash);
        Append(hash);
    }

    /// <summary>The root over all leaves so far.</summary>
    /// <param name="destination">Exactly 32 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is not 32 bytes long.</exception>
    public void Root(Span<byte> destination)
    {
        MerkleTree.RequireHash(destination, nameof(destination));
        if (Count == 0)
        {
            MerkleTree.EmptyRoot.CopyTo(destination);
            return;
        }

        int level = BitOperations.TrailingZeroCount(Count);
        Peak(level).CopyTo(destination);
        while (++level < Levels)
        {
            if ((Count >> level & 1) != 0)
            {
                MerkleTree.NodeHash(Peak(level), destination, destination);
            }
        }
    }

    /// <summary>Whether the root over all leaves so far is this one.</summary>
    /// <param name="root">A root, 32 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="root"/> is not 32 bytes long.</exception>
    public bool HasRoot(ReadOnlySpan<byte> root)
    {
        MerkleTree.RequireHash(root, nameof(root));
        Span<byte> own = stackalloc byte[MerkleTree.HashSize];
        Root(own);
        return own.SequenceEqual(root);
    }

    /// <summary>Forgets all leaves.</summary>
    public void Clear() => Count = 0;

    /// <summary>Takes over the leaves of another tree, and forgets its own.</summary>
    /// <param name="other">The other tree, which stays as it is.</param>
    public void CopyFrom(MerklePeaks other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (_peaks.Length == other._peaks.Length)
        {
            other._peaks.CopyTo(_peaks, 0);
        }
        else
        {
            _peaks = [.. other._peaks];
        }

        Count = other.Count;
    }

    /// <summary>A tree of its own with the same leaves.</summary>
    public MerklePeaks Clone()
    {
        var clone = new MerklePeaks();
        clone.CopyFrom(this);
        return clone;
    }

    /// <summary>Writes the count (u32, big-endian) and the hashes of the full subtrees, from the largest, which is the leftmost, to the smallest.</summary>
    /// <param name="destination">At least <see cref="Size"/> bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public void CopyTo(Span<byte> destination)
    {
        if (destination.Length < Size)
        {
            throw new ArgumentException($"{Size} bytes are needed, not {destination.Length}.", nameof(destination));
        }

        BinaryPrimitives.WriteInt32BigEndian(destination, Count);
        Span<byte> rest = destination[CountSize..];
        for (int level = Levels - 1; level >= 0; level--)
        {
            if ((Count >> level & 1) != 0)
            {
                Peak(level).CopyTo(rest);
                rest = rest[MerkleTree.HashSize..];
            }
        }
    }

    /// <summary>A new array with the bytes of <see cref="CopyTo(Span{byte})"/>.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Reads what <see cref="CopyTo(Span{byte})"/> wrote.</summary>
    /// <param name="bytes">The bytes, all of them.</param>
    /// <param name="peaks">The tree.</param>
    /// <param name="error">Why it was refused.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out MerklePeaks? peaks, [NotNullWhen(false)] out string? error)
    {
        peaks = null;
        uint count = bytes.Length < CountSize ? uint.MaxValue : BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (count > MaxCount || bytes.Length != SizeOf((int)count))
        {
            error = "Merkle peaks are a count of at most 16,777,216 and one hash for each of its bits that is set.";
            return false;
        }

        peaks = new MerklePeaks { Count = (int)count };
        ReadOnlySpan<byte> rest = bytes[CountSize..];
        for (int level = Levels - 1; level >= 0; level--)
        {
            if ((count >> level & 1) != 0)
            {
                rest[..MerkleTree.HashSize].CopyTo(peaks.Peak(level));
                rest = rest[MerkleTree.HashSize..];
            }
        }

        error = null;
        return true;
    }

    private static int SizeOf(int count) => CountSize + (BitOperations.PopCount((uint)count) * MerkleTree.HashSize);

    private Span<byte> Peak(int level)
    {
        if (level >= _peaks.Length / MerkleTree.HashSize)
        {
            Array.Resize(ref _peaks, Levels * MerkleTree.HashSize);
        }

        return _peaks.AsSpan(level * MerkleTree.HashSize, MerkleTree.HashSize);
    }
}
