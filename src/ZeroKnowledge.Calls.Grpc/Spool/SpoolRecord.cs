using System.Buffers.Binary;
using System.IO.Hashing;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// One record of a spool file (docs/SPOOL.md): a head of 21 bytes, and a body. The checksum finds torn and damaged records; it is no protection against
/// an attacker, whom the archive's and the readers' checks find.
/// </summary>
internal static class SpoolRecord
{
    public const int HeadSize = 21;

    /// <summary>The largest body: a chunk's index and a stored chunk (docs/FORMAT.md, section 1).</summary>
    public const int MaxBody = 4 + Format.MaxPayloadSize + 96;

    private const int TypeAt = 4;
    private const int NumberAt = 5;
    private const int ChecksumAt = 13;

    [ThreadStatic]
    private static XxHash3? _hash;

    public static void WriteHead(Span<byte> head, SpoolRecordType type, long recording, long segment, ReadOnlySpan<byte> body, ReadOnlySpan<byte> more = default)
    {
        BinaryPrimitives.WriteInt32BigEndian(head, body.Length + more.Length);
        head[TypeAt] = (byte)type;
        BinaryPrimitives.WriteInt64BigEndian(head[NumberAt..], recording);
        BinaryPrimitives.WriteUInt64BigEndian(head[ChecksumAt..], Checksum(head, segment, body, more));
    }

    /// <returns>False if these bytes are not a head: nothing after them in the file can be read.</returns>
    public static bool TryReadHead(ReadOnlySpan<byte> head, out SpoolRecordType type, out long recording, out int bodySize)
    {
        bodySize = BinaryPrimitives.ReadInt32BigEndian(head);
        type = (SpoolRecordType)head[TypeAt];
        recording = BinaryPrimitives.ReadInt64BigEndian(head[NumberAt..]);
        return bodySize is >= 0 and <= MaxBody && type is >= SpoolRecordType.Chunk and <= SpoolRecordType.Released && recording > 0;
    }

    public static bool HasChecksum(ReadOnlySpan<byte> head, long segment, ReadOnlySpan<byte> body) =>
        BinaryPrimitives.ReadUInt64BigEndian(head[ChecksumAt..]) == Checksum(head, segment, body, default);

    // Over the segment's number too, so that a record in the wrong file is not one.
    private static ulong Checksum(ReadOnlySpan<byte> head, long segment, ReadOnlySpan<byte> body, ReadOnlySpan<byte> more)
    {
        Span<byte> start = stackalloc byte[8 + ChecksumAt];
        BinaryPrimitives.WriteInt64BigEndian(start, segment);
        head[..ChecksumAt].CopyTo(start[8..]);
        XxHash3 hash = _hash ??= new XxHash3();
        hash.Reset();
        hash.Append(start);
        hash.Append(body);
        hash.Append(more);
        return hash.GetCurrentHashAsUInt64();
    }
}
