using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// The spool's thread: writes what the pumps bring, chunks first, then the journal that names them; syncs if asked to; then tells. Nothing that it holds is
/// given up because a disk is full: it tries again.
/// </summary>
internal sealed class SpoolWriter : ISpoolSink, IDisposable
{
    private const int MaxBatch = 256;
    private const int MaxBatchBytes = 4 << 20;
    private const int ChunkHead = SpoolRecord.HeadSize + 4;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentQueue<SpoolItem> _queue = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private readonly Spool _spool;
    private readonly ISpoolEvents _events;
    private readonly bool _sync;
    private readonly SpoolJournal _journal = new();
    private readonly SpoolCleaner _cleaner;
    private readonly SpoolChunkCleaner _chunkCleaner;
    private readonly SpoolBallast _ballast;
    private readonly List<SpoolItem> _batch = new(MaxBatch);
    private readonly List<SpoolLocation> _locations = new(MaxBatch);
    private readonly List<ReadOnlyMemory<byte>> _parts = new(2 * MaxBatch);
    private readonly byte[] _heads = new byte[MaxBatch * ChunkHead];
    private volatile bool _stopping;
    private volatile string? _fault;
    private int _pressed;
    private int _freed;
    private int _waiting;
    private int _pending;

    public SpoolWriter(string folder, long capacity, bool sync, Spool spool, ISpoolEvents events)
    {
        _spool = spool;
        _events = events;
        _sync = sync;
        Chunks = new SpoolLog(folder, "chunks", (int)Math.Clamp(capacity / 256, 16 << 10, 256 << 20));
        Journal = new SpoolLog(folder, "journal", (int)Math.Clamp(capacity / 64, 16 << 10, 4 << 20));
        _cleaner = new SpoolCleaner(Journal, sync, events);
        _chunkCleaner = new SpoolChunkCleaner(Chunks, sync);
        _ballast = new SpoolBallast(folder, capacity);
        _thread = new Thread(Run) { IsBackground = true, Name = "zkcalls spool" };
    }

    public SpoolLog Chunks { get; }

    public SpoolLog Journal { get; }

    /// <summary>Bytes of all files. Thread-safe.</summary>
    public long Bytes => Chunks.Bytes + Journal.Bytes + _ballast.Bytes;

    /// <summary>Why nothing can be written at present, or null.</summary>
    public string? Fault => _fault;

    /// <summary>Something is not yet written.</summary>
    public bool IsBusy => Volatile.Read(ref _pending) != 0;

    public void Start() => _thread.Start();

    /// <summary>From the recovery, before the start.</summary>
    public void Adopt(IEnumerable<SpooledRecording> recordings) => _cleaner.Adopt(recordings);

    public void Add(in SpoolItem item)
    {
        Interlocked.Increment(ref _pending);
        _queue.Enqueue(item);
        if (Interlocked.Exchange(ref _waiting, 0) != 0)
        {
            _wake.Set();
        }
    }

    /// <summary>Room is wanted that files hold whose records are given up.</summary>
    public void MakeRoom()
    {
        Volatile.Write(ref _pressed, 1);
        _wake.Set();
    }

    /// <summary>Chunks were given up: files may be.</summary>
    public void Freed() => Volatile.Write(ref _freed, 1);

    /// <returns>How many records were not written.</returns>
    public int Stop()
    {
        _stopping = true;
        _wake.Set();
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        return Volatile.Read(ref _pending);
    }

    public void Dispose()
    {
        Stop();
        Chunks.Dispose();
        Journal.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            bool worked = TakeBatch() && TryWrite();
            Clean();
            if (_stopping && (_fault is not null || (_queue.IsEmpty && _batch.Count == 0)))
            {
                return;
            }

            if (_fault is not null)
            {
                Thread.Sleep(RetryDelay);
            }
            else if (!worked)
            {
                Interlocked.Exchange(ref _waiting, 1);
                if (_queue.IsEmpty)
                {
                    _wake.WaitOne(RetryDelay);
                }
            }
        }
    }

    // What could not be written is the next batch again.
    private bool TakeBatch()
    {
        int bytes = 0;
        while (_fault is null && _batch.Count < MaxBatch && bytes < MaxBatchBytes && _queue.TryDequeue(out SpoolItem item))
        {
            if (item.Type != SpoolRecordType.Done && item.Recording is { } recording && Volatile.Read(ref recording.IsSettled) != 0)
            {
                // Every archive is through with it: written behind its end it would be found again.
                Drop(item);
                continue;
            }

            _batch.Add(item);
            bytes += item.Chunk?.StoredSize ?? 0;
        }

        return _batch.Count > 0;
    }

    private void Drop(in SpoolItem item)
    {
        if (item.Chunk is { } chunk)
        {
            _spool.Unreserve(chunk.StoredSize);
            chunk.Pool.Return(chunk);
        }

        Interlocked.Decrement(ref _pending);
    }

    private bool TryWrite()
    {
        int written = 0;
        try
        {
            written = WriteChunks();
            WriteJournal();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (written > 0)
            {
                Chunks.Rewind(written);
            }

            Chunks.Trim();
            Journal.Trim();
            _fault = e.Message;
            // What was given up meanwhile may make room.
            Volatile.Write(ref _freed, 1);
            _events.Failing(e);
            return false;
        }

        _fault = null;
        Publish();
        Interlocked.Add(ref _pending, -_batch.Count);
        _batch.Clear();
        return true;
    }

    /// <returns>How many bytes.</returns>
    private int WriteChunks()
    {
        _parts.Clear();
        _locations.Clear();
        int size = 0;
        SpoolSegment? segment = null;
        foreach (SpoolItem item in _batch)
        {
            if (item.Chunk is not { } chunk)
            {
                _locations.Add(default);
                continue;
            }

            segment ??= Chunks.Active(_sync);
            Memory<byte> head = _heads.AsMemory((_parts.Count / 2) * ChunkHead, ChunkHead);
            BinaryPrimitives.WriteInt32BigEndian(head.Span[SpoolRecord.HeadSize..], chunk.Index);
            SpoolRecord.WriteHead(head.Span, SpoolRecordType.Chunk, item.Recording!.Number, segment.Number, head.Span[SpoolRecord.HeadSize..], chunk.Stored.Span);
            _parts.Add(head);
            _parts.Add(chunk.Stored);
            _locations.Add(new SpoolLocation(segment, segment.Length + size, 4 + chunk.StoredSize));
            size += ChunkHead + chunk.StoredSize;
        }

        if (size > 0)
        {
            Chunks.Append(_parts, size, _sync);
        }

        return size;
    }

    private void WriteJournal()
    {
        _journal.Start(Journal.Active(_sync));
        for (int i = 0; i < _batch.Count; i++)
        {
            (SpoolRecordType type, SpooledRecording? recording, ChunkBuffer? chunk, byte[]? body, _) = _batch[i];
            if (recording is null)
            {
                continue;
            }

            if (chunk is null)
            {
                _locations[i] = _journal.Add(type, recording.Number, body);
                continue;
            }

            _journal.AddLeaf(recording.Number, chunk.Index, chunk.Leaf.Span);
            if (chunk.Checkpoint is { } checkpoint)
            {
                checkpoint.Location = _journal.AddCheckpoint(recording, checkpoint.Statement, checkpoint.Peaks);
            }
        }

        // There is at most one recovery of a recording: it is on the disk before it is sent.
        _journal.Write(Journal, _sync || _batch.Exists(item => item.Type == SpoolRecordType.Recovery));
    }

    private void Publish()
    {
        long bytes = 0;
        int chunks = 0;
        for (int i = 0; i < _batch.Count; i++)
        {
            (SpoolRecordType type, SpooledRecording? recording, ChunkBuffer? chunk, byte[]? body, TaskCompletionSource? written) = _batch[i];
            SpoolLocation location = _locations[i];
            if (recording is null)
            {
                written!.TrySetResult();
                continue;
            }

            switch (type)
            {
                case SpoolRecordType.Chunk:
                    bytes += location.Size;
                    chunks++;
                    Interlocked.Add(ref location.Segment.Live, location.Size);
                    if (chunk!.Checkpoint is { } checkpoint)
                    {
                        recording.NoteSigned(checkpoint.Statement);
                        recording.SetCheckpoint(chunk.Index + 1, checkpoint.Location);
                        _events.Signed(recording, checkpoint.Statement);
                    }

                    recording.AddChunk(location);
                    chunk.Pool.Return(chunk);
                    _events.Ready(recording);
                    break;
                case SpoolRecordType.Begin:
                    _cleaner.Begun(recording, location);
                    break;
                case SpoolRecordType.End:
                    recording.NoteSigned(body.AsSpan(0, Statement.Size));
                    recording.SetEnd(location);
                    _events.Signed(recording, body.AsSpan(0, Statement.Size));
                    _events.Ready(recording);
                    break;
                case SpoolRecordType.Recovery:
                    recording.SetRecovery(location);
                    _events.Signed(recording, body);
                    _events.Ready(recording);
                    break;
                default:
                    _cleaner.Done(recording);
                    break;
            }
        }

        _spool.Written(bytes, chunks);
    }

    private void Clean()
    {
        bool pressed = Interlocked.Exchange(ref _pressed, 0) != 0;
        if (Interlocked.Exchange(ref _freed, 0) == 0 && !pressed)
        {
            return;
        }

        try
        {
            if (pressed)
            {
                Chunks.RollIfDead();
            }

            if (Chunks.Dead() is { Count: > 0 } dead)
            {
                if (_fault is not null)
                {
                    _ballast.Drop();
                }

                _cleaner.Mark();
                foreach (SpoolSegment segment in dead)
                {
                    Chunks.Delete(segment);
                }
            }

            _cleaner.Clean(pressed);
            if (_fault is null)
            {
                _chunkCleaner.Clean(_spool.LiveBytes, _cleaner.Mark, _cleaner.Find);
                _ballast.Make();
            }
        }
#pragma warning disable CA1031 // Whatever happens while cleaning, writing goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _events.Failing(e);
        }
    }
}
