using System.Buffers.Binary;
using System.Text;

namespace ArchiveService.Readers;

/// <summary>A reader that an owner named for a recording. Immutable.</summary>
/// <param name="Reader">Who.</param>
/// <param name="Subject">The same for people.</param>
/// <param name="Ranges">Chunks first to end, exclusive; ascending, not overlapping.</param>
/// <param name="NotAfterMs">Until when, ms since 1970.</param>
internal sealed record NamedReader(SubjectId Reader, string Subject, IReadOnlyList<(uint First, uint End)> Ranges, ulong NotAfterMs)
{
    /// <summary>Ranges of one reader and recording, at most.</summary>
    public const int MaxRanges = 64;

    private const int FixedSize = SubjectId.Size + 8 + 2;

    public bool IsValidAt(DateTimeOffset time) => (ulong)Math.Max(0, time.ToUnixTimeMilliseconds()) <= NotAfterMs;

    /// <summary>Whether all chunks of a range may be read.</summary>
    public bool Covers(uint first, uint end) => Ranges.Any(range => range.First <= first && end <= range.End);

    public byte[] Encode()
    {
        byte[] text = Encoding.UTF8.GetBytes(Subject);
        var bytes = new byte[FixedSize + (8 * Ranges.Count) + text.Length];
        Reader.ToArray().CopyTo(bytes, 0);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(SubjectId.Size), NotAfterMs);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(SubjectId.Size + 8), checked((ushort)Ranges.Count));
        Span<byte> rest = bytes.AsSpan(FixedSize);
        foreach ((uint first, uint end) in Ranges)
        {
            BinaryPrimitives.WriteUInt32BigEndian(rest, first);
            BinaryPrimitives.WriteUInt32BigEndian(rest[4..], end);
            rest = rest[8..];
        }

        text.CopyTo(rest);
        return bytes;
    }

    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static NamedReader Decode(ReadOnlySpan<byte> bytes)
    {
        int count = bytes.Length >= FixedSize ? BinaryPrimitives.ReadUInt16BigEndian(bytes[(SubjectId.Size + 8)..]) : 0;
        if (bytes.Length < FixedSize + (8 * count))
        {
            throw new InvalidDataException("A named reader is damaged.");
        }

        var ranges = new (uint First, uint End)[count];
        ReadOnlySpan<byte> rest = bytes[FixedSize..];
        for (int i = 0; i < count; i++)
        {
            ranges[i] = (BinaryPrimitives.ReadUInt32BigEndian(rest), BinaryPrimitives.ReadUInt32BigEndian(rest[4..]));
            rest = rest[8..];
        }

        return new NamedReader(
            SubjectId.Read(bytes), Encoding.UTF8.GetString(rest), ranges, BinaryPrimitives.ReadUInt64BigEndian(bytes[SubjectId.Size..]));
    }
}
