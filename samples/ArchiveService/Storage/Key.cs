using System.Buffers.Binary;
using ZeroKnowledge.Calls;

namespace ArchiveService.Storage;

/// <summary>
/// The keys of the engine. A recording is found by its tenant and its core id; its records are kept under a number that counts up from begin to begin.
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
    private const byte UsePrefix = (byte)'u';
    private const byte ArchiveKeyPrefix = (byte)'k';
    private const byte RecordingPrefix = (byte)'r';
    private const byte WriterPrefix = (byte)'w';
    private const byte TombstonePrefix = (byte)'t';
    private const byte ReaderPrefix = (byte)'n';
    private const byte GrantPrefix = (byte)'s';

    public static ReadOnlySpan<byte> NextNumber => "next"u8;

    public static ReadOnlySpan<byte> Probe => "write"u8;

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

    /// <summary>What a tenant uses.</summary>
    public static byte[] Use(Tenant tenant) => [UsePrefix, .. tenant.Prefix];

    /// <summary>The public keys that this archive has signed with.</summary>
    public static byte[] ArchiveKeys() => [ArchiveKeyPrefix];

    public static byte[] ArchiveKey(ReadOnlySpan<byte> publicKey) => [ArchiveKeyPrefix, .. publicKey];

    public static byte[] Recordings() => [RecordingPrefix];

    public static byte[] Recordings(Tenant tenant) => [RecordingPrefix, .. tenant.Prefix];

    /// <summary>A recording's row.</summary>
    public static byte[] Recording(RecordingName name) => [.. Recordings(name.Tenant), .. name.Id.ToArray()];

    public static byte[] Writers() => [WriterPrefix];

    /// <summary>
    /// Says that this writer began that recording. Looked up first by whatever a writer sends, so that another writer's recording is not found for
    /// the same reason as one that does not exist.
    /// </summary>
    public static byte[] Writer(RecordingName name, SubjectId writer) => [WriterPrefix, .. name.Tenant.Prefix, .. writer.ToArray(), .. name.Id.ToArray()];

    public static byte[] Tombstones() => [TombstonePrefix];

    /// <summary>What is left of a deleted recording.</summary>
    public static byte[] Tombstone(RecordingName name) => [TombstonePrefix, .. name.Tenant.Prefix, .. name.Id.ToArray()];

    public static byte[] Readers() => [ReaderPrefix];

    public static byte[] Readers(Tenant tenant) => [ReaderPrefix, .. tenant.Prefix];

    public static byte[] Readers(RecordingName name) => [.. Readers(name.Tenant), .. name.Id.ToArray()];

    /// <summary>A reader that was named.</summary>
    public static byte[] Reader(RecordingName name, SubjectId reader) => [.. Readers(name), .. reader.ToArray()];

    public static byte[] Grants() => [GrantPrefix];

    public static byte[] Grants(SubjectId reader, CoreId id) => [GrantPrefix, .. reader.ToArray(), .. id.ToArray()];

    /// <summary>The same the other way round: a reader does not know whose a recording is.</summary>
    public static byte[] Grant(RecordingName name, SubjectId reader) => [.. Grants(reader, name.Id), .. name.Tenant.Prefix];

    /// <summary>The tenant's name in a key of <see cref="Recording"/>, <see cref="Writer"/>, <see cref="Tombstone"/>, <see cref="Reader"/> or <see cref="Use"/>.</summary>
    public static string TenantOf(ReadOnlySpan<byte> key) => System.Text.Encoding.ASCII.GetString(key.Slice(2, key[1]));

    /// <summary>The tenant's name in a key of <see cref="Grant"/>.</summary>
    public static string TenantOfGrant(ReadOnlySpan<byte> key) => System.Text.Encoding.ASCII.GetString(key[(2 + SubjectId.Size + CoreId.Size)..]);

    /// <summary>What follows the tenant in a key: a core id, or two such.</summary>
    public static ReadOnlySpan<byte> AfterTenant(ReadOnlySpan<byte> key) => key[(2 + key[1])..];

    /// <summary>The first key after all that begin with these bytes.</summary>
    public static byte[] EndOf(byte[] prefix)
    {
        byte[] end = [.. prefix];
        for (int i = end.Length - 1; i >= 0; i--)
        {
            if (end[i] < byte.MaxValue)
            {
                end[i]++;
                return end[..(i + 1)];
            }
        }

        throw new ArgumentException("No key follows these.", nameof(prefix));
    }

    public static byte[] Purge(ulong number) => [PurgePrefix, .. Number(number)];

    public static ulong PurgedNumber(ReadOnlySpan<byte> key) => NumberOf(key[1..]);
}
