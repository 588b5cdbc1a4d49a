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
/// The judging of statements, deletions, readers and limits are in the other parts.
/// </summary>
internal sealed partial class Commit(Engine engine, StateCache cache, ArchiveIdentity identity, TenantUses uses, ulong nextNumber, bool hasRoom) : IDisposable
{
    /// <summary>Checkpoints closer together than this are thinned: the later one says all that the earlier one said.</summary>
    private const int KeptEvery = 64;

    private readonly WriteBatch _batch = new();
    private readonly Dictionary<RecordingName, StoredState> _states = [];
    private readonly List<RecordingName> _forks = [];
    private bool _hasNumbers;

    /// <summary>The number of the next new recording, if this is committed.</summary>
    public ulong NextNumber { get; private set; } = nextNumber;

    /// <summary>Finds a recording of a tenant.</summary>
    public bool TryGet(RecordingName name, [NotNullWhen(true)] out StoredState? state, out bool isDeleted)
    {
        state = null;
        isDeleted = _deleted.ContainsKey(name);
        return !isDeleted && Remember(name, cache.TryGet(name, out state, out isDeleted), state);
    }

    /// <summary>Finds a recording that this writer began.</summary>
    public bool TryGet(RecordingName name, SubjectId writer, [NotNullWhen(true)] out StoredState? state, out bool isDeleted)
    {
        state = null;
        isDeleted = _deleted.ContainsKey(name);
        return !isDeleted && Remember(name, cache.TryGet(name, writer, out state, out isDeleted), state);
    }

    /// <summary>Whether the tenant has such a recording, whoever began it.</summary>
    public bool Has(RecordingName name) => cache.Has(name);

    /// <summary>Recordings that this commit ends because two writer lives signed them.</summary>
    public IReadOnlyList<RecordingName> Forks => _forks;

    /// <summary>A recording that this commit came upon, unless it deleted it.</summary>
    public StoredState? Find(RecordingName name) => _deleted.ContainsKey(name) ? null : _states.GetValueOrDefault(name);

    public void Begin(RecordingName name, SubjectId writer, RecordingHeader header, ReadOnlySpan<byte> openingRecord, Statement checkpoint)
    {
        ulong number = NextNumber++;
        _hasNumbers = true;
        var state = new StoredState(number, writer, header, SHA256.HashData(openingRecord), checkpoint, new MerklePeaks()) { IsChanged = true };
        cache.Add(name, state);
        _states[name] = state;
        _uses.Add(name.Tenant, new TenantUse(Recordings: 1, state.Bytes, Tombstones: 0, Readers: 0));
        _batch.Put(Key.Writer(name, writer), ReadOnlySpan<byte>.Empty, engine.Recordings);
        _batch.Put(Key.Opening(number), openingRecord, engine.Evidence);
        Store(state, checkpoint);
    }

    public void Append(RecordingName name, StoredState state, ReadOnlySpan<byte> chunk, byte[] leaf)
    {
        Grow(name, state, state.Count + 1);
        PutChunk(state, state.Count, chunk, leaf);
        state.Append(leaf);
    }

    public void Replace(RecordingName name, StoredState state, int from, IEnumerable<ReadOnlyMemory<byte>> chunks, byte[][] leaves, MerklePeaks peaks)
    {
        int end = state.Count;
        Grow(name, state, peaks.Count);
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

    public void Seal(RecordingName name, StoredState state, Statement seal, ReadOnlySpan<byte> closingRecord)
    {
        if (seal.ChunkCount < state.Count)
        {
            // The writer says how many there are; those above were provisional, and of nobody who signs.
            MerklePeaks peaks = PeaksAt(state, seal.ChunkCount);
            Grow(name, state, seal.ChunkCount);
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

    public Outcome Fork(RecordingName name, StoredState state, Statement conflicting)
    {
        Store(state, conflicting);
        state.Conflict = conflicting;
        state.IsChanged = true;
        _forks.Add(name);
        return Outcome.Forked;
    }

    /// <summary>Makes the batch durable; after that, everything in it may be acknowledged.</summary>
    public void Write()
    {
        foreach ((RecordingName name, StoredState state) in _states)
        {
            if (state.IsChanged && !_deleted.ContainsKey(name))
            {
                _batch.Put(Key.Recording(name), Row.Encode(state), engine.Recordings);
            }
        }

        if (_hasNumbers)
        {
            Span<byte> next = stackalloc byte[Key.NumberSize];
            BinaryPrimitives.WriteUInt64BigEndian(next, NextNumber);
            _batch.Put(Key.NextNumber, next, engine.System);
        }

        _uses.AddTo(_batch, engine);

        // Queries, repetitions and refusals write nothing, and what they say has been durable before.
        if (_batch.Count() > 0)
        {
            engine.Write(_batch);
        }

        _uses.Committed();
        foreach (StoredState state in _states.Values)
        {
            state.Committed();
        }
    }

    /// <summary>Forgets what was changed in memory: nothing of it is durable.</summary>
    public void Abandon()
    {
        foreach (RecordingName name in _states.Keys)
        {
            cache.Remove(name);
        }
    }

    public void Dispose() => _batch.Dispose();

    private bool Remember(RecordingName name, bool isFound, StoredState? state)
    {
        if (isFound)
        {
            _states[name] = state!;
        }

        return isFound;
    }

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
