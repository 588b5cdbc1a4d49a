using System.Collections.Concurrent;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ZeroKnowledge.Calls.Grpc.Protos;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// Records many calls at once: frames in, encrypted chunks on a fixed clock out, to the archive. It holds public keys and the gateway's signing key, so it can
/// write and not read. There is no timer, task, thread or lock of the system for a single call. Thread-safe.
/// </summary>
public sealed class CallRecorder : IAsyncDisposable
{
    /// <summary>How long <see cref="DisposeAsync"/> goes on sending: 10 seconds. Call <see cref="StopAsync"/> to choose.</summary>
    public static readonly TimeSpan DisposeTimeout = TimeSpan.FromSeconds(10);

    private const int MaxForkLinks = 3;

    private readonly CallRecorderOptions _options;
    private readonly ILogger _logger;
    private readonly long _startedAt;
    private readonly SecretSlabs _slabs;
    private readonly MemorySpool _spool;
    private readonly RegisterQueue _register;
    private readonly RecorderMeter _meter;
    private readonly RecordingSetup _setup;
    private readonly TickPump[] _pumps;
    private readonly UploadQueue[] _queues;
    private readonly CancellationTokenSource _stopSending = new();
    private readonly List<Task> _setupTasks = [];
    private readonly List<Task> _uploadTasks = [];
    private readonly Task _registerTask;
    private readonly ConcurrentDictionary<(int Stored, int Payload), ChunkPool> _pools = new();
    private readonly ConcurrentDictionary<CallWriter, byte> _calls = new();
    private RecordingPolicy _policy;
    private int _active;
    private int _next;
    private int _stopping;
    private int _warnedLocked;
    private long _warnedFullMs = long.MinValue;

    private CallRecorder(CallRecorderOptions options)
    {
        _options = options;
        _policy = options.Policy;
        _logger = (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger<CallRecorder>();
        _startedAt = options.TimeProvider.GetTimestamp();
        _slabs = new SecretSlabs(options.LockedMemory);
        _spool = new MemorySpool(options.SpoolBytes);
        _meter = new RecorderMeter(() => ActiveCalls, () => _spool.Bytes, () => _slabs.UnlockedSlabs);
        _register = new RegisterQueue(options.Register, _logger);
        _registerTask = Task.Run(() => _register.RunAsync(CancellationToken.None));
        _setup = new RecordingSetup(this, options.Register, _slabs);
        _queues = [.. Enumerable.Range(0, options.UploadStreams).Select(_ => new UploadQueue(_spool, new UploadBatcher(_register), () => NowMs))];
        CallArchive.CallArchiveClient client = new(options.Archive);
        foreach (UploadQueue queue in _queues)
        {
            UploadStream stream = new(this, client, queue, options.Trust, _logger);
            _uploadTasks.Add(Task.Run(() => stream.RunAsync(_stopSending.Token)));
        }

        for (int i = 0; i < options.MaxDegreeOfParallelism; i++)
        {
            _setupTasks.Add(Task.Run(_setup.RunAsync));
        }

        _pumps = [.. Enumerable.Range(0, options.MaxDegreeOfParallelism).Select(i => new TickPump(new ChunkEmitter(this, _spool, _meter), () => NowMs, i))];
    }

    /// <summary>A call could not be started, or its recording cannot be kept. Raised on a background thread; a handler must not block.</summary>
    public event EventHandler<CallFailedEventArgs>? CallFailed;

    /// <summary>The policy of calls begun from now on. It can be replaced while calls run: new recipients, another gateway key.</summary>
    /// <exception cref="ArgumentException">A value of the policy is out of range.</exception>
    public RecordingPolicy Policy
    {
        get => Volatile.Read(ref _policy);
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            value.Validate();
            Volatile.Write(ref _policy, value);
        }
    }

    /// <summary>Calls that have begun and are not sealed.</summary>
    public int ActiveCalls => Volatile.Read(ref _active);

    /// <summary>Bytes of ciphertext that wait for the archive.</summary>
    public long SpooledBytes => _spool.Bytes;

    internal long NowMs => (long)_options.TimeProvider.GetElapsedTime(_startedAt).TotalMilliseconds;

    internal DateTimeOffset UtcNow => _options.TimeProvider.GetUtcNow();

    internal bool IsSpoolFull => _spool.IsFull;

    /// <summary>Starts a recorder. The archive need not be reachable: what is recorded waits in the spool.</summary>
    /// <param name="options">What it needs.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static Task<CallRecorder> StartAsync(CallRecorderOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(options.Archive);
        ArgumentNullException.ThrowIfNull(options.Register);
        ArgumentNullException.ThrowIfNull(options.TimeProvider);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.SpoolBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxCalls);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxDegreeOfParallelism);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.UploadStreams, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.UploadStreams, 64);
        options.Policy.Validate();
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(new CallRecorder(options));
    }

    /// <summary>Begins to record a call. Returns at once: keys are made in the background, and frames that arrive meanwhile are kept.</summary>
    /// <param name="metadata">What is known of the call; it is encrypted.</param>
    /// <param name="policy">For this call; default <see cref="Policy"/>.</param>
    /// <exception cref="ArgumentException">The policy or the metadata is out of range, or the metadata is too large.</exception>
    /// <exception cref="AdmissionException">A limit is reached; running calls go on.</exception>
    /// <exception cref="ObjectDisposedException">The recorder was stopped.</exception>
    public CallWriter Begin(CallMetadata metadata, RecordingPolicy? policy = null)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _stopping) != 0, this);
        policy?.Validate();
        if (Interlocked.Increment(ref _active) > _options.MaxCalls)
        {
            Interlocked.Decrement(ref _active);
            throw new AdmissionException($"The recorder is at its limit of {_options.MaxCalls} calls. Raise CallRecorderOptions.MaxCalls, or use a second recorder.");
        }

        try
        {
            MetadataRecord.Check(metadata);
            CallWriter call = new(this, metadata, (policy ?? Policy).Fitting(metadata.Legs));
            _calls[call] = 0;
            _setup.Add(call.Life);
            return call;
        }
        catch
        {
            Interlocked.Decrement(ref _active);
            throw;
        }
    }

    /// <summary>Stops: refuses new calls, seals live ones as aborted on their next tick, and sends until all is stored or the token says stop.</summary>
    /// <param name="cancellationToken">Ends the sending. What the archive does not have by then is lost, as the spool is in memory.</param>
    /// <exception cref="ArchiveException">Not everything was stored when the token said stop; <see cref="CallWriter.Durable"/> tells of which calls.</exception>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _stopping, 1) != 0)
        {
            return;
        }

        foreach (CallWriter call in _calls.Keys)
        {
            call.End(EndReason.Aborted);
        }

        int lost = 0;
        while (ActiveCalls > 0 || _queues.Any(queue => !queue.IsEmpty))
        {
            if (cancellationToken.IsCancellationRequested)
            {
                lost = ActiveCalls + _queues.Sum(queue => queue.All.Count);
                break;
            }

            await Task.Delay(10, CancellationToken.None).ConfigureAwait(false);
        }

        _setup.Complete();
        await Task.WhenAll(_setupTasks).ConfigureAwait(false);
        await Task.Run(() => Array.ForEach(_pumps, pump => pump.Dispose()), CancellationToken.None).ConfigureAwait(false);
        await _stopSending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_uploadTasks).ConfigureAwait(false);
        _register.Complete();
        await _registerTask.ConfigureAwait(false);
        ArchiveException notStored = new("The recorder was stopped before the archive had everything.") { IsTransient = true };
        foreach (CallWriter call in _calls.Keys)
        {
            call.Fail(notStored);
            call.Life.Writer?.Dispose();
        }

        Array.ForEach(_queues, queue => queue.Dispose());
        _slabs.Dispose();
        _meter.Dispose();
        _stopSending.Dispose();
        if (lost > 0)
        {
            RecorderLog.StoppedEarly(_logger, lost);
            throw notStored;
        }
    }

    /// <summary>Stops, and sends for at most <see cref="DisposeTimeout"/>. Never throws; what was not stored is told by <see cref="CallWriter.Durable"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource timeout = new(DisposeTimeout);
        try
        {
            await StopAsync(timeout.Token).ConfigureAwait(false);
        }
        catch (ArchiveException)
        {
            // Logged, and told by each call.
        }
    }

    internal static RecordingId NewRecordingId()
    {
        Span<byte> id = stackalloc byte[RecordingId.Size];
        SystemRandom.Fill(id);
        return new RecordingId(id);
    }

    internal static bool TryOverflow(RecordingLife life, ChunkBuffer current)
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

    internal uint ArrivalMs(RecordingLife life) => ArrivalMs(life, NowMs);

    internal static uint ArrivalMs(RecordingLife life, long now) => (uint)Math.Clamp(now - life.BegunMs, 0, int.MaxValue);

    internal RecordingLife NewLife(CallWriter call, RecordingPolicy policy, CallMetadata metadata, CoreId previous)
    {
        int payload = policy.PayloadSizeFor(metadata.Legs);
        int stored = payload + Format.Overhead(policy.Suite);
        ChunkPool pool = _pools.GetOrAdd((stored, payload), key => new ChunkPool(key.Stored, Sealing.MessageOffset(policy.Suite), key.Payload));
        return new RecordingLife(call, policy, metadata, previous, pool, NowMs, UtcNow);
    }

    internal void SetupDone(RecordingLife life)
    {
        if (_slabs.UnlockedSlabs > 0 && Interlocked.Exchange(ref _warnedLocked, 1) == 0)
        {
            RecorderLog.MemoryNotLocked(_logger);
        }

        if (life.Previous.IsZero)
        {
            life.Call.SetStarted();
            Pump(life);
        }
        else
        {
            life.Call.Life.Continuation = life;
        }
    }

    internal void SetupFailed(RecordingLife life, Exception e)
    {
        life.Writer?.Dispose();
        // A linked recording that fails to begin leaves the running one as it is; the call asks again with the next change.
        if (life.Previous.IsZero)
        {
            Failed(life.Call, e);
            Ended(life.Call);
        }

        Wipe(life);
    }

    internal void Failed(CallWriter call, Exception e)
    {
        RecorderLog.CallFailed(_logger, e, call.RecordingId);
        _meter.FailedCalls.Add(1);
        call.Fail(e);
        CallFailed?.Invoke(this, new CallFailedEventArgs(call, e));
    }

    internal void PumpFailed(RecordingLife life, Exception e)
    {
        RecorderLog.PumpFailed(_logger, e, life.Call.RecordingId);
        life.Writer?.Dispose();
        if (life.Spooled is { } spooled)
        {
            Queue(spooled.CoreId).Remove(spooled);
        }

        Failed(life.Call, e);
        Ended(life.Call);
    }

    internal void SpoolIsFull()
    {
        long now = NowMs;
        if (now - Interlocked.Read(ref _warnedFullMs) is > 60_000 or < 0)
        {
            Interlocked.Exchange(ref _warnedFullMs, now);
            RecorderLog.SpoolFull(_logger);
        }
    }

    internal SpooledRecording BeginUpload(RecordingLife life)
    {
        SpooledRecording spooled = new(life, life.Start!);
        life.Start = null;
        Queue(spooled.CoreId).Begin(spooled);
        return spooled;
    }

    internal void Append(RecordingLife life, ChunkBuffer chunk) => Queue(life.Spooled!.CoreId).Append(life.Spooled, chunk);

    internal void Seal(RecordingLife life, EndReason reason, long now)
    {
        RecordingWriter writer = life.Writer!;
        byte[] closing = new byte[Format.ClosingPadded + Format.Overhead(writer.Suite)];
        byte[] seal = new byte[Statement.Size];
        writer.Seal(
            new CallSummary(UtcNow, reason, life.Frames, life.DroppedFrames, TimeSpan.FromMilliseconds(life.GapMs)), closing, seal);
        Queue(life.Spooled!.CoreId).End(life.Spooled, closing, seal);
        if (reason != EndReason.Continued)
        {
            Ended(life.Call);
        }
    }

    internal void Discarded(RecordingLife life)
    {
        life.Current.Payload.Close(null);
        Wipe(life);
        _register.Remove(life.Writer!.CoreId);
        life.Writer.Dispose();
        life.Call.Fail(new CallRecordingException("The call was discarded before anything left the process."));
        Ended(life.Call);
    }

    internal void Continue(RecordingLife life)
    {
        life.LastTick = ((NowMs - life.BegunMs) / life.TickMs) - 1;
        Pump(life);
    }

    /// <summary>The archive proved that another life signed this recording: what was stored stays, and the call goes on in a linked recording, a few times.</summary>
    internal void Forked(RecordingLife life)
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
    internal void Link(RecordingLife life, bool full)
    {
        if (life.Call.TakeLink(life, full ? new LinkRequest(life.Policy, life.Metadata) : null) is { } link)
        {
            _setup.Add(NewLife(life.Call, link.Policy, link.Metadata, life.Writer!.CoreId));
        }
    }

    internal void Stored(SpooledRecording recording, Receipt receipt)
    {
        _register.AddReceipt(recording.CoreId, receipt);
        if (ReferenceEquals(recording.Life.Call.Life, recording.Life))
        {
            recording.Life.Call.SetDurable(receipt);
            _calls.TryRemove(recording.Life.Call, out _);
        }
    }

    private void Pump(RecordingLife life) => _pumps[(uint)Interlocked.Increment(ref _next) % (uint)_pumps.Length].Add(life);

    private UploadQueue Queue(CoreId coreId) => _queues[(uint)coreId.GetHashCode() % (uint)_queues.Length];

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

    private static void Wipe(RecordingLife life)
    {
        if (!life.Current.Payload.IsClosed)
        {
            life.Current.Payload.Close(null);
        }

        life.Pool.Return(life.Current);
    }
}
