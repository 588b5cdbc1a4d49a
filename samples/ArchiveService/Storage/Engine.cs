using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using RocksDbSharp;
using ZeroKnowledge.Calls;

namespace ArchiveService.Storage;

/// <summary>
/// RocksDB with four families: recordings, tombstones and readers by tenant and core id; chunks, leaf hashes and evidence by recording number. Leaf hashes are apart, so
/// that proofs and checks read no chunks. Safe for many readers and one writer.
/// </summary>
internal sealed class Engine : IDisposable
{
    /// <summary>As the archive info names it.</summary>
    public const string Name = "RocksDB 11.12";

    private const ulong Neighbours = 8;

    private static readonly TimeSpan LongestRead = TimeSpan.FromSeconds(60);

    private readonly RocksDb _db;
    private readonly WriteOptions _durably;
    private readonly Meter _meter;
    private readonly Counter<long> _lookups;
    private volatile string? _fault;

    private Engine(RocksDb db, string folder, bool sync)
    {
        _db = db;
        _meter = new Meter("ArchiveService", version: null, tags: [new("archive.engine", folder)]);
        _lookups = _meter.CreateCounter<long>("archive.engine.lookups", description: "Single keys and ranges of keys that were looked up, by family");
        _durably = new WriteOptions().SetSync(sync);
        Recordings = db.GetColumnFamily(EngineOptions.Recordings);
        Chunks = db.GetColumnFamily(EngineOptions.Chunks);
        Leaves = db.GetColumnFamily(EngineOptions.Leaves);
        Evidence = db.GetColumnFamily(EngineOptions.Evidence);
        System = db.GetDefaultColumnFamily();
    }

    /// <summary>Why the last write failed, or null if it did not.</summary>
    public string? Fault => _fault;

    public ColumnFamilyHandle System { get; }

    public ColumnFamilyHandle Recordings { get; }

    public ColumnFamilyHandle Chunks { get; }

    public ColumnFamilyHandle Leaves { get; }

    public ColumnFamilyHandle Evidence { get; }

    /// <summary>Opens or creates the engine's files in a folder.</summary>
    /// <param name="folder">The folder; it exists.</param>
    /// <param name="sync">False only in the test that shows that the sync is what makes an acknowledgement true.</param>
    /// <exception cref="StartException">The folder is in use, cannot be written, or was written by another version.</exception>
    public static Engine Open(string folder, bool sync)
    {
        RocksDb db;
        try
        {
            db = EngineOptions.Open(folder);
        }
        catch (RocksDbException e)
        {
            throw new StartException($"The data folder '{folder}' could not be opened: {e.Message.TrimEnd('.')}.", e);
        }

        var engine = new Engine(db, folder, sync);
        byte[]? layout = engine.Get(engine.System, Key.Layout);
        if (layout is null)
        {
            using var batch = new WriteBatch();
            batch.Put(Key.Layout, EngineOptions.Layout, engine.System);
            engine.Write(batch);
        }
        else if (!layout.AsSpan().SequenceEqual(EngineOptions.Layout))
        {
            engine.Dispose();
            throw new StartException($"The data folder '{folder}' was written by another version of the archive.");
        }

        return engine;
    }

    /// <summary>Writes a batch and returns when it is synced: all of it survives a crash, or none of it was written.</summary>
    public void Write(WriteBatch batch)
    {
        try
        {
            _db.Write(batch, _durably);
            _fault = null;
        }
        catch (RocksDbException e)
        {
            // After most faults the engine refuses everything until it is opened again: whoever watches must see it.
            _fault = e.Message;
            throw;
        }
    }

    /// <summary>Whether writing works: tried, if the last write failed.</summary>
    public bool CanWrite()
    {
        if (_fault is null)
        {
            return true;
        }

        try
        {
            using var batch = new WriteBatch();
            batch.Put(Key.Probe, ReadOnlySpan<byte>.Empty, System);
            Write(batch);
            return true;
        }
        catch (RocksDbException)
        {
            return false;
        }
    }

    public byte[]? Get(ColumnFamilyHandle family, ReadOnlySpan<byte> key)
    {
        Count("get", family);
        return _db.Get(key, family);
    }

    public byte[]? Get(ColumnFamilyHandle family, byte[] key, Snapshot? snapshot)
    {
        Count("get", family);
        return _db.Get(key, family, snapshot is null ? null : new ReadOptions().SetSnapshot(snapshot));
    }

    /// <summary>Iterates over the keys from <paramref name="first"/> to <paramref name="end"/>, exclusive.</summary>
    public Scan Scan(ColumnFamilyHandle family, byte[] first, byte[] end, Snapshot? snapshot = null)
    {
        Count("scan", family);
        return new Scan(_db, family, first, end, snapshot);
    }

    /// <summary>One state of all families for reads that belong together. Dispose it soon: it keeps deleted bytes alive.</summary>
    public Snapshot Snapshot() => _db.CreateSnapshot();

    /// <summary>Removes the bytes of deleted recordings from the files: not only from view.</summary>
    /// <param name="numbers">Recordings whose deletion is committed, ascending.</param>
    public void Purge(IReadOnlyList<ulong> numbers)
    {
        WaitForOldSnapshots();

        // The memtables of all families: a log file is removed when no family needs it any more.
        using var flush = new NativeFlush();
        foreach (ColumnFamilyHandle family in (ColumnFamilyHandle[])[System, Recordings, Chunks, Leaves, Evidence])
        {
            flush.Run(_db, family);
        }

        using var compaction = new NativeCompaction();
        foreach ((ulong first, ulong last) in Runs(numbers))
        {
            foreach (ColumnFamilyHandle family in (ColumnFamilyHandle[])[Chunks, Leaves, Evidence])
            {
                compaction.Run(_db, family, Key.Number(first), Key.Number(checked(last + 1)));
            }
        }
    }

    public void Dispose()
    {
        _db.Dispose();
        _meter.Dispose();
    }

    private void Count(string what, ColumnFamilyHandle family)
    {
        if (_lookups.Enabled)
        {
            _lookups.Add(1, new KeyValuePair<string, object?>("kind", what), new KeyValuePair<string, object?>("family", NameOf(family)));
        }
    }

    private string NameOf(ColumnFamilyHandle family) =>
        family == Recordings ? EngineOptions.Recordings
        : family == Chunks ? EngineOptions.Chunks
        : family == Leaves ? EngineOptions.Leaves
        : family == Evidence ? EngineOptions.Evidence
        : "system";

    // Neighbours share files: one rewriting does for all of them.
    private static IEnumerable<(ulong First, ulong Last)> Runs(IReadOnlyList<ulong> numbers)
    {
        ulong first = numbers[0];
        for (int i = 1; i <= numbers.Count; i++)
        {
            if (i == numbers.Count || numbers[i] - numbers[i - 1] > Neighbours)
            {
                yield return (first, numbers[i - 1]);
                first = i == numbers.Count ? 0 : numbers[i];
            }
        }
    }

    // What a snapshot from before the deletion can still see is kept by a compaction. They last for one read each.
    private void WaitForOldSnapshots()
    {
        ulong now = _db.GetLatestSequenceNumber();
        var waited = Stopwatch.StartNew();
        while (ulong.TryParse(_db.GetProperty("rocksdb.oldest-snapshot-sequence"), CultureInfo.InvariantCulture, out ulong oldest)
            && oldest > 0 && oldest < now)
        {
            if (waited.Elapsed > LongestRead)
            {
                throw new TimeoutException("A read has lasted too long to remove deleted bytes yet.");
            }

            Thread.Sleep(10);
        }
    }
}
