using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>An owner's signed word that the keys of chunks were destroyed (docs/FORMAT.md, section 11). Immutable and thread-safe.</summary>
public sealed class ErasureCertificate
{
    /// <summary>The longest text in bytes of UTF-8: 1,024.</summary>
    public const int MaxTextSize = Format.MaxText;

    /// <summary>The most ranges: 256.</summary>
    public const int MaxRanges = Format.MaxErasureRanges;

    private const int CoreIdAt = 12;
    private const int VersionAt = 44;
    private const int FlagsAt = 48;
    private const int RangeCountAt = 49;
    private const int RangesAt = 51;
    private const int RangeSize = 8;
    private const int TimeSize = 8;
    private const int LengthSize = 2;
    private const int TailSize = VerifyKey.Size + Format.SignatureSize;
    private const int SmallestSize = RangesAt + RangeSize + TimeSize + LengthSize + TailSize;
    private const byte MetadataFlag = 1;

    private readonly byte[] _bytes;

    private ErasureCertificate(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes.ToArray();
        var ranges = new ChunkRange[BinaryPrimitives.ReadUInt16BigEndian(bytes[RangeCountAt..])];
        for (int i = 0; i < ranges.Length; i++)
        {
            ReadOnlySpan<byte> range = bytes[(RangesAt + (i * RangeSize))..];
            ranges[i] = new ChunkRange(BinaryPrimitives.ReadInt32BigEndian(range), BinaryPrimitives.ReadInt32BigEndian(range[4..]));
        }

        Ranges = Array.AsReadOnly(ranges);
    }

    /// <summary>The recording.</summary>
    public CoreId CoreId => new(_bytes.AsSpan(CoreIdAt, CoreId.Size));

    /// <summary>Version of the key envelope that remains; at least 1.</summary>
    public uint EnvelopeVersion => BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(VersionAt));

    /// <summary>Whether the keys of the opening and the closing record were destroyed too.</summary>
    public bool MetadataErased => _bytes[FlagsAt] == MetadataFlag;

    /// <summary>The chunks whose keys were destroyed: 1 to 256 ranges, ascending, none touching the next.</summary>
    public IReadOnlyList<ChunkRange> Ranges { get; }

    /// <summary>The owner's time, ms since 1970.</summary>
    public ulong TimeMs => BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(TimeAt));

    /// <summary>The owner's time; one beyond the year 9999 is shown as its end.</summary>
    public DateTimeOffset Time => UnixTime.FromMs(TimeMs);

    /// <summary>What was destroyed and what still holds a copy, for people: at most 1,024 bytes of UTF-8.</summary>
    public string Text => Encoding.UTF8.GetString(_bytes.AsSpan((TimeAt + TimeSize + LengthSize)..^TailSize));

    /// <summary>The owner that signed.</summary>
    public VerifyKey OwnerKey => new(_bytes.AsSpan(_bytes.Length - TailSize, VerifyKey.Size));

    private int TimeAt => RangesAt + (Ranges.Count * RangeSize);

    /// <summary>Checks length and fields; the signature is checked by <see cref="Verify"/>.</summary>
    /// <param name="bytes">The certificate's bytes, all of them, from anywhere.</param>
    /// <param name="certificate">The certificate.</param>
    /// <param name="error">Why it was refused.</param>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out ErasureCertificate? certificate, [NotNullWhen(false)] out string? error)
    {
        error = Fault(bytes);
        certificate = error is null ? new ErasureCertificate(bytes) : null;
        return error is null;
    }

    /// <summary>Whether the owner key is trusted at the certificate's time, and signed it.</summary>
    /// <param name="trust">The trust list.</param>
    public bool Verify(TrustList trust)
    {
        ArgumentNullException.ThrowIfNull(trust);
        int signed = _bytes.Length - Format.SignatureSize;
        return trust.IsTrusted(TrustedKeyKind.Owner, OwnerKey, TimeMs)
            && Ed25519.Verify(OwnerKey.Span, _bytes.AsSpan(0, signed), _bytes.AsSpan(signed));
    }

    /// <summary>Whether the certificate names a chunk.</summary>
    /// <param name="chunk">Index of the chunk.</param>
    public bool Erases(int chunk)
    {
        foreach (ChunkRange range in Ranges)
        {
            if (range.Contains(chunk))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Signs a certificate, after the keys were destroyed.</summary>
    /// <param name="key">The owner's key.</param>
    /// <param name="coreId">The recording.</param>
    /// <param name="envelopeVersion">Version of the key envelope that remains; at least 1.</param>
    /// <param name="metadataErased">Whether the keys of the opening and the closing record were destroyed too.</param>
    /// <param name="ranges">The chunks: 1 to 256 ranges, ascending, none touching the next.</param>
    /// <param name="time">The owner's time; ms are kept.</param>
    /// <param name="text">What was destroyed and what still holds a copy: at most 1,024 bytes of UTF-8.</param>
    /// <exception cref="ArgumentException">A value is beyond its limit, or the text is not well-formed.</exception>
    public static ErasureCertificate Create(
        OwnerKey key, CoreId coreId, uint envelopeVersion, bool metadataErased, ReadOnlySpan<ChunkRange> ranges, DateTimeOffset time, string text)
    {
        ArgumentNullException.ThrowIfNull(key);
        byte[] encoded = BoundedText.Encode(text, MaxTextSize, nameof(text));
        if (ranges.Length is 0 or > MaxRanges)
        {
            throw new ArgumentException($"An erasure certificate has 1 to {MaxRanges} ranges, not {ranges.Length}.", nameof(ranges));
        }

        byte[] bytes = new byte[SmallestSize + ((ranges.Length - 1) * RangeSize) + encoded.Length];
        Label.CopyTo(bytes);
        coreId.CopyTo(bytes.AsSpan(CoreIdAt));
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(VersionAt), envelopeVersion);
        bytes[FlagsAt] = metadataErased ? MetadataFlag : (byte)0;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(RangeCountAt), (ushort)ranges.Length);
        int at = RangesAt;
        foreach (ChunkRange range in ranges)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at), range.First);
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at + 4), range.End);
            at += RangeSize;
        }

        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(at), UnixTime.ToMs(time));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at + TimeSize), (ushort)encoded.Length);
        encoded.CopyTo(bytes, at + TimeSize + LengthSize);
        int signed = bytes.Length - Format.SignatureSize;
        key.PublicKey.CopyTo(bytes.AsSpan(signed - VerifyKey.Size));
        if (Fault(bytes) is { } fault)
        {
            throw new ArgumentException(fault);
        }

        key.SignChecked(bytes.AsSpan(0, signed), bytes.AsSpan(signed));
        return new ErasureCertificate(bytes);
    }

    /// <summary>A new array with the certificate's bytes.</summary>
    public byte[] ToArray() => [.. _bytes];

    private static ReadOnlySpan<byte> Label => "zkc1 erasure"u8;

    private static string? Fault(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < SmallestSize || !bytes.StartsWith(Label))
        {
            return "This is not an erasure certificate: it is too short, or does not begin with its label.";
        }

        if (BinaryPrimitives.ReadUInt32BigEndian(bytes[VersionAt..]) == 0 || (bytes[FlagsAt] & ~MetadataFlag) != 0)
        {
            return "The erasure certificate's envelope version is 0, or a reserved flag is set.";
        }

        int count = BinaryPrimitives.ReadUInt16BigEndian(bytes[RangeCountAt..]);
        int textLengthAt = RangesAt + (count * RangeSize) + TimeSize;
        if (count is 0 or > MaxRanges || bytes.Length < textLengthAt + LengthSize + TailSize)
        {
            return $"The erasure certificate's {count} ranges are not within 1 to {MaxRanges}, or it is cut short.";
        }

        long previousEnd = -1;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> range = bytes[(RangesAt + (i * RangeSize))..];
            uint first = BinaryPrimitives.ReadUInt32BigEndian(range);
            uint end = BinaryPrimitives.ReadUInt32BigEndian(range[4..]);
            if (first <= previousEnd || end <= first || end > Format.MaxChunks)
            {
                return $"The erasure certificate's range {i}, {first} to {end}, is empty, too high, or not above the one before.";
            }

            previousEnd = end;
        }

        int textLength = BinaryPrimitives.ReadUInt16BigEndian(bytes[textLengthAt..]);
        int textAt = textLengthAt + LengthSize;
        return textLength > MaxTextSize || bytes.Length != textAt + textLength + TailSize
                ? $"The erasure certificate's text of {textLength} bytes is longer than {MaxTextSize}, or does not end where it should."
            : !Utf8.IsValid(bytes.Slice(textAt, textLength)) ? "The erasure certificate's text is not UTF-8."
            : null;
    }
}
