using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// The way of a recording through a recorder: set up, pumped, uploaded, sealed, stored; and what happens when one of these fails. What a recorder's parts
/// share is here. How recordings end, and what the spool and the archives say of them, is in the other parts. Thread-safe.
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

    /// <summary>From the pump, after a tick: begins the linked recording that somebody asked for, or that the format's limits demand.</summary>
    public void Link(RecordingLife life, bool full)
    {
        if (life.Call.TakeLink(life, full ? new LinkRequest(life.Policy, life.Metadata) : null) is { } link)
        {
            Setup.Add(NewLife(life.Call, link.Policy, link.Metadata, life.Writer!.CoreId, isFirst: false));
        }
    }

    private void Pump(RecordingLife life) => _pumps[(Interlocked.Increment(ref _next) & int.MaxValue) % _pumps.Length].Add(life);
}
