using ArchiveService.Readers;
using ArchiveService.Storage;

namespace ArchiveService.Uploads;

internal sealed partial class Commit
{
    // What this commit changes; null is removed. The engine does not have it yet.
    private readonly Dictionary<(RecordingName Name, SubjectId Reader), NamedReader?> _readers = [];

    public TenantUse UseOf(Tenant tenant) => _uses.Of(tenant);

    public bool HasReader(RecordingName name, SubjectId reader) => _readers.TryGetValue((name, reader), out NamedReader? changed)
        ? changed is not null
        : engine.Get(engine.Recordings, Key.Reader(name, reader)) is not null;

    public void PutReader(RecordingName name, NamedReader reader)
    {
        if (!HasReader(name, reader.Reader))
        {
            _uses.Add(name.Tenant, new TenantUse(Recordings: 0, Bytes: 0, Tombstones: 0, Readers: 1));
        }

        _readers[(name, reader.Reader)] = reader;
        _batch.Put(Key.Reader(name, reader.Reader), reader.Encode(), engine.Recordings);
        _batch.Put(Key.Grant(name, reader.Reader), ReadOnlySpan<byte>.Empty, engine.Recordings);
    }

    public void RemoveReader(RecordingName name, SubjectId reader)
    {
        if (HasReader(name, reader))
        {
            _uses.Add(name.Tenant, new TenantUse(Recordings: 0, Bytes: 0, Tombstones: 0, Readers: -1));
            _readers[(name, reader)] = null;
            _batch.Delete(Key.Reader(name, reader), engine.Recordings);
            _batch.Delete(Key.Grant(name, reader), engine.Recordings);
        }
    }

    private List<NamedReader> ReadersOf(RecordingName name)
    {
        List<NamedReader> readers = [.. _readers.Where(one => one.Key.Name == name && one.Value is not null).Select(one => one.Value!)];
        byte[] first = Key.Readers(name);
        using Scan scan = engine.Scan(engine.Recordings, first, Key.EndOf(first));
        while (scan.Next())
        {
            NamedReader stored = NamedReader.Decode(scan.Value);
            if (!_readers.ContainsKey((name, stored.Reader)))
            {
                readers.Add(stored);
            }
        }

        return readers;
    }
}
