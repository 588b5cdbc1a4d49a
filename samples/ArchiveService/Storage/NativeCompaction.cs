using RocksDbSharp;

namespace ArchiveService.Storage;

/// <summary>Rewrites the files that overlap a range of keys, down to the last level, so that deleted values are no longer in them.</summary>
internal sealed class NativeCompaction : IDisposable
{
    private readonly nint _options = Native.Instance.rocksdb_compactoptions_create();

    // Not exclusive: uploads go on meanwhile, and their compactions with them.
    public NativeCompaction() => Native.Instance.rocksdb_compactoptions_set_exclusive_manual_compaction(_options, 0);

    public void Run(RocksDb db, ColumnFamilyHandle family, byte[] first, byte[] end) =>
        Native.Instance.rocksdb_compact_range_cf_opt(
            db.Handle, family.Handle, _options, first, (nuint)first.Length, end, (nuint)end.Length);

    public void Dispose() => Native.Instance.rocksdb_compactoptions_destroy(_options);
}
