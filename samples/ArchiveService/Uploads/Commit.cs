using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using ArchiveService.Recordings;
using ArchiveService.Storage;
using Google.Protobuf;
using RocksDbSharp;
using ZeroKnowledge.Calls;

namespace ArchiveService.Uploads;

/// <summary>
/// What one batch of the engine will hold: the records of many recordings, and what they change. All of it becomes durable at once, or nothing does.
/// The judging of statements is in the other part.
/// </summary>
internal sealed partial class Commit(Engine engine, StateCache cache, ArchiveIdentity identity, ulong nextNumber, bool hasRoom) : IDisposable
{
    /// <summary>Checkpoints closer together than this are thinned: the later one says all that the earlier one said.</summary>
    private const int KeptEvery = 64;

    private readonly WriteBatch _batch = new();
    private readonly Dictionary<CoreId, StoredState> _states = [];
    private readonly List<CoreId> _forks = [];
    private bool _hasNumbers;

    /// <summary>The disk has room for more than what finishes a recording.</summary>
    public bool HasRoom { get; } = hasRoom;

    /// <summary>The number of the next new recording, if this is committed.</summary>
    public ulong NextNumber { get; private set; } = nextNumber;

    public bool TryGet(CoreId id, [NotNullWhen(true)] out StoredState? state, out bool isDeleted)
    {
        if (_deleted.Contains(id))
        {
            state = null;
            isDeleted = true;
            return false;
        }

        if (!cache.TryGet(id, out state, out isDeleted))
        {
            return false;
        }

        _states[id] = state;
        return true;
    }

    /// <summary>Recordings that this commit ends because two writer lives signed them.</summary>
    public IReadOnlyList<CoreId> Forks => _forks;

    /// <summary>A recording that this commit came upon, unless it deleted it.</summary>
    public StoredState? Find(CoreId id) => _deleted.Contains(id) ? null : _states.GetValueOrDefault(id);

    public void Begin(RecordingHeader header, ReadOnlySpan<byte> openingRecord, Statement checkpoint)
    {
        ulong number = NextNumber++;
        _hasNumbers = true;
        var state = new StoredState(number, header, SHA256.HashData(openingRecord), checkpoint, new MerklePeaks()) { IsChanged = true };
        cache.Add(header.CoreId, state);
        _states[header.CoreId] = state;
        _batch.Put(Key.Opening(number), openingRecord, engine.Evidence);
        Store(state, checkpoint);
    }

    public void Append(StoredState state, ReadOnlySpan<byte> chunk, byte[] leaf)
    {
        PutChunk(state, state.Count, chunk, leaf);
        state.Append(leaf);
    }

    public void Replace(StoredState state, int from, IEnumerable<ReadOnlyMemory<byte>> chunks, byte[][] leaves, MerklePeaks peaks)
    {
        int end = state.Count;
        if (end > peaks.Count)
        {
            Truncate(state, peaks.Count);
        }

        int index = from;
        foreach (ReadOnlyMemory<byte> chunk in chunks)
        {
            PutChunk(state, index, chunk.Span, leaves[index - from]);
            index++;
        }

        state.Replace(from, leaves, peaks);

        if (state.Recovery?.ChunkCount > from)
        {
            // It attested the bytes that have just gone.
            ForgetRecovery(state);
        }
    }

    public void Sign(StoredState state, Statement live)
    {
        Statement last = state.NewestLive;
        if (last.ChunkCount > 0 && (last.ChunkCount - 1) / KeptEvery == (live.ChunkCount - 1) / KeptEvery)
        {
            _batch.Delete(KeyOf(state, last), engine.Evidence);
        }

        state.Sign(live, PeaksAt(state, live.ChunkCount));
        Store(state, live);
        if (state.Recovery?.ChunkCount < live.ChunkCount)
        {
            // Ignored from here on: its receipt is not the newest statement's, and one that comes later does not differ from it.
            ForgetRecovery(state);
            state.Recoveries = 0;
        }
    }

    public void Seal(StoredState state, Statement seal, ReadOnlySpan<byte> closingRecord)
    {
        if (seal.ChunkCount < state.Count)
        {
            // The writer says how many there are; those above were provisional, and of nobody who signs.
            MerklePeaks peaks = PeaksAt(state, seal.ChunkCount);
            Truncate(state, seal.ChunkCount);
            state.Replace(seal.ChunkCount, [], peaks);
        }

        state.IsSealed = true;
        state.Recovery = null;
        state.Sign(seal, state.Peaks);
        Store(state, seal);
        _batch.Put(Key.Closing(state.Number), closingRecord, engine.Evidence);
        Attest(state);
    }

    public void Recover(StoredState state, Statement recovery)
    {
        Store(state, recovery);
        state.IsChanged = true;
        state.Recoveries++;
        if (state.Recoveries == 1)
        {
            state.Recovery = recovery;
            Attest(state);
        }
        else
        {
            // Two different ones leave the recording open.
            ForgetRecovery(state);
        }
    }

    public Outcome Fork(StoredState state, Statement conflicting)
    {
        Store(state, conflicting);
        state.IsForked = true;
        state.IsChanged = true;
        _forks.Add(state.Header.CoreId);
        return Outcome.Forked;
    }

    /// <summary>Makes the batch durable; after that, everything in it may be acknowledged.</summary>
    public void Write()
    {
        foreach ((CoreId id, StoredState state) in _states)
        {
            if (state.IsChanged && !_deleted.Contains(id))
            {
                _batch.Put(id.ToArray(), Row.Encode(state), engine.Recordings);
            }
        }

        if (_hasNumbers)
        {
            Span<byte> next = stackalloc byte[Key.NumberSize];
            BinaryPrimitives.WriteUInt64BigEndian(next, NextNumber);
            _batch.Put(Key.NextNumber, next, engine.System);
        }

        // Queries, repetitions and refusals write nothing, and what they say has been durable before.
        if (_batch.Count() > 0)
        {
            engine.Write(_batch);
        }

        foreach (StoredState state in _states.Values)
        {
            state.Committed();
        }
    }

    /// <summary>Forgets what was changed in memory: nothing of it is durable.</summary>
    public void Abandon()
    {
        foreach (CoreId id in _states.Keys)
        {
            cache.Remove(id);
        }
    }

    public void Dispose() => _batch.Dispose();

    private void PutChunk(StoredState state, int index, ReadOnlySpan<byte> chunk, byte[] leaf)
    {
        Span<byte> key = stackalloc byte[Key.IndexedSize];
        Key.Indexed(key, state.Number, (uint)index);
        _batch.Put(key, chunk, engine.Chunks);
        _batch.Put(key, leaf, engine.Leaves);
    }

    private void Truncate(StoredState state, int count)
    {
        byte[] first = Key.Indexed(state.Number, (uint)count);
        byte[] end = Key.Indexed(state.Number, (uint)state.Count);
        DeleteRange(first, end, engine.Chunks);
        DeleteRange(first, end, engine.Leaves);
    }

    private void DeleteRange(byte[] first, byte[] end, ColumnFamilyHandle family) =>
        _batch.DeleteRange(first, (ulong)first.Length, end, (ulong)end.Length, family);

    private void Store(StoredState state, Statement statement) =>
        _batch.Put(KeyOf(state, statement), statement.ToArray(), engine.Evidence);

    // Signed here, stored in the same batch, and handed out only when all it attests is durable.
    private void Attest(StoredState state)
    {
        Statement newest = state.Newest;
        byte[] receipt = Receipt.Create(identity.Key, newest, identity.Clock.GetUtcNow()).ToArray();
        state.Receipt = ByteString.CopyFrom(receipt);
        _batch.Put(Key.Receipt(state.Number, (uint)newest.ChunkCount, SHA256.HashData(receipt)), receipt, engine.Evidence);
    }

    private static void ForgetRecovery(StoredState state)
    {
        if (state.Recovery is not null)
        {
            state.Recovery = null;
            state.Receipt = ByteString.Empty;
            state.IsChanged = true;
        }
    }

    private static byte[] KeyOf(StoredState state, Statement statement)
    {
        Span<byte> hash = stackalloc byte[MerkleTree.HashSize];
        statement.CopyHashTo(hash);
        return Key.Statement(state.Number, (uint)statement.ChunkCount, (byte)statement.Type, hash);
    }
}
