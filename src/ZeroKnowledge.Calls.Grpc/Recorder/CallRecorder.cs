using System.Diagnostics;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// Records many calls at once: frames in, encrypted chunks on a fixed clock out, to the archive. It holds public keys and the gateway's signing key, so it can
/// write and not read. There is no timer, task, thread or lock of the system for a single call. Thread-safe.
/// </summary>
public sealed partial class CallRecorder : IAsyncDisposable
{
    /// <summary>How long <see cref="DisposeAsync"/> goes on sending: 10 seconds. Call <see cref="StopAsync"/> to choose.</summary>
    public static readonly TimeSpan DisposeTimeout = TimeSpan.FromSeconds(10);

    private const int MaxArchives = 8;
    private const long LeastChunks = 4;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private readonly CallRecorderOptions _options;
    private readonly RecordingLifecycle _lifecycle;
    private readonly TickPump[] _pumps;
    private readonly ArchiveUploader[] _archives;
    private readonly CancellationTokenSource _stopSending = new();
    private readonly CancellationTokenSource _stopRegister = new();
    private readonly Task[] _setups;
    private readonly Task _register;
    private RecordingPolicy _policy;
    private int _stopping;

    private CallRecorder(CallRecorderOptions options)
    {
        _options = options;
        _policy = options.Policy;
        _lifecycle = new RecordingLifecycle(
            options,
            failed => Raise(() => CallFailed?.Invoke(this, failed)),
            full => Raise(() => SpoolFull?.Invoke(this, new SpoolFullEventArgs(full, full ? _lifecycle!.Spool.Fault ?? "The spool's bound is reached." : ""))));
        _archives = Make(options.Archives.Count, i => new ArchiveUploader(_lifecycle, options.Archives[i], options.UploadStreams, options.Trust, options.TimeProvider, i));
        _pumps = Make(options.MaxDegreeOfParallelism, i => new TickPump(new ChunkEmitter(_lifecycle), () => _lifecycle.NowMs, i));
        _lifecycle.Start(_pumps, _archives);
        Array.ForEach(_archives, archive => archive.Start(_stopSending.Token));
        _setups = Make(options.MaxDegreeOfParallelism, _ => Task.Run(_lifecycle.Setup.RunAsync));
        _register = Task.Run(() => _lifecycle.Register.RunAsync(_stopRegister.Token));
    }

    /// <summary>A call could not be started, or its recording cannot be kept. Raised on a background thread; a handler must not block.</summary>
    public event EventHandler<CallFailedEventArgs>? CallFailed;

    /// <summary>The spool has no room any more, so that new audio becomes gaps; or it has room again. Raised on a background thread; a handler must not block.</summary>
    public event EventHandler<SpoolFullEventArgs>? SpoolFull;

    /// <summary>What an earlier life of this gateway left in the spool. It is being uploaded; a call that goes on under the same call id becomes a linked recording.</summary>
    public IReadOnlyList<RecoveredRecording> Recovered { get; private set; } = [];

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

    /// <summary>Bytes of chunks in the spool that some archive lacks.</summary>
    public long SpooledBytes => _lifecycle.Spool.Bytes;

    /// <summary>How the recorder stands now.</summary>
    public RecorderStatus Status => new(
        ActiveCalls,
        SpooledBytes,
        _lifecycle.IsSpoolFull,
        _lifecycle.Register.Waiting,
        [.. _archives.Select(archive => new ArchiveStatus(archive.Name, archive.Connected, archive.Behind))]);

    internal RecordingLifecycle Lifecycle => _lifecycle;

    /// <summary>Starts a recorder, and recovers what an earlier life left in the spool. The archives need not be reachable: what is recorded waits in the spool.</summary>
    /// <param name="options">What it needs.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="IOException">The spool's folder cannot be used, or another recorder uses it.</exception>
    public static async Task<CallRecorder> StartAsync(CallRecorderOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(options.Archives);
        ArgumentException.ThrowIfNullOrWhiteSpace(options.Spool);
        ArgumentNullException.ThrowIfNull(options.FormerGateways);
        ArgumentNullException.ThrowIfNull(options.Register);
        ArgumentNullException.ThrowIfNull(options.TimeProvider);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Archives.Count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Archives.Count, MaxArchives);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.DurableArchives ?? 1, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.DurableArchives ?? 1, options.Archives.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SpoolBytes, CallRecorderOptions.MinSpoolBytes);
        if (options.Archives.Any(archive => archive is null) || options.FormerGateways.Any(key => key is null))
        {
            throw new ArgumentException("An archive or a gateway key is null.", nameof(options));
        }

        if (options.Durability is not (Durability.Process or Durability.Power))
        {
            throw new ArgumentOutOfRangeException(nameof(options), $"The durability is {nameof(Durability.Process)} or {nameof(Durability.Power)}.");
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxCalls);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MemoryBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxDegreeOfParallelism);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.UploadStreams, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.UploadStreams, 64);
        options.Policy.Validate();
        cancellationToken.ThrowIfCancellationRequested();
        using Activity? activity = RecorderActivity.Start();
        // An earlier life's files are read whole, which may take a while.
        CallRecorder recorder = await Task.Run(() => new CallRecorder(options), cancellationToken).ConfigureAwait(false);
        try
        {
            recorder.Recovered = await recorder._lifecycle.Earlier.RecoverAsync(cancellationToken).ConfigureAwait(false);
            activity?.SetTag("zkcalls.recovered", recorder.Recovered.Count);
            return recorder;
        }
        catch
        {
            await recorder.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Begins to record a call. Returns at once: keys are made in the background, and frames that arrive meanwhile are kept.</summary>
    /// <param name="metadata">What is known of the call; it is encrypted.</param>
    /// <param name="policy">For this call; default <see cref="Policy"/>.</param>
    /// <exception cref="ArgumentException">The policy or the metadata is out of range, the metadata is too large, or the spool has no room for four chunks of this call.</exception>
    /// <exception cref="AdmissionException">A limit is reached; running calls go on.</exception>
    /// <exception cref="ObjectDisposedException">The recorder was stopped.</exception>
    public CallWriter Begin(CallMetadata metadata, RecordingPolicy? policy = null)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _stopping) != 0, this);
        policy?.Validate();
        MetadataRecord.Check(metadata);
        RecordingPolicy fitting = (policy ?? Policy).Fitting(metadata.Legs);
        int chunk = fitting.PayloadSizeFor(metadata.Legs) + Format.Overhead(fitting.Suite);
        if (chunk * LeastChunks > _options.SpoolBytes)
        {
            throw new ArgumentException($"A chunk of this call has {chunk} bytes, and the spool no room for {LeastChunks} of them: raise CallRecorderOptions.SpoolBytes.", nameof(policy));
        }

        int memory = _lifecycle.Admission.Admit(chunk);
        SecretSlot? slot = null;
        try
        {
            // Once more: counted in, it is seen by a stop that begins now.
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _stopping) != 0, this);
            slot = _lifecycle.Slabs.Rent();
            CallWriter call = new(_lifecycle, metadata, fitting, slot, memory);
            _lifecycle.Begin(call);
            return call;
        }
        catch
        {
            slot?.Dispose();
            _lifecycle.Admission.Dismiss(memory);
            throw;
        }
    }

    /// <summary>Waits until the spool holds nothing that an archive lacks, and the register has what they said. While calls run there is always more; of calls
    /// that have ended everything is stored then.</summary>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    public async Task DrainAsync(CancellationToken cancellationToken = default)
    {
        while (_lifecycle.Calls.Any(call => call.IsEnding) || _archives.Any(archive => !archive.IsDrained) || _lifecycle.Spool.IsBusy || _lifecycle.Register.Waiting > 0)
        {
            await Task.Delay(PollInterval, cancellationToken).ConfigureAwait(false);
        }
    }

    // The application's handler must not end a recording, or a thread.
    private void Raise(Action handlers)
    {
        try
        {
            handlers();
        }
#pragma warning disable CA1031 // It may throw anything.
        catch (Exception e)
#pragma warning restore CA1031
        {
            RecorderLog.HandlerFailed(_lifecycle.Logger, e);
        }
    }

    private static T[] Make<T>(int count, Func<int, T> make) => [.. Enumerable.Range(0, count).Select(make)];
}
