namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// The recordings of one upload stream, and which of them have something to send. The spool adds, the stream takes them in turn and applies the archive's
/// answers. Its lock is held for a few list operations only, and every 5 seconds for a look at all of them; no other is taken under it. Thread-safe.
/// </summary>
internal sealed class UploadQueue(Func<long> clock) : IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<CoreId, ArchiveUpload> _all = [];
    private readonly Queue<ArchiveUpload> _ready = new();
    private readonly List<ArchiveUpload> _parked = [];
    private readonly SemaphoreSlim _signal = new(0);
    private int _signaled;
    private long _dueMs = long.MaxValue;

    /// <summary>The archive has everything that is in the spool; a recording whose end is not written yet may bring more.</summary>
    public bool IsDrained => All.All(upload => upload.Recording is var recording
        && upload.DurableChunks >= recording.Count && recording.End.IsNone && recording.Recovery.IsNone);

    public List<ArchiveUpload> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _all.Values];
            }
        }
    }

    /// <summary>What has waited for an answer since before <paramref name="momentMs"/>; null if nothing has.</summary>
    public List<ArchiveUpload>? UnansweredSince(long momentMs)
    {
        List<ArchiveUpload>? unanswered = null;
        lock (_gate)
        {
            foreach (ArchiveUpload upload in _all.Values)
            {
                if (upload.UnansweredSinceMs is var sinceMs && sinceMs >= 0 && sinceMs < momentMs)
                {
                    (unanswered ??= []).Add(upload);
                }
            }
        }

        return unanswered;
    }

    public ArchiveUpload? Find(ReadOnlySpan<byte> coreId)
    {
        lock (_gate)
        {
            return coreId.Length == CoreId.Size ? _all.GetValueOrDefault(new CoreId(coreId)) : null;
        }
    }

    /// <summary>There may be something to send.</summary>
    public void Ready(ArchiveUpload upload)
    {
        lock (_gate)
        {
            if (upload.IsOver)
            {
                return;
            }

            _all.TryAdd(upload.Recording.CoreId, upload);
            Enqueue(upload);
        }
    }

    /// <summary>Waits until there may be something to send, or a refused recording is due again.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        await _signal.WaitAsync(Patience(), cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _signaled, 0);
        lock (_gate)
        {
            Unpark();
        }
    }

    /// <summary>The next recording, in turn, that may have something to send.</summary>
    public ArchiveUpload? Next()
    {
        lock (_gate)
        {
            Unpark();
            if (!_ready.TryDequeue(out ArchiveUpload? upload))
            {
                return null;
            }

            upload.IsQueued = false;
            return upload;
        }
    }

    /// <summary>After a reconnect: every recording that the archive may know is asked for first.</summary>
    public void Reconnected()
    {
        foreach (ArchiveUpload upload in All)
        {
            lock (upload.Gate)
            {
                upload.AwaitsAnswer = false;
                upload.NeedsQuery = upload.BeginSent;
                upload.UnansweredSinceMs = -1;
            }

            Ready(upload);
        }
    }

    public bool IsParked(ArchiveUpload upload)
    {
        lock (_gate)
        {
            return upload.ParkedUntilMs != 0;
        }
    }

    /// <summary>Refused without a proof: kept, and asked for again later.</summary>
    public void Park(ArchiveUpload upload, long untilMs)
    {
        lock (upload.Gate)
        {
            upload.NeedsQuery = upload.BeginSent;
            upload.AwaitsAnswer = false;
            upload.UnansweredSinceMs = -1;
        }

        lock (_gate)
        {
            if (!upload.IsOver && upload.ParkedUntilMs == 0)
            {
                upload.ParkedUntilMs = untilMs;
                _parked.Add(upload);
                _dueMs = Math.Min(_dueMs, untilMs);
                // Who waits looks at the clock from now on.
                Signal();
            }
        }
    }

    /// <summary>Nothing more is to be sent of it.</summary>
    public void Remove(ArchiveUpload upload)
    {
        lock (_gate)
        {
            upload.IsOver = true;
            _all.Remove(upload.Recording.CoreId);
            _parked.Remove(upload);
        }
    }

    public void Dispose() => _signal.Dispose();

    // A broken connection may have left something in the queue. The clock is looked at only while something is due at a time.
    private TimeSpan Patience()
    {
        lock (_gate)
        {
            return _ready.Count > 0 ? TimeSpan.Zero : _parked.Count > 0 ? LookInterval : Timeout.InfiniteTimeSpan;
        }
    }

    private void Unpark()
    {
        long now = clock();
        if (_parked.Count == 0 || now < _dueMs)
        {
            return;
        }

        _dueMs = long.MaxValue;
        for (int i = _parked.Count - 1; i >= 0; i--)
        {
            ArchiveUpload parked = _parked[i];
            if (parked.ParkedUntilMs <= now)
            {
                _parked.RemoveAt(i);
                parked.ParkedUntilMs = 0;
                Enqueue(parked);
            }
            else
            {
                _dueMs = Math.Min(_dueMs, parked.ParkedUntilMs);
            }
        }
    }

    private void Enqueue(ArchiveUpload upload)
    {
        if (upload.IsQueued || upload.ParkedUntilMs != 0)
        {
            return;
        }

        upload.IsQueued = true;
        _ready.Enqueue(upload);
        Signal();
    }

    private void Signal()
    {
        if (Interlocked.Exchange(ref _signaled, 1) == 0)
        {
            _signal.Release();
        }
    }
}
