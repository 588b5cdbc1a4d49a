using System.Runtime.InteropServices;
using RocksDbSharp;

namespace ArchiveService.Storage;

/// <summary>A bounded iteration over one family, in ascending order of keys. Spans are valid until the next move.</summary>
internal sealed class Scan : IDisposable
{
    private readonly Iterator _iterator;
    private readonly ReadOptions _options;

    // The options keep pointers to the bounds, not copies.
    private readonly GCHandle _first;
    private readonly GCHandle _end;
    private readonly byte[] _start;
    private bool _started;

    public unsafe Scan(RocksDb db, ColumnFamilyHandle family, byte[] first, byte[] end, Snapshot? snapshot)
    {
        _start = first;
        _first = GCHandle.Alloc(first, GCHandleType.Pinned);
        _end = GCHandle.Alloc(end, GCHandleType.Pinned);
        _options = new ReadOptions();
        _options.SetIterateLowerBound((byte*)_first.AddrOfPinnedObject(), (ulong)first.Length);
        _options.SetIterateUpperBound((byte*)_end.AddrOfPinnedObject(), (ulong)end.Length);
        if (snapshot is not null)
        {
            _options.SetSnapshot(snapshot);
        }

        _iterator = db.NewIterator(family, _options);
    }

    public ReadOnlySpan<byte> Key => _iterator.GetKeySpan();

    public ReadOnlySpan<byte> Value => _iterator.GetValueSpan();

    /// <summary>Moves to the first or the next pair; false at the end.</summary>
    /// <exception cref="RocksDbException">A file could not be read: the end of an iteration alone does not say that all was seen.</exception>
    public bool Next()
    {
        if (_started)
        {
            _iterator.Next();
        }
        else
        {
            _iterator.Seek(_start);
            _started = true;
        }

        return IsValid();
    }

    /// <summary>Moves to the last pair; false if there is none.</summary>
    public bool Last()
    {
        _iterator.SeekToLast();
        _started = true;
        return IsValid();
    }

    public void Dispose()
    {
        _iterator.Dispose();
        _first.Free();
        _end.Free();
    }

    private bool IsValid()
    {
        if (_iterator.Valid())
        {
            return true;
        }

        Native.Instance.rocksdb_iter_get_error(_iterator.Handle);
        return false;
    }
}
