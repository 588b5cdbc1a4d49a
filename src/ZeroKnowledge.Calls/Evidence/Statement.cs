using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>A signed word on how many chunks a recording has and what their Merkle root is: 224 bytes (docs/FORMAT.md, section 8). Immutable and thread-safe.</summary>
public sealed class Statement
{
    /// <summary>Size in bytes: 224.</summary>
    public const int Size = Format.StatementSize;

    internal const int SignedSize = Size - Format.SignatureSize;

    private const int TypeAt = 14;
    private const int CoreIdAt = 15;
    private const int OpeningAt = 47;
    private const int CountAt = 79;
    private const int LiveAt = 83;
    private const int RootAt = 87;
    private const int TimeAt = 119;
    private const int ReasonAt = 127;
    private const int ClosingAt = 128;

    private readonly byte[] _bytes;

    private Statement(ReadOnlySpan<byte> bytes) => _bytes = bytes.ToArray();

    /// <summary>What the statement is; never None.</summary>
    public StatementType Type => (StatementType)_bytes[TypeAt];

    /// <summary>True for a checkpoint and a seal, which only the writer itself can sign; false for a recovery.</summary>
    public bool IsLive => Type != StatementType.Recovery;

    /// <summary>The recording.</summary>
    public CoreId CoreId => new(_bytes.AsSpan(CoreIdAt, CoreId.Size));

    /// <summary>SHA-256 of the stored opening record, 32 bytes.</summary>
    public ReadOnlySpan<byte> OpeningHash => Hash(OpeningAt);

    /// <summary>Number of chunks, 0 to 16,777,216.</summary>
    public int ChunkCount => BinaryPrimitives.ReadInt32BigEndian(_bytes.AsSpan(CountAt));

    /// <summary>Number of chunks that a live statement covers: <see cref="ChunkCount"/>, or of a recovery perhaps fewer.</summary>
    public int LiveCount => BinaryPrimitives.ReadInt32BigEndian(_bytes.AsSpan(LiveAt));

    /// <summary>Merkle root over the first <see cref="ChunkCount"/> chunks, 32 bytes.</summary>
    public ReadOnlySpan<byte> Root => Hash(RootAt);

    /// <summary>The signer's time, ms since 1970.</summary>
    public ulong TimeMs => BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(TimeAt));

    /// <summary>The signer's time; one beyond the year 9999 is shown as its end.</summary>
    public DateTimeOffset Time => UnixTime.FromMs(TimeMs);

    /// <summary>Why the recording ended; None for a checkpoint.</summary>
    public EndReason Reason => (EndReason)_bytes[ReasonAt];

    /// <summary>SHA-256 of the stored closing record, 32 bytes; zeros unless this is a seal.</summary>
    public ReadOnlySpan<byte> ClosingHash => Hash(ClosingAt);

    internal ReadOnlySpan<byte> Bytes => _bytes;

    // What is said, without the signature: a signer that signs it twice has not said two things.
    internal ReadOnlySpan<byte> Signed => _bytes.AsSpan(0, SignedSize);

    /// <summary>Checks length and every field; the signature is checked by <see cref="Verify"/>.</summary>
    /// <param name="bytes">Exactly 224 bytes from anywhere.</param>
    /// <param name="statement">The statement.</param>
    /// <param name="error">Why it was refused.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Statement? statement, [NotNullWhen(false)] out string? error)
    {
        error = Fault(bytes);
        statement = error is null ? new Statement(bytes) : null;
        return error is null;
    }

    /// <summary>Whether the statement is of this recording and was signed by the right key: the header's signing key, or of a recovery its gateway key.</summary>
    /// <param name="header">The recording's header, whose gateway the caller trusts.</param>
    public bool Verify(RecordingHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        VerifyKey key = IsLive ? header.SigningKey : header.GatewayKey;
        return CoreId == header.CoreId && Ed25519.Verify(key.Span, Signed, _bytes.AsSpan(SignedSize));
    }

    /// <summary>SHA-256 of the 224 bytes, as a receipt names them.</summary>
    /// <param name="destination">Exactly 32 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is not 32 bytes long.</exception>
    public void CopyHashTo(Span<byte> destination)
    {
        MerkleTree.RequireHash(destination, nameof(destination));
        SHA256.HashData(_bytes, destination);
    }

    /// <summary>Copies the 224 bytes.</summary>
    /// <param name="destination">At least 224 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public void CopyTo(Span<byte> destination) => _bytes.CopyTo(destination);

    /// <summary>A new array with the 224 bytes.</summary>
    public byte[] ToArray() => [.. _bytes];

    /// <summary>The type and the number of chunks, for people.</summary>
    public override string ToString() => $"{Type} of {ChunkCount} chunks";

    /// <summary>Writes all but the signature, which the caller makes over the first 160 bytes. Allocates nothing.</summary>
    internal static void Write(
        Span<byte> destination, StatementType type, CoreId coreId, ReadOnlySpan<byte> openingHash, int chunkCount, int liveCount,
        ReadOnlySpan<byte> root, ulong timeMs, EndReason reason, ReadOnlySpan<byte> closingHash)
    {
        if (destination.Length != Size)
        {
            throw new ArgumentException($"A statement has {Size} bytes, not {destination.Length}.", nameof(destination));
        }

        MerkleTree.RequireHash(openingHash, nameof(openingHash));
        MerkleTree.RequireHash(root, nameof(root));
        Label.CopyTo(destination);
        destination[TypeAt] = (byte)type;
        coreId.CopyTo(destination[CoreIdAt..]);
        openingHash.CopyTo(destination[OpeningAt..]);
        BinaryPrimitives.WriteInt32BigEndian(destination[CountAt..], chunkCount);
        BinaryPrimitives.WriteInt32BigEndian(destination[LiveAt..], liveCount);
        root.CopyTo(destination[RootAt..]);
        BinaryPrimitives.WriteUInt64BigEndian(destination[TimeAt..], timeMs);
        destination[ReasonAt] = (byte)reason;
        destination[ClosingAt..].Clear();
        if (!closingHash.IsEmpty)
        {
            MerkleTree.RequireHash(closingHash, nameof(closingHash));
            closingHash.CopyTo(destination[ClosingAt..]);
        }

        // A writer that signs what every reader refuses would lose the recording's end.
        if (Fault(destination) is { } fault)
        {
            throw new ArgumentException(fault);
        }
    }

    /// <summary>Signs a checkpoint or a seal in place.</summary>
    /// <param name="statement">The 224 bytes of <see cref="Write"/>.</param>
    /// <param name="secretKey">libsodium's 64 bytes of the recording's signing key.</param>
    internal static void Sign(Span<byte> statement, ReadOnlySpan<byte> secretKey) =>
        Ed25519.Sign(secretKey, statement[..SignedSize], statement[SignedSize..]);

    /// <summary>Signs a recovery in place.</summary>
    internal static void Sign(Span<byte> statement, GatewayKey key) =>
        key.SignChecked(statement[..SignedSize], statement[SignedSize..]);

    /// <summary>Makes a recovery.</summary>
    internal static Statement Recover(
        RecordingHeader header, ReadOnlySpan<byte> openingHash, int chunkCount, int liveCount, ReadOnlySpan<byte> root, ulong timeMs, GatewayKey key)
    {
        if (key.PublicKey != header.GatewayKey)
        {
            throw new ArgumentException("A recovery is signed by the key that signed the recording's header.", nameof(key));
        }

        Span<byte> bytes = stackalloc byte[Size];
        Write(bytes, StatementType.Recovery, header.CoreId, openingHash, chunkCount, liveCount, root, timeMs, EndReason.Restart, []);
        Sign(bytes, key);
        return new Statement(bytes);
    }

    private static ReadOnlySpan<byte> Label => "zkc1 statement"u8;

    private ReadOnlySpan<byte> Hash(int at) => _bytes.AsSpan(at, Format.HashSize);

    private static string? Fault(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            return $"A statement has {Size} bytes, not {bytes.Length}.";
        }

        if (!bytes.StartsWith(Label))
        {
            return "This is not a statement: it does not begin with its label.";
        }

        uint count = BinaryPrimitives.ReadUInt32BigEndian(bytes[CountAt..]);
        uint live = BinaryPrimitives.ReadUInt32BigEndian(bytes[LiveAt..]);
        if (count > Format.MaxChunks)
        {
            return $"The statement counts {count} chunks; a recording has at most {Format.MaxChunks}.";
        }

        if (count == 0 && !bytes.Slice(RootAt, Format.HashSize).SequenceEqual(MerkleTree.EmptyRoot))
        {
            return "The statement counts no chunks, but its root is not that of none.";
        }

        // The table of docs/FORMAT.md, section 8.
        byte reason = bytes[ReasonAt];
        bool closing = bytes.Slice(ClosingAt, Format.HashSize).IndexOfAnyExcept((byte)0) >= 0;
        bool known = bytes[TypeAt] switch
        {
            (byte)StatementType.Checkpoint => live == count && reason == (byte)EndReason.None && !closing,
            (byte)StatementType.Seal => live == count && reason is >= (byte)EndReason.Completed and <= (byte)EndReason.Continued && closing,
            (byte)StatementType.Recovery => live <= count && reason == (byte)EndReason.Restart && !closing,
            _ => false,
        };
        return known ? null : $"A statement of type {bytes[TypeAt]} with live-signed count {live} of {count}, reason {reason} and "
            + $"{(closing ? "a" : "no")} closing hash does not exist.";
    }
}
