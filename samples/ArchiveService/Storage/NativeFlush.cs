using RocksDbSharp;

namespace ArchiveService.Storage;

/// <summary>Writes a family's memtables to files and waits for it.</summary>
internal sealed class NativeFlush : IDisposable
{
    private readonly nint _options = Native.Instance.rocksdb_flushoptions_create();

    public NativeFlush() => Native.Instance.rocksdb_flushoptions_set_wait(_options, 1);

    public void Run(RocksDb db, ColumnFamilyHandle family) =>
        Native.Instance.rocksdb_flush_cf(db.Handle, _options, family.Handle);

    public void Dispose() => Native.Instance.rocksdb_flushoptions_destroy(_options);
}
