using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// The recordings of one upload stream, and which of them have something to send. The pump adds, the stream takes batches and applies the archive's
/// answers. Its lock is held for a few list operations only. Thread-safe.
/// </summary>
internal sealed class UploadQueue(MemorySpool spool, UploadBatcher batcher, Func<long> clock) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<CoreId, SpooledRecording> _all = [];
    private readonly Queue<SpooledRecording> _ready = new();
    private readonly List<SpooledRecording> _parked = [];
    private readonly SemaphoreSlim _signal = new(0);
    private int _signaled;

    public IReadOnlyList<SpooledRecording> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _all.Values];
            }
        }
    }

    public bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return _all.Count == 0;
            }
        }
    }

    public SpooledRecording? Find(ReadOnlySpan<byte> coreId)
    {
        lock (_gate)
        {
            return coreId.Length == CoreId.Size ? _all.GetValueOrDefault(new CoreId(coreId)) : null;
        }
    }

    public void Begin(SpooledRecording recording)
    {
        lock (_gate)
        {
            _all.Add(recording.CoreId, recording);
            MakeReady(recording);
        }
    }

    /// <summary>Takes over a chunk for which room was reserved.</summary>
    public void Append(SpooledRecording recording, ChunkBuffer chunk)
    {
        lock (_gate)
        {
            if (recording.IsDone)
            {
                Release(recording, chunk);
                return;
            }

            if (recording.Tail is { } tail)
            {
                tail.Next = chunk;
            }
            else
            {
                recording.Head = chunk;
            }

            recording.Tail = chunk;
            recording.Sending ??= chunk;
            MakeReady(recording);
        }
    }

    public void End(SpooledRecording recording, byte[] closingRecord, byte[] seal)
    {
        lock (_gate)
        {
            recording.End = new End
            {
                ClosingRecord = UnsafeByteOperations.UnsafeWrap(closingRecord),
                Seal = UnsafeByteOperations.UnsafeWrap(seal),
            };
            MakeReady(recording);
        }
    }

    /// <summary>Waits until there may be something to send, or a refused recording is due again.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        await _signal.WaitAsync(TimeSpan.FromSeconds(1), cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _signaled, 0);
        lock (_gate)
        {
            long now = clock();
            foreach (SpooledRecording due in _parked.FindAll(recording => recording.ParkedUntilMs <= now))
            {
                _parked.Remove(due);
                MakeReady(due);
            }
        }
    }

    /// <summary>After a reconnect: every recording that the archive may know is asked for first.</summary>
    public void Reconnected()
    {
        lock (_gate)
        {
            foreach (SpooledRecording recording in _all.Values)
            {
                recording.AwaitsAnswer = false;
                recording.NeedsQuery = recording.BeginSent;
                MakeReady(recording);
            }
        }
    }

    /// <summary>The next batch, taken in turn from the recordings that have something to send; null if none has.</summary>
    public UploadRequest? Take()
    {
        lock (_gate)
        {
            UploadRequest request = new();
            int bytes = 0;
            while (!UploadBatcher.IsFull(request, bytes) && _ready.TryDequeue(out SpooledRecording? recording))
            {
                recording.IsReady = false;
                if (!recording.IsDone && !recording.AwaitsAnswer && !_parked.Contains(recording) && batcher.Fill(request, recording, ref bytes))
                {
                    MakeReady(recording);
                }
            }

            return request.Records.Count > 0 ? request : null;
        }
    }

    /// <summary>The archive says how far a recording is durable: gives back the buffers of what is, and after a query goes on from there.</summary>
    /// <returns>False if the archive has less than it had acknowledged, and it is gone here.</returns>
    public bool Durable(SpooledRecording recording, int chunks, int statements)
    {
        lock (_gate)
        {
            recording.DurableChunks = Math.Max(chunks, recording.DurableChunks);
            while (recording.Head is { } head && head.Index < chunks && !(head.HasStatement && statements <= head.Index) && head != recording.Sending)
            {
                recording.Head = head.Next;
                recording.Tail = head.Next is null ? null : recording.Tail;
                Release(recording, head);
            }

            return !recording.AwaitsAnswer || Rewind(recording, chunks);
        }
    }

    /// <summary>Sends again from a chunk on, or from the very beginning.</summary>
    /// <returns>False if that chunk was given back already: the archive had said that it was durable.</returns>
    public bool SendAgain(SpooledRecording recording, int chunk, bool begin)
    {
        lock (_gate)
        {
            recording.BeginSent &= !begin;
            return Rewind(recording, chunk);
        }
    }

    public void Different(SpooledRecording recording)
    {
        lock (_gate)
        {
            recording.AwaitsAnswer = false;
            recording.IsDifferent = true;
            MakeReady(recording);
        }
    }

    /// <summary>Refused without a proof: kept, and asked for again later.</summary>
    public void Park(SpooledRecording recording, long untilMs)
    {
        lock (_gate)
        {
            if (!recording.IsDone && !_parked.Contains(recording))
            {
                recording.NeedsQuery = recording.BeginSent;
                recording.AwaitsAnswer = false;
                recording.ParkedUntilMs = untilMs;
                _parked.Add(recording);
            }
        }
    }

    /// <summary>Nothing more is to be sent of it.</summary>
    public void Remove(SpooledRecording recording)
    {
        lock (_gate)
        {
            recording.IsDone = true;
            _all.Remove(recording.CoreId);
            _parked.Remove(recording);
            while (recording.Head is { } head)
            {
                recording.Head = head.Next;
                Release(recording, head);
            }

            recording.Tail = recording.Sending = null;
        }
    }

    public void Dispose() => _signal.Dispose();

    private bool Rewind(SpooledRecording recording, int chunk)
    {
        recording.AwaitsAnswer = false;
        recording.EndSent = false;
        ChunkBuffer? from = recording.Head;
        while (from is not null && from.Index < chunk)
        {
            from = from.Next;
        }

        recording.Sending = from;
        // The statement of the chunk before may not have arrived: it goes with the chunk again, which the archive takes twice.
        if (recording.Head is { HasStatement: true } head && head.Index < chunk)
        {
            recording.Sending = head;
        }

        MakeReady(recording);
        return from is null ? chunk >= recording.DurableChunks : from.Index == chunk;
    }

    private void Release(SpooledRecording recording, ChunkBuffer chunk)
    {
        spool.Free(chunk.StoredSize);
        recording.Life.Pool.Return(chunk);
    }

    private void MakeReady(SpooledRecording recording)
    {
        if (recording.IsReady || recording.IsDone)
        {
            return;
        }

        recording.IsReady = true;
        _ready.Enqueue(recording);
        if (Interlocked.Exchange(ref _signaled, 1) == 0)
        {
            _signal.Release();
        }
    }
}
