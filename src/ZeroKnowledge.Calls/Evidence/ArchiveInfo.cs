using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>An archive's signed word on what and where it is, and on its limits (docs/FORMAT.md, section 11). Immutable and thread-safe.</summary>
public sealed class ArchiveInfo
{
    /// <summary>The longest region, operator and engine in bytes of UTF-8: 255.</summary>
    public const int MaxTextSize = byte.MaxValue;

    private const int TimeAt = 17;
    private const int TextsAt = 25;
    private const int TailSize = 4 + 4 + VerifyKey.Size + Format.SignatureSize;

    private readonly byte[] _bytes;

    private ArchiveInfo(ReadOnlySpan<byte> bytes) => _bytes = bytes.ToArray();

    /// <summary>The archive's time, ms since 1970.</summary>
    public ulong TimeMs => BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(TimeAt));

    /// <summary>The archive's time; one beyond the year 9999 is shown as its end.</summary>
    public DateTimeOffset Time => UnixTime.FromMs(TimeMs);

    /// <summary>Where the archive stores: at most 255 bytes of UTF-8.</summary>
    public string Region => Text(0);

    /// <summary>Who runs the archive: at most 255 bytes of UTF-8.</summary>
    public string Operator => Text(1);

    /// <summary>What the archive stores in: at most 255 bytes of UTF-8.</summary>
    public string Engine => Text(2);

    /// <summary>The largest message that the archive takes, in bytes.</summary>
    public long LargestMessage => BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(_bytes.Length - TailSize));

    /// <summary>The largest stored chunk that the archive takes, in bytes.</summary>
    public long LargestStoredChunk => BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(_bytes.Length - TailSize + 4));

    /// <summary>The archive that signed.</summary>
    public VerifyKey ArchiveKey => new(_bytes.AsSpan(_bytes.Length - TailSize + 8, VerifyKey.Size));

    /// <summary>Checks length and fields; the signature is checked by <see cref="Verify"/>.</summary>
    /// <param name="bytes">The info's bytes, all of them, from anywhere.</param>
    /// <param name="info">The info.</param>
    /// <param name="error">Why it was refused.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out ArchiveInfo? info, [NotNullWhen(false)] out string? error)
    {
        error = Fault(bytes);
        info = error is null ? new ArchiveInfo(bytes) : null;
        return error is null;
    }

    /// <summary>Whether the archive key is trusted at the info's time, and signed it. A key learned from the archive is never trusted.</summary>
    /// <param name="trust">The trust list.</param>
    public bool Verify(TrustList trust)
    {
        ArgumentNullException.ThrowIfNull(trust);
        int signed = _bytes.Length - Format.SignatureSize;
        return trust.IsTrusted(TrustedKeyKind.Archive, ArchiveKey, TimeMs)
            && Ed25519.Verify(ArchiveKey.Span, _bytes.AsSpan(0, signed), _bytes.AsSpan(signed));
    }

    /// <summary>Signs an info.</summary>
    /// <param name="key">The archive's key.</param>
    /// <param name="time">The archive's time; ms are kept.</param>
    /// <param name="region">Where it stores: at most 255 bytes of UTF-8.</param>
    /// <param name="operatorName">Who runs it: at most 255 bytes of UTF-8.</param>
    /// <param name="engine">What it stores in: at most 255 bytes of UTF-8.</param>
    /// <param name="largestMessage">The largest message it takes, in bytes: 0 to 4,294,967,295.</param>
    /// <param name="largestStoredChunk">The largest stored chunk it takes, in bytes: 0 to 4,294,967,295.</param>
    /// <exception cref="ArgumentException">A value is beyond its limit, or a text is not well-formed.</exception>
    public static ArchiveInfo Create(
        ArchiveKey key, DateTimeOffset time, string region, string operatorName, string engine, long largestMessage, long largestStoredChunk)
    {
        ArgumentNullException.ThrowIfNull(key);
        RequireU32(largestMessage, nameof(largestMessage));
        RequireU32(largestStoredChunk, nameof(largestStoredChunk));
        byte[] bytes =
        [
            .. Label,
            .. stackalloc byte[TextsAt - TimeAt],
            .. Prefixed(region, nameof(region)),
            .. Prefixed(operatorName, nameof(operatorName)),
            .. Prefixed(engine, nameof(engine)),
            .. stackalloc byte[TailSize],
        ];
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(TimeAt), UnixTime.ToMs(time));
        Span<byte> tail = bytes.AsSpan(bytes.Length - TailSize);
        BinaryPrimitives.WriteUInt32BigEndian(tail, (uint)largestMessage);
        BinaryPrimitives.WriteUInt32BigEndian(tail[4..], (uint)largestStoredChunk);
        key.PublicKey.CopyTo(tail[8..]);
        int signed = bytes.Length - Format.SignatureSize;
        key.SignChecked(bytes.AsSpan(0, signed), bytes.AsSpan(signed));
        return new ArchiveInfo(bytes);
    }

    /// <summary>A new array with the info's bytes.</summary>
    public byte[] ToArray() => [.. _bytes];

    private static ReadOnlySpan<byte> Label => "zkc1 archive info"u8;

    private static byte[] Prefixed(string text, string name)
    {
        byte[] encoded = BoundedText.Encode(text, MaxTextSize, name);
        return [(byte)encoded.Length, .. encoded];
    }

    private static void RequireU32(long value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, uint.MaxValue, name);
    }

    private static string? Fault(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith(Label))
        {
            return "This is not an archive info: it does not begin with its label.";
        }

        int at = TextsAt;
        for (int i = 0; i < 3; i++)
        {
            int size = at < bytes.Length ? bytes[at] : byte.MaxValue;
            if (bytes.Length - at - 1 < size + TailSize)
            {
                return "The archive info is cut short.";
            }

            if (!Utf8.IsValid(bytes.Slice(at + 1, size)))
            {
                return "A text of the archive info is not UTF-8.";
            }

            at += 1 + size;
        }

        return bytes.Length == at + TailSize ? null : "The archive info is longer than its fields.";
    }

    private string Text(int index)
    {
        int at = TextsAt;
        for (; index > 0; index--)
        {
            at += 1 + _bytes[at];
        }

        return Encoding.UTF8.GetString(_bytes.AsSpan(at + 1, _bytes[at]));
    }
}
