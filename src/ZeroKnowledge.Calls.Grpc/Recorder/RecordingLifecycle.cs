using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// The way of a recording through a recorder: set up, pumped, uploaded, sealed, stored; and what happens when one of these fails. What a recorder's parts
/// share is here. What the spool and the archives say of recordings is in the other parts. Thread-safe.
/// </summary>
internal sealed partial class RecordingLifecycle : IDisposable
{
    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private readonly double _msPerTick;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<(int Stored, int Payload), ChunkPool> _pools = new();
    private readonly ConcurrentDictionary<CallWriter, byte> _calls = new();
    private readonly int _durableArchives;
    private TickPump[] _pumps = [];
    private ArchiveUploader[] _archives = [];
    private int _next;
    private int _warnedLocked;

    public RecordingLifecycle(CallRecorderOptions options, Action<CallFailedEventArgs> callFailed, Action<bool> spoolFull)
    {
        _time = options.TimeProvider;
        _startedAt = _time.GetTimestamp();
        _msPerTick = 1_000.0 / _time.TimestampFrequency;
        CallFailed = callFailed;
        SpoolFull = spoolFull;
        _durableArchives = options.DurableArchives ?? options.Archives.Count;
        _logger = new QuietLogger((options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger<CallRecorder>());
        Spool = new Spool(options.Spool, options.SpoolBytes, options.Durability, options.Archives.Count, this, options.Sink);
        Slabs = new SecretSlabs(options.LockedMemory);
        Admission = new Admission(options.MaxCalls, options.MemoryBytes);
        Meter = new RecorderMeter(this);
        Register = new RegisterQueue(options.Register, Spool.Envelopes, _logger);
        Setup = new RecordingSetup(this, options.Register);
        Earlier = new EarlierCalls(this, options);
    }

    public ILogger Logger => _logger;

    public IReadOnlyList<ArchiveUploader> Archives => _archives;

    public SecretSlabs Slabs { get; }

    public Spool Spool { get; }

    /// <summary>What an earlier life left, and which calls may go on.</summary>
    public EarlierCalls Earlier { get; }

    public RecorderMeter Meter { get; }

    public RegisterQueue Register { get; }

    public RecordingSetup Setup { get; }

    public Action<CallFailedEventArgs> CallFailed { get; }

    /// <summary>Told when the spool becomes full (true) and when it has room again.</summary>
    public Action<bool> SpoolFull { get; }

    public Admission Admission { get; }

    public int ActiveCalls => Admission.Calls;

    public ICollection<CallWriter> Calls => _calls.Keys;

    // Each write asks: a multiplication, no division and no check. Beyond 2^53 the product is no longer exact to the nanosecond.
    public long NowMs => unchecked((long)((_time.GetTimestamp() - _startedAt) * _msPerTick));

    public DateTimeOffset UtcNow => _time.GetUtcNow();

    public bool IsSpoolFull => Spool.IsFull;

    /// <summary>The threads and queues that serve recordings, once they exist.</summary>
    public void Start(TickPump[] pumps, ArchiveUploader[] archives)
    {
        _archives = archives;
        _pumps = pumps;
        Spool.Start();
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
        Earlier.Dispose();
        Spool.Dispose();
        Slabs.Dispose();
        Meter.Dispose();
    }

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

    public static bool TryOverflow(RecordingLife life, PayloadBuffer current, uint arrivalMs)
    {
        if (current.IsClosed || !life.MayOverflow(arrivalMs) || life.Pool.TryRent() is not { } spare)
        {
            return false;
        }

        spare.Payload.Prepare(life, life.Reserve);
        if (current.TryOverflow(life, spare.Payload))
        {
            life.CountPayload();
            return true;
        }

        life.Pool.Return(spare);
        return true;
    }

    public uint ArrivalMs(RecordingLife life) => ArrivalMs(life, NowMs);

    public static uint ArrivalMs(RecordingLife life, long now) => (uint)Math.Clamp(now - life.BegunMs, 0, int.MaxValue);

    public RecordingLife NewLife(CallWriter call, RecordingPolicy policy, CallMetadata metadata, CoreId previous, bool isFirst)
    {
        int payload = policy.PayloadSizeFor(metadata.Legs);
        int stored = payload + Format.Overhead(policy.Suite);
        ChunkPool pool = _pools.GetOrAdd((stored, payload), key => new ChunkPool(key.Stored, Sealing.MessageOffset(policy.Suite), key.Payload));
        return new RecordingLife(call, policy, metadata, previous, isFirst, pool, NowMs, UtcNow);
    }

    public void SetupDone(RecordingLife life)
    {
        life.EndSetup();
        if (Slabs.UnlockedSlabs > 0 && Interlocked.Exchange(ref _warnedLocked, 1) == 0)
        {
            RecorderLog.MemoryNotLocked(_logger);
        }

        if (life.IsFirst)
        {
            Earlier.WentOn(life.Previous);
            life.Call.Outcome.SetStarted();
            Pump(life);
        }
        else if (!life.Call.TryOffer(life))
        {
            Forget(life);
        }
    }

    public void SetupFailed(RecordingLife life, Exception e)
    {
        life.Pool.EndSetup();
        life.Slot?.Dispose();
        life.Writer?.Dispose();
        if (life.Spooled is { } spooled)
        {
            Spool.Done(spooled);
        }

        if (life.IsFirst)
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

    /// <summary>At the stop: nobody waits any longer for the end of a call. What the spool has of it is recovered by the next recorder.</summary>
    public void GiveUp(CallWriter call)
    {
        RecorderLog.GivenUp(_logger, call.RecordingId);
        Ended(call);
    }

    /// <summary>The call's recording cannot be kept: it ends.</summary>
    public void Failed(CallWriter call, Exception e)
    {
        bool tells = call.Outcome.TryTell();
        if (tells)
        {
            RecorderLog.CallFailed(_logger, e, call.RecordingId);
            Meter.FailedCalls.Add(1);
        }

        call.Fail(e);
        _calls.TryRemove(call, out _);
        if (tells)
        {
            CallFailed(new CallFailedEventArgs(call, e));
        }
    }

    public void PumpFailed(RecordingLife life, Exception e)
    {
        RecorderLog.PumpFailed(_logger, e, life.Call.RecordingId);
        if (life.Writer is { } writer)
        {
            writer.Dispose();
            if (life.HasReserved)
            {
                Spool.Unreserve(writer.StoredChunkSize);
            }
        }

        // Where it stopped is not known, so its payloads are left to the collector rather than given to another call.
        life.IsOver = true;
        Ended(life.Call);
        Failed(life.Call, e);
    }

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
        Spool.End(life.Spooled!, closing, seal);
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
        if (Volatile.Read(ref life.Spooled!.Refusals) == life.Spooled.Uploads.Count && !call.Outcome.IsFailed)
        {
            // It was to go on in a linked recording.
            Failed(call, new ArchiveException($"No archive has recording {writer.CoreId}, and the call ended before a linked one took over."));
        }
    }

    public void Discarded(RecordingLife life)
    {
        Forget(life);
        life.Call.Fail(new CallRecordingException("The call was discarded before anything left the process."));
        Ended(life.Call);
        _calls.TryRemove(life.Call, out _);
    }

    /// <summary>From the pump, after a tick: begins the linked recording that somebody asked for, or that the format's limits demand.</summary>
    public void Link(RecordingLife life, bool full)
    {
        if (life.Call.TakeLink(life, full ? new LinkRequest(life.Policy, life.Metadata) : null) is { } link)
        {
            Setup.Add(NewLife(life.Call, link.Policy, link.Metadata, life.Writer!.CoreId, isFirst: false));
        }
    }

    private void Pump(RecordingLife life) => _pumps[(Interlocked.Increment(ref _next) & int.MaxValue) % _pumps.Length].Add(life);

    private void Ended(CallWriter call)
    {
        if (call.TryFinish())
        {
            Admission.Dismiss(call.MemoryBytes);
            if (call.Outcome.IsFailed)
            {
                _calls.TryRemove(call, out _);
            }
        }
    }

    // Nothing of it has left the gateway: not even the register keeps it.
    private void Forget(RecordingLife life)
    {
        SpooledRecording spooled = life.Spooled!;
        Register.Remove(spooled.CoreId);
        Register.After(spooled.CoreId, () => Spool.Done(spooled));
        life.Writer!.Dispose();
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
