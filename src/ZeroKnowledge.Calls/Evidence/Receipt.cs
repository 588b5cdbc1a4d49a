using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>An archive's signed word that it has stored a recording durably: 216 bytes (docs/FORMAT.md, section 8). Immutable and thread-safe.</summary>
public sealed class Receipt
{
    /// <summary>Size in bytes: 216.</summary>
    public const int Size = Format.ReceiptSize;

    private const int CoreIdAt = 12;
    private const int CountAt = 44;
    private const int RootAt = 48;
    private const int StatementAt = 80;
    private const int TimeAt = 112;
    private const int KeyAt = 120;
    private const int SignatureAt = 152;

    private readonly byte[] _bytes;

    private Receipt(ReadOnlySpan<byte> bytes) => _bytes = bytes.ToArray();

    /// <summary>The recording.</summary>
    public CoreId CoreId => new(_bytes.AsSpan(CoreIdAt, CoreId.Size));

    /// <summary>Number of chunks that are stored, 0 to 16,777,216.</summary>
    public int ChunkCount => BinaryPrimitives.ReadInt32BigEndian(_bytes.AsSpan(CountAt));

    /// <summary>Merkle root over these chunks, 32 bytes.</summary>
    public ReadOnlySpan<byte> Root => _bytes.AsSpan(RootAt, Format.HashSize);

    /// <summary>SHA-256 of the newest statement, 32 bytes.</summary>
    public ReadOnlySpan<byte> StatementHash => _bytes.AsSpan(StatementAt, Format.HashSize);

    /// <summary>The archive's time, ms since 1970.</summary>
    public ulong TimeMs => BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(TimeAt));

    /// <summary>The archive's time; one beyond the year 9999 is shown as its end.</summary>
    public DateTimeOffset Time => UnixTime.FromMs(TimeMs);

    /// <summary>The archive that signed.</summary>
    public VerifyKey ArchiveKey => new(_bytes.AsSpan(KeyAt, VerifyKey.Size));

    /// <summary>Checks length and fields; the signature is checked by <see cref="Verify"/>.</summary>
    /// <param name="bytes">Exactly 216 bytes from anywhere.</param>
    /// <param name="receipt">The receipt.</param>
    /// <param name="error">Why it was refused.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Receipt? receipt, [NotNullWhen(false)] out string? error)
    {
        error = bytes.Length != Size ? $"A receipt has {Size} bytes, not {bytes.Length}."
            : !bytes.StartsWith(Label) ? "This is not a receipt: it does not begin with its label."
            : CountedRoot.Fault(bytes[CountAt..], bytes.Slice(RootAt, Format.HashSize));
        receipt = error is null ? new Receipt(bytes) : null;
        return error is null;
    }

    /// <summary>Whether the archive key is trusted at the receipt's time, and signed it.</summary>
    /// <param name="trust">The trust list.</param>
    public bool Verify(TrustList trust)
    {
        ArgumentNullException.ThrowIfNull(trust);
        return trust.IsTrusted(TrustedKeyKind.Archive, ArchiveKey, TimeMs)
            && Ed25519.Verify(ArchiveKey.Span, _bytes.AsSpan(0, SignatureAt), _bytes.AsSpan(SignatureAt));
    }

    /// <summary>Whether this is the receipt for a recording whose newest statement is this one.</summary>
    /// <param name="newest">The statement.</param>
    public bool Matches(Statement newest)
    {
        ArgumentNullException.ThrowIfNull(newest);
        Span<byte> hash = stackalloc byte[Format.HashSize];
        newest.CopyHashTo(hash);
        return newest.CoreId == CoreId && newest.ChunkCount == ChunkCount && newest.Root.SequenceEqual(Root) && StatementHash.SequenceEqual(hash);
    }

    /// <summary>Signs a receipt. The archive has first stored durably: header, records, every chunk that the statement counts, and the statement.</summary>
    /// <param name="key">The archive's key.</param>
    /// <param name="newest">The recording's newest statement, verified; its count and root are those of the chunks stored.</param>
    /// <param name="time">The archive's time; ms are kept.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="time"/> is before 1970.</exception>
    public static Receipt Create(ArchiveKey key, Statement newest, DateTimeOffset time)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(newest);
        Span<byte> bytes = stackalloc byte[Size];
        Label.CopyTo(bytes);
        newest.CoreId.CopyTo(bytes[CoreIdAt..]);
        BinaryPrimitives.WriteInt32BigEndian(bytes[CountAt..], newest.ChunkCount);
        newest.Root.CopyTo(bytes[RootAt..]);
        newest.CopyHashTo(bytes.Slice(StatementAt, Format.HashSize));
        BinaryPrimitives.WriteUInt64BigEndian(bytes[TimeAt..], UnixTime.ToMs(time));
        key.PublicKey.CopyTo(bytes[KeyAt..]);
        key.SignChecked(bytes[..SignatureAt], bytes[SignatureAt..]);
        return new Receipt(bytes);
    }

    /// <summary>Copies the 216 bytes.</summary>
    /// <param name="destination">At least 216 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public void CopyTo(Span<byte> destination) => _bytes.CopyTo(destination);

    /// <summary>A new array with the 216 bytes.</summary>
    public byte[] ToArray() => [.. _bytes];

    private static ReadOnlySpan<byte> Label => "zkc1 receipt"u8;
}
