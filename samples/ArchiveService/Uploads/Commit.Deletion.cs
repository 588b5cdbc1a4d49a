using ArchiveService.Recordings;
using ArchiveService.Storage;
using RocksDbSharp;
using ZeroKnowledge.Calls;

namespace ArchiveService.Uploads;

internal sealed partial class Commit
{
    private readonly HashSet<CoreId> _deleted = [];

    /// <summary>Removes a recording from view and leaves its tombstone, with the certificate, and a note that its bytes are to be purged.</summary>
    public void Delete(CoreId id, StoredState state)
    {
        Span<byte> root = stackalloc byte[MerkleTree.HashSize];
        state.Peaks.Root(root);
        ulong bytes = checked((ulong)state.Count * (ulong)state.Header.StoredChunkSize);
        byte[] certificate = DeletionCertificate.Create(
            identity.Key, id, state.Count, bytes, root, identity.Clock.GetUtcNow()).ToArray();

        byte[] first = Key.Number(state.Number);
        byte[] end = Key.Number(checked(state.Number + 1));
        foreach (ColumnFamilyHandle family in (ColumnFamilyHandle[])[engine.Chunks, engine.Leaves, engine.Evidence])
        {
            DeleteRange(first, end, family);
        }

        _batch.Put(id.ToArray(), Row.EncodeTombstone(state.Number, certificate), engine.Recordings);
        _batch.Put(Key.Purge(state.Number), ReadOnlySpan<byte>.Empty, engine.System);
        cache.Remove(id);
        _deleted.Add(id);
    }
}
