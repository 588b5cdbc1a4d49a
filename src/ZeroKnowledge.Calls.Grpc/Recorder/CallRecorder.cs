using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// Records many calls at once: frames in, encrypted chunks on a fixed clock out, to the archive. It holds public keys and the gateway's signing key, so it can
/// write and not read. There is no timer, task, thread or lock of the system for a single call. Thread-safe.
/// </summary>
public sealed class CallRecorder : IAsyncDisposable
{
    /// <summary>How long <see cref="DisposeAsync"/> goes on sending: 10 seconds. Call <see cref="StopAsync"/> to choose.</summary>
    public static readonly TimeSpan DisposeTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private readonly CallRecorderOptions _options;
    private readonly RecordingLifecycle _lifecycle;
    private readonly TickPump[] _pumps;
    private readonly UploadQueue[] _queues;
    private readonly CancellationTokenSource _stopSending = new();
    private readonly CancellationTokenSource _stopRegister = new();
    private readonly Task[] _setups;
    private readonly Task[] _uploads;
    private readonly Task _register;
    private RecordingPolicy _policy;
    private int _stopping;

    private CallRecorder(CallRecorderOptions options)
    {
        _options = options;
        _policy = options.Policy;
        _lifecycle = new RecordingLifecycle(options, failed => CallFailed?.Invoke(this, failed));
        _queues = Make(options.UploadStreams, _ => new UploadQueue(_lifecycle.Spool, new UploadBatcher(_lifecycle.Register), () => _lifecycle.NowMs));
        _pumps = Make(options.MaxDegreeOfParallelism, i => new TickPump(new ChunkEmitter(_lifecycle), () => _lifecycle.NowMs, i));
        _lifecycle.Start(_pumps, _queues);

        CallArchive.CallArchiveClient client = new(options.Archive);
        _uploads = Make(options.UploadStreams, i => Task.Run(
            () => new UploadStream(_lifecycle, client, _queues[i], options.Trust).RunAsync(_stopSending.Token)));
        _setups = Make(options.MaxDegreeOfParallelism, _ => Task.Run(_lifecycle.Setup.RunAsync));
        _register = Task.Run(() => _lifecycle.Register.RunAsync(_stopRegister.Token));
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
    public int ActiveCalls => _lifecycle.ActiveCalls;

    /// <summary>Bytes of ciphertext that wait for the archive.</summary>
    public long SpooledBytes => _lifecycle.Spool.Bytes;

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
        MetadataRecord.Check(metadata);
        if (!_lifecycle.TryAdmit(_options.MaxCalls))
        {
            throw new AdmissionException($"The recorder is at its limit of {_options.MaxCalls} calls. Raise CallRecorderOptions.MaxCalls, or use a second recorder.");
        }

        try
        {
            CallWriter call = new(_lifecycle, metadata, (policy ?? Policy).Fitting(metadata.Legs));
            _lifecycle.Begin(call);
            return call;
        }
        catch
        {
            _lifecycle.Dismiss();
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

        while (ActiveCalls > 0 || _queues.Any(queue => !queue.IsEmpty))
        {
            // Also the call that began while this one said stop.
            foreach (CallWriter call in _lifecycle.Calls)
            {
                call.End(EndReason.Aborted);
            }

            if (cancellationToken.IsCancellationRequested)
            {
                break;
            }

            await Task.Delay(PollInterval, CancellationToken.None).ConfigureAwait(false);
        }

        _lifecycle.Setup.Complete();
        await Task.WhenAll(_setups).ConfigureAwait(false);
        await Task.Run(() => Array.ForEach(_pumps, pump => pump.Dispose()), CancellationToken.None).ConfigureAwait(false);
        await _stopSending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_uploads).ConfigureAwait(false);

        // A register that cannot be written keeps this waiting only as long as the token allows.
        _lifecycle.Register.Complete();
        await Task.WhenAny(_register, Task.Delay(Timeout.Infinite, cancellationToken)).ConfigureAwait(false);
        await _stopRegister.CancelAsync().ConfigureAwait(false);
        await _register.ConfigureAwait(false);

        int lost = _lifecycle.Calls.Count;
        ArchiveException notStored = new($"The recorder was stopped before the archive had everything of {lost} calls.") { IsTransient = true };
        _lifecycle.Abandon(notStored);
        Array.ForEach(_queues, queue => queue.Dispose());
        _lifecycle.Dispose();
        _stopSending.Dispose();
        _stopRegister.Dispose();
        if (lost > 0)
        {
            RecorderLog.StoppedEarly(_lifecycle.Logger, lost);
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

    private static T[] Make<T>(int count, Func<int, T> make) => [.. Enumerable.Range(0, count).Select(make)];
}
