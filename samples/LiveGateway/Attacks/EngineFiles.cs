using System.Buffers.Binary;
using LiveGateway.Format;
using RocksDbSharp;
using ZeroKnowledge.Calls;

namespace LiveGateway.Attacks;

/// <summary>
/// The archive's stored data, opened without the archive: what somebody does who owns its disk. None of the archive's checks stands in between. The
/// layout is that of samples/ArchiveService/Storage; another version of it is refused.
/// </summary>
internal sealed class EngineFiles : IDisposable
{
    // Beyond what the archive counts up to in this program.
    private const ulong FirstForeignNumber = 1_000_000;

    private const byte RecordingRow = 1;
    private const byte Sealed = 1;
    private const byte OpeningKind = 1;
    private const byte ClosingKind = 2;
    private const byte StatementKind = 3;
    private const int NumberSize = 8;
    private const int HashSize = 32;
    private const int WriterSize = 32;
    private const int HeaderAt = 1 + NumberSize + 2 + WriterSize;

    private readonly RocksDb _db;
    private readonly ColumnFamilyHandle _recordings;
    private readonly ColumnFamilyHandle _chunks;
    private readonly ColumnFamilyHandle _leaves;
    private readonly ColumnFamilyHandle _evidence;
    private ulong _nextForeign = FirstForeignNumber;

    /// <param name="archive">An archive's data folder; one that is empty becomes an archive without recordings.</param>
    public EngineFiles(string archive)
    {
        string folder = Path.Combine(archive, "engine");
        Directory.CreateDirectory(folder);
        ColumnFamilyOptions plain = new ColumnFamilyOptions().SetCompression(Compression.No);
        var families = new ColumnFamilies(plain) { { "recordings", plain }, { "chunks", plain }, { "leaves", plain }, { "evidence", plain } };
        _db = RocksDb.Open(new DbOptions().SetCreateIfMissing(true).SetCreateMissingColumnFamilies(true), folder, families);
        _recordings = _db.GetColumnFamily("recordings");
        _chunks = _db.GetColumnFamily("chunks");
        _leaves = _db.GetColumnFamily("leaves");
        _evidence = _db.GetColumnFamily("evidence");
        byte[]? layout = _db.Get("layout"u8.ToArray());
        if (layout is null)
        {
            Put(_db.GetDefaultColumnFamily(), "layout"u8.ToArray(), [2]);
        }
        else if (layout is not [2])
        {
            Dispose();
            throw new InvalidOperationException("The archive's files have a layout that the attacks do not know.");
        }
    }

    /// <summary>Reads a recording.</summary>
    /// <exception cref="IOException">It is not there.</exception>
    public StoredParts Read(CoreId id)
    {
        byte[] row = Row(id) ?? throw new IOException($"The archive has no recording {id}.");
        ulong number = Number(row);
        return new StoredParts
        {
            CoreId = id,
            Header = row[HeaderAt..(HeaderAt + RecordingHeader.Size)],
            Opening = Values(_evidence, [.. Key(number), OpeningKind]).Single(),
            Statements = Values(_evidence, [.. Key(number), StatementKind]),
            Closing = Values(_evidence, [.. Key(number), ClosingKind]).SingleOrDefault([]),
            Chunks = Values(_chunks, Key(number)),
        };
    }

    /// <summary>Puts a recording in the place of what is there under its core id, or adds it. Leaf hashes and row are made to agree with it.</summary>
    public void Write(StoredParts parts)
    {
        ulong number = Row(parts.CoreId) is { } row ? Number(row) : _nextForeign++;
        Clear(number);
        for (int i = 0; i < parts.Chunks.Count; i++)
        {
            byte[] key = new byte[NumberSize + 4];
            Key(number).CopyTo(key, 0);
            BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(NumberSize), i);
            Put(_chunks, key, parts.Chunks[i]);
            Put(_leaves, key, StoredParts.Leaf(parts.Chunks[i]));
        }

        Put(_evidence, [.. Key(number), OpeningKind], parts.Opening);
        if (parts.Closing.Length > 0)
        {
            Put(_evidence, [.. Key(number), ClosingKind], parts.Closing);
        }

        for (int i = 0; i < parts.Statements.Count; i++)
        {
            // Any key in this range: the archive gives all of them.
            Put(_evidence, [.. Key(number), StatementKind, (byte)(i >> 8), (byte)i], parts.Statements[i]);
        }

        Put(_recordings, RowKey(parts.CoreId), NewRow(number, parts));
        Put(_recordings, [.. Name('w'), .. new byte[WriterSize], .. parts.CoreId.ToArray()], []);
    }

    public void Dispose() => _db.Dispose();

    private static byte[] NewRow(ulong number, StoredParts parts)
    {
        Statement newest = parts.Parsed().Where(statement => statement.IsLive).MaxBy(statement => statement.ChunkCount)
            ?? throw new InvalidOperationException("A recording has at least its first checkpoint.");
        MerklePeaks peaks = new();
        for (int i = 0; i < newest.ChunkCount; i++)
        {
            peaks.Append(i < parts.Chunks.Count ? StoredParts.Leaf(parts.Chunks[i]) : new byte[HashSize]);
        }

        byte flags = newest.Type == StatementType.Seal ? Sealed : (byte)0;
        return
        [
            RecordingRow, .. Key(number), flags, 0, .. new byte[WriterSize], .. parts.Header, .. newest.OpeningHash, .. newest.ToArray(), 0, .. peaks.ToArray(),
        ];
    }

    private static byte[] Key(ulong number)
    {
        byte[] key = new byte[NumberSize];
        BinaryPrimitives.WriteUInt64BigEndian(key, number);
        return key;
    }

    private static ulong Number(byte[] row) => BinaryPrimitives.ReadUInt64BigEndian(row.AsSpan(1));

    private void Put(ColumnFamilyHandle family, byte[] key, byte[] value) => _db.Put(key, value, family);

    // Of the only tenant, whose writers have no certificate.
    private static byte[] Name(char kind) => [(byte)kind, 7, .. "default"u8];

    private static byte[] RowKey(CoreId id) => [.. Name('r'), .. id.ToArray()];

    private byte[]? Row(CoreId id) => _db.Get(RowKey(id), _recordings);

    private void Clear(ulong number)
    {
        foreach (ColumnFamilyHandle family in new[] { _chunks, _leaves, _evidence })
        {
            foreach (byte[] key in Scan(family, Key(number)).Select(pair => pair.Key))
            {
                _db.Remove(key, family);
            }
        }
    }

    private List<byte[]> Values(ColumnFamilyHandle family, byte[] prefix) => [.. Scan(family, prefix).Select(pair => pair.Value)];

    private List<(byte[] Key, byte[] Value)> Scan(ColumnFamilyHandle family, byte[] prefix)
    {
        List<(byte[], byte[])> pairs = [];
        using Iterator iterator = _db.NewIterator(family);
        for (iterator.Seek(prefix); iterator.Valid() && iterator.Key().AsSpan().StartsWith(prefix); iterator.Next())
        {
            pairs.Add((iterator.Key(), iterator.Value()));
        }

        return pairs;
    }
}
