using System.Buffers.Binary;
using System.Text;
using RocksDbSharp;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

/// <summary>A stopped archive's files without the archive: what a failing disk, or whoever owns it, does to them.</summary>
internal sealed class RawEngine : IDisposable
{
    private readonly RocksDb _db;

    public RawEngine(string data)
    {
        var families = new ColumnFamilies();
        foreach (string name in new[] { "recordings", "chunks", "leaves", "evidence" })
        {
            families.Add(name, new ColumnFamilyOptions());
        }

        _db = RocksDb.Open(new DbOptions(), Path.Combine(data, "engine"), families);
    }

    /// <summary>Of a recording's row.</summary>
    public static byte[] Row(string tenant, CoreId id) => Named('r', tenant, id.ToArray());

    public static byte[] Tombstone(string tenant, CoreId id) => Named('t', tenant, id.ToArray());

    public static byte[] Use(string tenant) => Named('u', tenant, []);

    public static byte[] Chunk(ulong number, int index)
    {
        byte[] key = [.. Number(number), 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(8), index);
        return key;
    }

    /// <summary>The first byte says what: 1 opening record, 2 closing record, 3 statements, 4 receipts.</summary>
    public static byte[] Evidence(ulong number, byte kind) => [.. Number(number), kind];

    /// <summary>The number under which a recording's records are.</summary>
    public ulong NumberOf(string tenant, CoreId id) => BinaryPrimitives.ReadUInt64BigEndian(Get("recordings", Row(tenant, id)).AsSpan(1));

    public byte[] Get(string family, byte[] key) => _db.Get(key, Family(family)) ?? throw new InvalidOperationException("There is no such key.");

    public void Put(string family, byte[] key, byte[] value) => _db.Put(key, value, Family(family));

    public void Remove(string family, byte[] key)
    {
        Assert.NotNull(_db.Get(key, Family(family)));
        _db.Remove(key, Family(family));
    }

    /// <summary>Flips a bit of a stored value; from its end if negative.</summary>
    public void Flip(string family, byte[] key, int at)
    {
        byte[] value = Get(family, key);
        value[at < 0 ? value.Length + at : at] ^= 1;
        Put(family, key, value);
    }

    /// <summary>All keys that begin so, ascending.</summary>
    public List<byte[]> Keys(string family, byte[] prefix)
    {
        var keys = new List<byte[]>();
        using Iterator iterator = _db.NewIterator(Family(family));
        for (iterator.Seek(prefix); iterator.Valid() && iterator.Key().AsSpan().StartsWith(prefix); iterator.Next())
        {
            keys.Add(iterator.Key());
        }

        return keys;
    }

    /// <summary>The key of a kind in which a core id stands.</summary>
    public byte[] KeyWith(char kind, CoreId id) =>
        Keys("recordings", [(byte)kind]).Single(key => key.AsSpan().IndexOf(id.ToArray()) >= 0);

    public void Dispose() => _db.Dispose();

    private static byte[] Named(char kind, string tenant, byte[] rest) => [(byte)kind, (byte)tenant.Length, .. Encoding.ASCII.GetBytes(tenant), .. rest];

    private static byte[] Number(ulong number)
    {
        byte[] key = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(key, number);
        return key;
    }

    private ColumnFamilyHandle Family(string name) => name == "system" ? _db.GetDefaultColumnFamily() : _db.GetColumnFamily(name);
}
