using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>The signed, immutable start of a recording: 236 bytes (docs/FORMAT.md, section 5). Its certificate has been checked, its gateway key not: see <see cref="IsTrusted"/>. Immutable and thread-safe.</summary>
public sealed class RecordingHeader
{
    /// <summary>Size in bytes: 236.</summary>
    public const int Size = Format.HeaderSize;

    /// <summary>Size in bytes of what the secret's commitment is derived from: everything before it.</summary>
    internal const int PrefixSize = CommitmentAt;

    private const int SuiteAt = 8;
    private const int FlagsAt = 10;
    private const int TickAt = 12;
    private const int PayloadAt = 16;
    private const int IdAt = 20;
    private const int BegunAt = 36;
    private const int PreviousAt = 44;
    private const int CommitmentAt = 76;
    private const int GatewayAt = 108;
    private const int SigningAt = 140;
    private const int CertificateAt = 172;

    private readonly byte[] _bytes;

    private RecordingHeader(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes.ToArray();
        CoreId = CoreId.Of(_bytes);
    }

    /// <summary>The AEAD of the recording.</summary>
    public Suite Suite => (Suite)BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(SuiteAt));

    /// <summary>The clock on which chunks leave, in ms: 20 to 60,000.</summary>
    public int TickMs => BinaryPrimitives.ReadInt32BigEndian(_bytes.AsSpan(TickAt));

    /// <summary>The clock on which chunks leave: 20 ms to 60 s.</summary>
    public TimeSpan Tick => TimeSpan.FromMilliseconds(TickMs);

    /// <summary>Size of every chunk's payload in bytes: 256 to 1,048,576.</summary>
    public int PayloadSize => BinaryPrimitives.ReadInt32BigEndian(_bytes.AsSpan(PayloadAt));

    /// <summary>The random id for people.</summary>
    public RecordingId RecordingId => new(_bytes.AsSpan(IdAt, RecordingId.Size));

    /// <summary>When the recording began by the gateway's clock, ms since 1970.</summary>
    public ulong BegunMs => BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(BegunAt));

    /// <summary>When the recording began by the gateway's clock; a time beyond the year 9999 is shown as its end.</summary>
    public DateTimeOffset Begun => UnixTime.FromMs(BegunMs);

    /// <summary>The recording that this one continues, or zeros.</summary>
    public CoreId Previous => new(_bytes.AsSpan(PreviousAt, CoreId.Size));

    /// <summary>The commitment to the recording's secret, 32 bytes (docs/FORMAT.md, section 4).</summary>
    public ReadOnlySpan<byte> Commitment => _bytes.AsSpan(CommitmentAt, Format.HashSize);

    /// <summary>The gateway that signed the header.</summary>
    public VerifyKey GatewayKey => new(_bytes.AsSpan(GatewayAt, VerifyKey.Size));

    /// <summary>The key that signs this recording's checkpoints and its seal.</summary>
    public VerifyKey SigningKey => new(_bytes.AsSpan(SigningAt, VerifyKey.Size));

    /// <summary>The recording's name everywhere: SHA-256 of the 236 bytes.</summary>
    public CoreId CoreId { get; }

    /// <summary>Size of every stored chunk in bytes: the payload's, and 60 or 96 by the suite.</summary>
    public int StoredChunkSize => PayloadSize + Format.Overhead(Suite);

    /// <summary>Size of the stored opening record in bytes: 4,156 or 4,192 by the suite.</summary>
    public int StoredOpeningSize => Format.OpeningPadded + Format.Overhead(Suite);

    /// <summary>Size of the stored closing record in bytes: 1,084 or 1,120 by the suite.</summary>
    public int StoredClosingSize => Format.ClosingPadded + Format.Overhead(Suite);

    internal ReadOnlySpan<byte> Bytes => _bytes;

    internal ReadOnlySpan<byte> Prefix => _bytes.AsSpan(0, PrefixSize);

    /// <summary>Checks length, magic, suite, flags, limits and the certificate; not whether the gateway key is trusted.</summary>
    /// <param name="bytes">Exactly 236 bytes from anywhere.</param>
    /// <param name="header">The header.</param>
    /// <param name="error">Why it was refused.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out RecordingHeader? header, [NotNullWhen(false)] out string? error)
    {
        error = bytes.Length == Size ? PrefixFault(bytes) : $"A header has {Size} bytes, not {bytes.Length}.";
        if (error is null && !HasCertificate(bytes))
        {
            error = "The header's certificate is wrong: the gateway key it names did not sign it.";
        }

        header = error is null ? new RecordingHeader(bytes) : null;
        return error is null;
    }

    /// <summary>Whether the gateway key is on the trust list and was valid when the recording began.</summary>
    /// <param name="trust">The trust list.</param>
    public bool IsTrusted(TrustList trust)
    {
        ArgumentNullException.ThrowIfNull(trust);
        return trust.IsTrusted(TrustedKeyKind.Gateway, GatewayKey, BegunMs);
    }

    /// <summary>Copies the 236 bytes.</summary>
    /// <param name="destination">At least 236 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public void CopyTo(Span<byte> destination) => _bytes.CopyTo(destination);

    /// <summary>A new array with the 236 bytes.</summary>
    public byte[] ToArray() => [.. _bytes];

    /// <summary>The core id.</summary>
    public override string ToString() => CoreId.ToString();

    /// <summary>Writes the first 76 bytes, from which the key schedule derives `control`, and so the commitment.</summary>
    /// <exception cref="ArgumentException">A value is beyond its limit.</exception>
    internal static void WritePrefix(
        Span<byte> destination, Suite suite, int tickMs, int payloadSize, RecordingId recordingId, ulong begunMs, CoreId previous)
    {
        if (destination.Length != PrefixSize)
        {
            throw new ArgumentException($"The start of a header has {PrefixSize} bytes, not {destination.Length}.", nameof(destination));
        }

        Magic.CopyTo(destination);
        BinaryPrimitives.WriteUInt16BigEndian(destination[SuiteAt..], (ushort)suite);
        BinaryPrimitives.WriteUInt16BigEndian(destination[FlagsAt..], 0);
        BinaryPrimitives.WriteInt32BigEndian(destination[TickAt..], tickMs);
        BinaryPrimitives.WriteInt32BigEndian(destination[PayloadAt..], payloadSize);
        recordingId.CopyTo(destination[IdAt..]);
        BinaryPrimitives.WriteUInt64BigEndian(destination[BegunAt..], begunMs);
        previous.CopyTo(destination[PreviousAt..]);
        if (PrefixFault(destination) is { } fault)
        {
            throw new ArgumentException(fault);
        }
    }

    /// <summary>Adds the commitment and the keys, and has the gateway sign.</summary>
    internal static RecordingHeader Build(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> commitment, VerifyKey signingKey, GatewayKey gatewayKey)
    {
        if (prefix.Length != PrefixSize || PrefixFault(prefix) is not null)
        {
            throw new ArgumentException("This is not the start of a header.", nameof(prefix));
        }

        MerkleTree.RequireHash(commitment, nameof(commitment));
        Span<byte> bytes = stackalloc byte[Size];
        prefix.CopyTo(bytes);
        commitment.CopyTo(bytes[CommitmentAt..]);
        gatewayKey.PublicKey.CopyTo(bytes[GatewayAt..]);
        signingKey.CopyTo(bytes[SigningAt..]);
        Span<byte> message = stackalloc byte[CertificateLabel.Length + CertificateAt];
        CertificateMessage(bytes, message);
        gatewayKey.SignChecked(message, bytes[CertificateAt..]);
        return new RecordingHeader(bytes);
    }

    private static ReadOnlySpan<byte> Magic => "ZKCALLS1"u8;

    private static ReadOnlySpan<byte> CertificateLabel => "zkc1 header"u8;

    private static void CertificateMessage(ReadOnlySpan<byte> header, Span<byte> message)
    {
        CertificateLabel.CopyTo(message);
        header[..CertificateAt].CopyTo(message[CertificateLabel.Length..]);
    }

    private static bool HasCertificate(ReadOnlySpan<byte> bytes)
    {
        Span<byte> message = stackalloc byte[CertificateLabel.Length + CertificateAt];
        CertificateMessage(bytes, message);
        return Ed25519.Verify(bytes.Slice(GatewayAt, VerifyKey.Size), message, bytes[CertificateAt..]);
    }

    private static string? PrefixFault(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith(Magic))
        {
            return "This is not a header: it does not begin with ZKCALLS1.";
        }

        ushort suite = BinaryPrimitives.ReadUInt16BigEndian(bytes[SuiteAt..]);
        ushort flags = BinaryPrimitives.ReadUInt16BigEndian(bytes[FlagsAt..]);
        uint tick = BinaryPrimitives.ReadUInt32BigEndian(bytes[TickAt..]);
        uint payload = BinaryPrimitives.ReadUInt32BigEndian(bytes[PayloadAt..]);
        return !Format.IsKnown((Suite)suite) ? $"The header's suite {suite} is unknown."
            : flags != 0 ? $"The header's flags are 0x{flags:x4}; none are defined."
            : tick is < Format.MinTickMs or > Format.MaxTickMs ? $"The header's tick of {tick} ms is not within {Format.MinTickMs} to {Format.MaxTickMs} ms."
            : payload is < Format.MinPayloadSize or > Format.MaxPayloadSize
                ? $"The header's payload size of {payload} bytes is not within {Format.MinPayloadSize} to {Format.MaxPayloadSize} bytes."
            : null;
    }
}
