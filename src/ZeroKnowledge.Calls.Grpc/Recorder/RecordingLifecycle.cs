using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// The way of a recording through a recorder: set up, pumped, uploaded, sealed, stored; and what happens when one of these fails. What a recorder's parts
/// share is here. Thread-safe.
/// </summary>
internal sealed class RecordingLifecycle : IDisposable
{
    private const int MaxForkLinks = 3;
    private const long WarnEveryMs = 60_000;

    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<(int Stored, int Payload), ChunkPool> _pools = new();
    private readonly ConcurrentDictionary<CallWriter, byte> _calls = new();
    private TickPump[] _pumps = [];
    private UploadQueue[] _queues = [];
    private int _active;
    private int _next;
    private int _warnedLocked;
    private long _warnedFullMs = -WarnEveryMs;

    public RecordingLifecycle(CallRecorderOptions options, Action<CallFailedEventArgs> callFailed)
    {
        _time = options.TimeProvider;
        _startedAt = _time.GetTimestamp();
        CallFailed = callFailed;
        _logger = (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger<CallRecorder>();
        Slabs = new SecretSlabs(options.LockedMemory);
        Spool = new MemorySpool(options.SpoolBytes);
        Meter = new RecorderMeter(() => ActiveCalls, () => Spool.Bytes, () => Slabs.UnlockedSlabs);
        Register = new RegisterQueue(options.Register, _logger);
        Setup = new RecordingSetup(this, options.Register);
    }

    public ILogger Logger => _logger;

    public SecretSlabs Slabs { get; }

    public MemorySpool Spool { get; }

    public RecorderMeter Meter { get; }

    public RegisterQueue Register { get; }

    public RecordingSetup Setup { get; }

    public Action<CallFailedEventArgs> CallFailed { get; }

    public int ActiveCalls => Volatile.Read(ref _active);

    public ICollection<CallWriter> Calls => _calls.Keys;

    public long NowMs => (long)_time.GetElapsedTime(_startedAt).TotalMilliseconds;

    public DateTimeOffset UtcNow => _time.GetUtcNow();

    public bool IsSpoolFull => Spool.IsFull;

    /// <summary>The threads and queues that serve recordings, once they exist.</summary>
    public void Start(TickPump[] pumps, UploadQueue[] queues)
    {
        _queues = queues;
        _pumps = pumps;
    }

    /// <summary>Counts a call in.</summary>
    /// <returns>False if there are as many as may be.</returns>
    public bool TryAdmit(int maxCalls)
    {
        if (Interlocked.Increment(ref _active) <= maxCalls)
        {
            return true;
        }

        Dismiss();
        return false;
    }

    /// <summary>The recorder stops: what is not stored by now will not be.</summary>
    public void Abandon(Exception reason)
    {
        foreach (CallWriter call in _calls.Keys)
        {
            call.Fail(reason);
            Wipe(call.Life);
            call.Life.Writer?.Dispose();
        }
    }

    public void Dispose()
    {
        Slabs.Dispose();
        Meter.Dispose();
    }

    public void Dismiss() => Interlocked.Decrement(ref _active);

    public void Begin(CallWriter call)
    {
        _calls[call] = 0;
        Setup.Add(call.Life);
    }

    public static RecordingId NewRecordingId()
    {
        Span<byte> id = stackalloc byte[RecordingId.Size];
        SystemRandom.Fill(id);
        return new RecordingId(id);
    }

    public static bool TryOverflow(RecordingLife life, ChunkBuffer current)
    {
        if (current.Payload.IsClosed || life.Pool.TryRent() is not { } spare)
        {
            return false;
        }

        spare.Payload.Prepare(life, life.Reserve);
        if (current.Payload.TryOverflow(life, spare.Payload))
        {
            return true;
        }

        life.Pool.Return(spare);
        return true;
    }

    public uint ArrivalMs(RecordingLife life) => ArrivalMs(life, NowMs);

    public static uint ArrivalMs(RecordingLife life, long now) => (uint)Math.Clamp(now - life.BegunMs, 0, int.MaxValue);

    public RecordingLife NewLife(CallWriter call, RecordingPolicy policy, CallMetadata metadata, CoreId previous)
    {
        int payload = policy.PayloadSizeFor(metadata.Legs);
        int stored = payload + Format.Overhead(policy.Suite);
        ChunkPool pool = _pools.GetOrAdd((stored, payload), key => new ChunkPool(key.Stored, Sealing.MessageOffset(policy.Suite), key.Payload));
        return new RecordingLife(call, policy, metadata, previous, pool, NowMs, UtcNow);
    }

    public void SetupDone(RecordingLife life)
    {
        if (Slabs.UnlockedSlabs > 0 && Interlocked.Exchange(ref _warnedLocked, 1) == 0)
        {
            RecorderLog.MemoryNotLocked(_logger);
        }

        if (life.Previous.IsZero)
        {
            life.Call.SetStarted();
            Pump(life);
        }
        else if (!life.Call.TryOffer(life))
        {
            Forget(life);
        }
    }

    public void SetupFailed(RecordingLife life, Exception e)
    {
        life.Writer?.Dispose();
        if (life.Previous.IsZero)
        {
            Ended(life.Call);
            Failed(life.Call, e);
        }
        else
        {
            // The running recording goes on as it is, with gaps for what has no room.
            RecorderLog.LinkFailed(_logger, e, life.Previous);
        }

        Wipe(life);
    }

    public void Failed(CallWriter call, Exception e)
    {
        RecorderLog.CallFailed(_logger, e, call.RecordingId);
        Meter.FailedCalls.Add(1);
        call.Fail(e);
        _calls.TryRemove(call, out _);
        CallFailed(new CallFailedEventArgs(call, e));
    }

    public void PumpFailed(RecordingLife life, Exception e)
    {
        RecorderLog.PumpFailed(_logger, e, life.Call.RecordingId);
        life.Writer?.Dispose();
        // Where it stopped is not known, so its payloads are left to the collector rather than given to another call.
        life.IsOver = true;
        if (life.Spooled is { } spooled)
        {
            Queue(spooled.CoreId).Remove(spooled);
        }

        Ended(life.Call);
        Failed(life.Call, e);
    }

    public void SpoolIsFull()
    {
        long now = NowMs;
        if (now - Interlocked.Read(ref _warnedFullMs) >= WarnEveryMs)
        {
            Interlocked.Exchange(ref _warnedFullMs, now);
            RecorderLog.SpoolFull(_logger);
        }
    }

    public SpooledRecording BeginUpload(RecordingLife life)
    {
        SpooledRecording spooled = new(life, life.Start!);
        life.Start = null;
        Queue(spooled.CoreId).Begin(spooled);
        return spooled;
    }

    public void Append(RecordingLife life, ChunkBuffer chunk) => Queue(life.Spooled!.CoreId).Append(life.Spooled, chunk);

    /// <summary>Seals a recording whose last chunk was taken: because its call has ended, or because a linked one has taken over.</summary>
    public void Seal(RecordingLife life)
    {
        CallWriter call = life.Call;
        RecordingLife? continuation = ReferenceEquals(call.Life, life) ? null : life.Continuation;
        RecordingWriter writer = life.Writer!;
        byte[] closing = new byte[Format.ClosingPadded + Format.Overhead(writer.Suite)];
        byte[] seal = new byte[Statement.Size];
        EndReason reason = continuation is null ? call.Ending : EndReason.Continued;
        writer.Seal(new CallSummary(UtcNow, reason, life.Frames, life.DroppedFrames, TimeSpan.FromMilliseconds(life.GapMs)), closing, seal);
        Queue(life.Spooled!.CoreId).End(life.Spooled, closing, seal);
        // Its last payload is the chunk that the upload has.
        life.IsOver = true;
        if (continuation is not null)
        {
            continuation.LastTick = ((NowMs - continuation.BegunMs) / continuation.TickMs) - 1;
            Pump(continuation);
            return;
        }

        if (call.TakeUnused(life) is { } unused)
        {
            Forget(unused);
        }

        Ended(call);
    }

    public void Discarded(RecordingLife life)
    {
        Forget(life);
        life.Call.Fail(new CallRecordingException("The call was discarded before anything left the process."));
        Ended(life.Call);
    }

    /// <summary>The archive proved that another life signed this recording: what was stored stays, and the call goes on in a linked recording, a few times.</summary>
    public void Forked(RecordingLife life)
    {
        CallWriter call = life.Call;
        if (call.IsClosed || ++call.ForkLinks > MaxForkLinks)
        {
            Failed(call, new ArchiveException($"Recording {life.Writer!.CoreId} was signed by another life of this gateway, {call.ForkLinks} times in this call."));
            return;
        }

        call.RequestLink(life, new LinkRequest(life.Policy, life.Metadata));
    }

    /// <summary>From the pump, after a tick: begins the linked recording that somebody asked for, or that the format's limits demand.</summary>
    public void Link(RecordingLife life, bool full)
    {
        if (life.Call.TakeLink(life, full ? new LinkRequest(life.Policy, life.Metadata) : null) is { } link)
        {
            Setup.Add(NewLife(life.Call, link.Policy, link.Metadata, life.Writer!.CoreId));
        }
    }

    public void Stored(SpooledRecording recording, Receipt receipt)
    {
        Register.AddReceipt(recording.CoreId, receipt);
        if (ReferenceEquals(recording.Life.Call.Life, recording.Life))
        {
            recording.Life.Call.SetDurable(receipt);
            _calls.TryRemove(recording.Life.Call, out _);
        }
    }

    private void Pump(RecordingLife life) => _pumps[(Interlocked.Increment(ref _next) & int.MaxValue) % _pumps.Length].Add(life);

    private UploadQueue Queue(CoreId coreId) => _queues[(coreId.GetHashCode() & int.MaxValue) % _queues.Length];

    private void Ended(CallWriter call)
    {
        if (call.TryFinish())
        {
            Interlocked.Decrement(ref _active);
            if (call.IsFailed)
            {
                _calls.TryRemove(call, out _);
            }
        }
    }

    // Nothing of it has left the process: not even the register keeps it.
    private void Forget(RecordingLife life)
    {
        Register.Remove(life.Writer!.CoreId);
        life.Writer.Dispose();
        Wipe(life);
    }

    // Also what media put into a second payload.
    private static void Wipe(RecordingLife life)
    {
        if (life.IsOver)
        {
            return;
        }

        life.IsOver = true;
        for (ChunkBuffer? buffer = life.Current; buffer is not null;)
        {
            PayloadBuffer? next = buffer.Payload.Close(null);
            life.Pool.Return(buffer);
            buffer = (ChunkBuffer?)next?.Container;
        }
    }
}
