using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>An archive's signed word that it has deleted a recording: 193 bytes (docs/FORMAT.md, section 11). Immutable and thread-safe.</summary>
public sealed class DeletionCertificate
{
    /// <summary>Size in bytes: 193.</summary>
    public const int Size = Format.DeletionSize;

    private const int CoreIdAt = 13;
    private const int CountAt = 45;
    private const int BytesAt = 49;
    private const int RootAt = 57;
    private const int TimeAt = 89;
    private const int KeyAt = 97;
    private const int SignatureAt = 129;

    private readonly byte[] _bytes;

    private DeletionCertificate(ReadOnlySpan<byte> bytes) => _bytes = bytes.ToArray();

    /// <summary>The recording.</summary>
    public CoreId CoreId => new(_bytes.AsSpan(CoreIdAt, CoreId.Size));

    /// <summary>Number of chunks deleted, 0 to 16,777,216.</summary>
    public int ChunksDeleted => BinaryPrimitives.ReadInt32BigEndian(_bytes.AsSpan(CountAt));

    /// <summary>Number of bytes deleted, by the archive's count.</summary>
    public ulong BytesDeleted => BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(BytesAt));

    /// <summary>Merkle root over the chunks deleted, 32 bytes.</summary>
    public ReadOnlySpan<byte> Root => _bytes.AsSpan(RootAt, Format.HashSize);

    /// <summary>The archive's time, ms since 1970.</summary>
    public ulong TimeMs => BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(TimeAt));

    /// <summary>The archive's time; one beyond the year 9999 is shown as its end.</summary>
    public DateTimeOffset Time => UnixTime.FromMs(TimeMs);

    /// <summary>The archive that signed.</summary>
    public VerifyKey ArchiveKey => new(_bytes.AsSpan(KeyAt, VerifyKey.Size));

    /// <summary>Checks length and fields; the signature is checked by <see cref="Verify"/>.</summary>
    /// <param name="bytes">Exactly 193 bytes from anywhere.</param>
    /// <param name="certificate">The certificate.</param>
    /// <param name="error">Why it was refused.</param>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out DeletionCertificate? certificate, [NotNullWhen(false)] out string? error)
    {
        error = bytes.Length != Size ? $"A deletion certificate has {Size} bytes, not {bytes.Length}."
            : !bytes.StartsWith(Label) ? "This is not a deletion certificate: it does not begin with its label."
            : CountedRoot.Fault(bytes[CountAt..], bytes.Slice(RootAt, Format.HashSize));
        certificate = error is null ? new DeletionCertificate(bytes) : null;
        return error is null;
    }

    /// <summary>Whether the archive key is trusted at the certificate's time, and signed it.</summary>
    /// <param name="trust">The trust list.</param>
    public bool Verify(TrustList trust)
    {
        ArgumentNullException.ThrowIfNull(trust);
        return trust.IsTrusted(TrustedKeyKind.Archive, ArchiveKey, TimeMs)
            && Ed25519.Verify(ArchiveKey.Span, _bytes.AsSpan(0, SignatureAt), _bytes.AsSpan(SignatureAt));
    }

    /// <summary>Signs a certificate, after everything of the recording was deleted.</summary>
    /// <param name="key">The archive's key.</param>
    /// <param name="coreId">The recording.</param>
    /// <param name="chunksDeleted">Number of chunks deleted, 0 to 16,777,216.</param>
    /// <param name="bytesDeleted">Number of bytes deleted.</param>
    /// <param name="root">Merkle root over the chunks deleted, 32 bytes.</param>
    /// <param name="time">The archive's time; ms are kept.</param>
    /// <exception cref="ArgumentException">A value is beyond its limit.</exception>
    public static DeletionCertificate Create(
        ArchiveKey key, CoreId coreId, int chunksDeleted, ulong bytesDeleted, ReadOnlySpan<byte> root, DateTimeOffset time)
    {
        ArgumentNullException.ThrowIfNull(key);
        MerkleTree.RequireHash(root, nameof(root));
        ArgumentOutOfRangeException.ThrowIfNegative(chunksDeleted);
        Span<byte> bytes = stackalloc byte[Size];
        Label.CopyTo(bytes);
        coreId.CopyTo(bytes[CoreIdAt..]);
        BinaryPrimitives.WriteInt32BigEndian(bytes[CountAt..], chunksDeleted);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[BytesAt..], bytesDeleted);
        root.CopyTo(bytes[RootAt..]);
        if (CountedRoot.Fault(bytes[CountAt..], root) is { } fault)
        {
            throw new ArgumentException(fault);
        }

        BinaryPrimitives.WriteUInt64BigEndian(bytes[TimeAt..], UnixTime.ToMs(time));
        key.PublicKey.CopyTo(bytes[KeyAt..]);
        key.SignChecked(bytes[..SignatureAt], bytes[SignatureAt..]);
        return new DeletionCertificate(bytes);
    }

    /// <summary>Copies the 193 bytes.</summary>
    /// <param name="destination">At least 193 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public void CopyTo(Span<byte> destination) => _bytes.CopyTo(destination);

    /// <summary>A new array with the 193 bytes.</summary>
    public byte[] ToArray() => [.. _bytes];

    private static ReadOnlySpan<byte> Label => "zkc1 deletion"u8;
}
