using System.Buffers.Binary;

namespace ArchiveService.Storage;

/// <summary>
/// The keys of the engine. A recording is found by its core id; its records are kept under a number that counts up from begin to begin.
/// Core ids are random, so keys made of them would spread every write over all the data that was ever stored, and each compaction would
/// rewrite old recordings. Numbers keep what is written together stored together: old files are never rewritten, and a
/// deletion rewrites only its neighbours (measured: docs/decisions/0010-archive-engine.md).
/// </summary>
internal static class Key
{
    public const int NumberSize = 8;

    /// <summary>number ‖ index, of chunks and leaf hashes.</summary>
    public const int IndexedSize = NumberSize + 4;

    private const byte OpeningKind = 1;
    private const byte ClosingKind = 2;
    private const byte StatementKind = 3;
    private const byte ReceiptKind = 4;
    private const byte PurgePrefix = (byte)'p';

    public static ReadOnlySpan<byte> NextNumber => "next"u8;

    public static ReadOnlySpan<byte> Layout => "layout"u8;

    public static ReadOnlySpan<byte> PurgeStart => [PurgePrefix];

    public static ReadOnlySpan<byte> PurgeEnd => [PurgePrefix + 1];

    public static void Indexed(Span<byte> key, ulong number, uint index)
    {
        BinaryPrimitives.WriteUInt64BigEndian(key, number);
        BinaryPrimitives.WriteUInt32BigEndian(key[NumberSize..], index);
    }

    public static byte[] Indexed(ulong number, uint index)
    {
        var key = new byte[IndexedSize];
        Indexed(key, number, index);
        return key;
    }

    public static ulong NumberOf(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadUInt64BigEndian(key);

    public static uint IndexOf(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadUInt32BigEndian(key[NumberSize..]);

    /// <summary>The first key of a recording in every family that is kept by number; that of the next number ends it.</summary>
    public static byte[] Number(ulong number)
    {
        var key = new byte[NumberSize];
        BinaryPrimitives.WriteUInt64BigEndian(key, number);
        return key;
    }

    public static byte[] Opening(ulong number) => [.. Number(number), OpeningKind];

    public static byte[] Closing(ulong number) => [.. Number(number), ClosingKind];

    public static byte[] Statements(ulong number) => [.. Number(number), StatementKind];

    /// <summary>In the order of their counts; the same statement again has the same key.</summary>
    public static byte[] Statement(ulong number, uint count, byte type, ReadOnlySpan<byte> hash)
    {
        Span<byte> order = stackalloc byte[5];
        BinaryPrimitives.WriteUInt32BigEndian(order, count);
        order[4] = type;
        return [.. Statements(number), .. order, .. hash];
    }

    public static byte[] Receipts(ulong number) => [.. Number(number), ReceiptKind];

    /// <summary>In the order of the statements they attest.</summary>
    public static byte[] Receipt(ulong number, uint count, ReadOnlySpan<byte> hash)
    {
        Span<byte> order = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(order, count);
        return [.. Receipts(number), .. order, .. hash];
    }

    public static byte[] Purge(ulong number) => [PurgePrefix, .. Number(number)];

    public static ulong PurgedNumber(ReadOnlySpan<byte> key) => NumberOf(key[1..]);
}
