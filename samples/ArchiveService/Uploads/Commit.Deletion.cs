using ArchiveService.Readers;
using ArchiveService.Recordings;
using ArchiveService.Storage;
using RocksDbSharp;
using ZeroKnowledge.Calls;

namespace ArchiveService.Uploads;

internal sealed partial class Commit
{
    private readonly Dictionary<RecordingName, byte[]> _deleted = [];

    /// <summary>Removes a recording from view and leaves its tombstone, with the certificate, and a note that its bytes are to be purged.</summary>
    public void Delete(RecordingName name, StoredState state)
    {
        Span<byte> root = stackalloc byte[MerkleTree.HashSize];
        state.Peaks.Root(root);
        ulong bytes = checked((ulong)state.Count * (ulong)state.Header.StoredChunkSize);
        LeaveTombstone(name, state.Number, state.Count, bytes, root);

        byte[] first = Key.Number(state.Number);
        byte[] end = Key.Number(checked(state.Number + 1));
        foreach (ColumnFamilyHandle family in (ColumnFamilyHandle[])[engine.Chunks, engine.Leaves, engine.Evidence])
        {
            DeleteRange(first, end, family);
        }

        _batch.Delete(Key.Recording(name), engine.Recordings);
        _batch.Delete(Key.Writer(name, state.Writer), engine.Recordings);
        foreach (NamedReader reader in ReadersOf(name))
        {
            RemoveReader(name, reader.Reader);
        }

        _batch.Put(Key.Purge(state.Number), ReadOnlySpan<byte>.Empty, engine.System);
        _uses.Add(name.Tenant, new TenantUse(Recordings: -1, -state.Bytes, Tombstones: 0, Readers: 0));
        cache.Remove(name);
    }

    /// <summary>Leaves a tombstone where nothing is: what comes later is not taken.</summary>
    public void DeleteUnknown(RecordingName name)
    {
        Span<byte> root = stackalloc byte[MerkleTree.HashSize];
        new MerklePeaks().Root(root);
        LeaveTombstone(name, number: 0, count: 0, bytes: 0, root);
    }

    /// <summary>The certificate of what was deleted, in this commit or before; null if it was not.</summary>
    public byte[]? DeletionOf(RecordingName name) =>
        _deleted.TryGetValue(name, out byte[]? certificate) ? certificate
        : engine.Get(engine.Recordings, Key.Tombstone(name)) is { } row ? Row.DecodeTombstone(row).Certificate : null;

    private void LeaveTombstone(RecordingName name, ulong number, int count, ulong bytes, ReadOnlySpan<byte> root)
    {
        byte[] certificate = DeletionCertificate.Create(identity.Key, name.Id, count, bytes, root, identity.Clock.GetUtcNow()).ToArray();
        _batch.Put(Key.Tombstone(name), Row.EncodeTombstone(number, certificate), engine.Recordings);
        _uses.Add(name.Tenant, new TenantUse(Recordings: 0, Bytes: 0, Tombstones: 1, Readers: 0));
        _deleted.Add(name, certificate);
    }
}
