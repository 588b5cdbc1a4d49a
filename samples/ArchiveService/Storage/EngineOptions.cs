using RocksDbSharp;

namespace ArchiveService.Storage;

/// <summary>How the engine is tuned, and why.</summary>
internal static class EngineOptions
{
    public const string Recordings = "recordings";
    public const string Chunks = "chunks";
    public const string Leaves = "leaves";
    public const string Evidence = "evidence";

    private const ulong MiB = 1 << 20;

    /// <summary>The version of keys and rows in the files.</summary>
    public static ReadOnlySpan<byte> Layout => [2];

    // As RocksDB says it.
    private const string NoDirectIo = "Direct I/O is not supported";

    public static RocksDb Open(string folder)
    {
        try
        {
            return Open(folder, direct: true);
        }
        catch (RocksDbException e) when (e.Message.Contains(NoDirectIo, StringComparison.OrdinalIgnoreCase))
        {
            return Open(folder, direct: false);
        }
    }

    /// <param name="folder">The folder; it exists.</param>
    /// <param name="direct">Tables are written past the system's cache, where their copying costs more than all else that the engine does. Some file systems cannot.</param>
    private static RocksDb Open(string folder, bool direct)
    {
        // One cache for all families: memory has one bound.
        Cache cache = Cache.CreateLru(64 * MiB);
        DbOptions options = new DbOptions()
            .SetCreateIfMissing(true)
            .SetCreateMissingColumnFamilies(true)

            // After a power cut the log may end in torn pages; nothing in them was acknowledged.
            .SetWalRecoveryMode(Recovery.PointInTime)
            .SetMaxTotalWalSize(1024 * MiB)
            .SetUseDirectIoForFlushAndCompaction(direct)
            .SetMaxOpenFiles(1000)
            .SetInfoLogLevel(InfoLogLevel.Warn)
            .SetKeepLogFileNum(4);
        Native.Instance.rocksdb_options_set_max_background_jobs(options.Handle, 2);
        Native.Instance.rocksdb_options_set_use_direct_io_for_compaction_reads(options.Handle, direct ? (byte)1 : (byte)0);

        // A log file that was synced and is missing or short stops the start, instead of losing what was acknowledged.
        Native.Instance.rocksdb_options_set_track_and_verify_wals_in_manifest(options.Handle, 1);

        // Values in the tables, not in blob files: those would halve the bytes written, but a blob file holds the chunks of
        // many recordings, and to remove those of one its garbage collection rewrites everything.
        // Large buffers, and as much in the first level as is merged into it at a time: the chunks of all running calls lie
        // side by side in each buffer, so every merge rewrites what the level has.
        ColumnFamilyOptions chunks = Family(cache)
            .SetWriteBufferSize(128 * MiB)
            .SetMaxWriteBufferNumber(3)
            .SetLevel0FileNumCompactionTrigger(8)
            .SetTargetFileSizeBase(32 * MiB)
            .SetMaxBytesForLevelBase(1024 * MiB);

        var families = new ColumnFamilies(Family(cache))
        {
            { Recordings, Family(cache) },
            { Chunks, chunks },
            { Leaves, Family(cache) },
            { Evidence, Family(cache) },
        };
        return RocksDb.Open(options, folder, families);
    }

    private static ColumnFamilyOptions Family(Cache cache) => new ColumnFamilyOptions()
        .SetCompression(Compression.No) // ciphertext and hashes do not shrink
        .SetLevelCompactionDynamicLevelBytes(true)
        .SetWriteBufferSize(16 * MiB)
        .SetBlockBasedTableFactory(new BlockBasedTableOptions()
            .SetBlockCache(cache)
            .SetFilterPolicy(BloomFilterPolicy.Create(10, false))
            .SetCacheIndexAndFilterBlocks(true)
            .SetBlockSize(16 * 1024));
}
