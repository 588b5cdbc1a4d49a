using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace ZeroKnowledge.Calls;

/// <summary>
/// Shares of k-of-n groups that one member hands over to a combiner, each wrapped to the combiner's key: nobody else can read them
/// (docs/FORMAT.md, section 9). Made by <see cref="KeyHolder.HandOverSharesAsync"/>. Immutable and thread-safe.
/// </summary>
public sealed class KeyShares
{
    /// <summary>The most shares of one file: 65,536, one for each version of an envelope; of more recordings several files are made.</summary>
    public const int MaxCount = 65_536;

    /// <summary>A share wrapped to the combiner, whose key is an X-Wing one.</summary>
    internal const int WrappedSize = XWing.CiphertextSize + Hpke.SealedKeySize;

    private const int CountAt = 8;
    private const int SharesAt = CountAt + 4;
    private const int NameSize = CoreId.Size + 4 + 1 + 1;
    private const int NameAt = ShareContext.Size - NameSize;
    private const int EntrySize = NameSize + WrappedSize;

    private readonly byte[] _bytes;

    private KeyShares(byte[] bytes) => _bytes = bytes;

    /// <summary>How many shares there are, 1 to 65,536.</summary>
    public int Count => (_bytes.Length - SharesAt) / EntrySize;

    private static ReadOnlySpan<byte> Magic => "ZKCSHR1\0"u8;

    /// <summary>Reads a file of shares.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FormatException">It is not such a file; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static KeyShares Load(string path)
    {
        byte[] bytes = BoundedFile.Read(path, SharesAt + (MaxCount * EntrySize));
        return TryParse(bytes, out KeyShares? shares, out string? error) ? shares : throw new FormatException($"{path}: {error}");
    }

    /// <summary>Checks the structure; the shares are checked when they are combined. Never throws for hostile bytes.</summary>
    /// <param name="bytes">Exactly the bytes of one file.</param>
    /// <param name="shares">The shares, or null.</param>
    /// <param name="error">What is wrong, or null.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out KeyShares? shares, [NotNullWhen(false)] out string? error)
    {
        error = Fault(bytes);
        shares = error is null ? new KeyShares(bytes.ToArray()) : null;
        return error is null;
    }

    /// <summary>Writes the file; replaced if it exists. It may go over any channel.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path) => File.WriteAllBytes(path, _bytes);

    /// <summary>A new array with the file's bytes.</summary>
    public byte[] ToArray() => [.. _bytes];

    /// <param name="shares">The context of each share, and the share wrapped; in any order, none twice.</param>
    internal static KeyShares Create(IReadOnlyCollection<(byte[] Context, byte[] Wrapped)> shares)
    {
        byte[] bytes = new byte[SharesAt + (shares.Count * EntrySize)];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(CountAt), shares.Count);
        int at = SharesAt;
        foreach ((byte[] context, byte[] wrapped) in shares.OrderBy(share => Convert.ToHexString(share.Context), StringComparer.Ordinal))
        {
            context.AsSpan(NameAt).CopyTo(bytes.AsSpan(at));
            wrapped.CopyTo(bytes.AsSpan(at + NameSize));
            at += EntrySize;
        }

        return Fault(bytes) is { } fault ? throw new ArgumentException(fault, nameof(shares)) : new KeyShares(bytes);
    }

    /// <summary>The wrapped share of a context: a binary search.</summary>
    internal bool TryFind(ReadOnlySpan<byte> context, out ReadOnlySpan<byte> wrapped)
    {
        int low = 0, high = Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            ReadOnlySpan<byte> entry = _bytes.AsSpan(SharesAt + (middle * EntrySize), EntrySize);
            int order = entry[..NameSize].SequenceCompareTo(context[NameAt..]);
            if (order == 0)
            {
                wrapped = entry[NameSize..];
                return true;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        wrapped = default;
        return false;
    }

    private static string? Fault(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < SharesAt || !bytes.StartsWith(Magic))
        {
            return "This is not a file of shares: it does not begin with ZKCSHR1.";
        }

        uint count = BinaryPrimitives.ReadUInt32BigEndian(bytes[CountAt..]);
        if (count is 0 or > MaxCount || bytes.Length - SharesAt != (long)count * EntrySize)
        {
            return $"A file of shares holds 1 to {MaxCount} shares of {EntrySize} bytes; this one says {count}, and has {bytes.Length - SharesAt} bytes of them.";
        }

        for (int i = 1; i < count; i++)
        {
            int at = SharesAt + (i * EntrySize);
            if (bytes.Slice(at - EntrySize, NameSize).SequenceCompareTo(bytes.Slice(at, NameSize)) >= 0)
            {
                return $"Share {i} of the file does not stand above the one before it.";
            }
        }

        return null;
    }
}
