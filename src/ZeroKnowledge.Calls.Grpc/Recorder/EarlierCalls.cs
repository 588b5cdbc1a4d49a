using System.Collections.Concurrent;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>What an earlier life of this gateway left in the spool: its recordings are recovered and uploaded, and its calls may go on in linked ones. Thread-safe.</summary>
internal sealed class EarlierCalls : IDisposable
{
    // A call that goes on does so when the gateway is up again; later its id may be another call's.
    private const long LinkWithinMs = 3_600_000;

    private readonly RecordingLifecycle _recorder;
    private readonly IRegister _register;
    private readonly IReadOnlyList<GatewayKey> _keys;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, CoreId> _open = new();

    // What a call may go on from stays in the spool, although every archive has it: this life may end before the call goes on, and the next one must know.
    private readonly ConcurrentDictionary<CoreId, SpooledRecording> _held = new();
    private ITimer? _forgetting;

    public EarlierCalls(RecordingLifecycle recorder, CallRecorderOptions options)
    {
        _recorder = recorder;
        _register = options.Register;
        _time = options.TimeProvider;
        _keys = [options.Policy.Gateway, .. options.FormerGateways];
    }

    /// <summary>Makes the recoveries, writes them to the spool, and has everything uploaded.</summary>
    public async Task<IReadOnlyList<RecoveredRecording>> RecoverAsync(CancellationToken cancellationToken)
    {
        List<RecoverableRecording> kept = [];
        foreach (RecoverableRecording found in _recorder.Spool.Found.Recordings)
        {
            if (found.IsSealed || found.Recovery is not null || await CanBeOpenedAsync(found, cancellationToken).ConfigureAwait(false))
            {
                kept.Add(found);
            }
            else
            {
                RecorderLog.Forgotten(_recorder.Logger, found.CoreId);
                _recorder.Spool.Done(found.Recording);
            }
        }

        // A call goes on once: a second successor would be a fork that the reader must choose in.
        HashSet<CoreId> continued = [.. kept.Select(found => found.Recording.Header.Previous)];
        kept.ForEach(found => Take(found, mayGoOn: !continued.Contains(found.CoreId)));
        if (!_held.IsEmpty)
        {
            _forgetting = _time.CreateTimer(_ => ForgetAll(), null, TimeSpan.FromMilliseconds(LinkWithinMs), Timeout.InfiniteTimeSpan);
        }

        return [.. kept.Select(found => new RecoveredRecording(found.CoreId, found.Recording.Header.RecordingId, found.Recording.Count, found.IsSealed))];
    }

    /// <summary>A call may still go on from a recording: the spool keeps it.</summary>
    public bool Holds(SpooledRecording recording) => _held.ContainsKey(recording.CoreId);

    /// <summary>The recording in which a call goes on from this one is in the spool and in the register.</summary>
    public void WentOn(CoreId previous)
    {
        if (_held.TryRemove(previous, out SpooledRecording? recording))
        {
            _recorder.ForgetIfSettled(recording);
        }
    }

    /// <summary>No call goes on any more: its time is over, or the recorder stops in order.</summary>
    public void ForgetAll()
    {
        foreach (CoreId recording in _held.Keys)
        {
            WentOn(recording);
        }
    }

    public void Dispose() => _forgetting?.Dispose();

    /// <summary>The recording that a call with this id goes on from, once; zeros if there is none.</summary>
    public CoreId TakePrevious(string callId) =>
        !_open.IsEmpty && _recorder.NowMs < LinkWithinMs && _open.TryRemove(Convert.ToHexString(_recorder.Spool.MarkOf(callId)), out CoreId previous) ? previous : default;

    // The crash may have come before the envelope was kept: then nothing was recorded, and nobody could open it.
    private async Task<bool> CanBeOpenedAsync(RecoverableRecording found, CancellationToken cancellationToken)
    {
        if (found.Recording.Count > 0 || _recorder.Spool.Envelopes.Has(found.CoreId))
        {
            return true;
        }

        try
        {
            return await Task.Run(() => _register.FindAsync(found.CoreId, cancellationToken).AsTask(), cancellationToken)
                .WaitAsync(RecordingSetup.Patience, cancellationToken).ConfigureAwait(false) is not null;
        }
#pragma warning disable CA1031 // Another store may throw anything, or hang; not knowing, it is kept.
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return true;
        }
    }

    private void Take(RecoverableRecording found, bool mayGoOn)
    {
        SpooledRecording recording = found.Recording;
        foreach (ArchiveUpload upload in recording.Uploads)
        {
            upload.BeginSent = true;
            upload.NeedsQuery = true;
        }

        DateTimeOffset recovered = found.Recovery?.Time ?? _recorder.UtcNow;
        if (!found.IsSealed && mayGoOn && _recorder.UtcNow - recovered < TimeSpan.FromMilliseconds(LinkWithinMs))
        {
            _open[Convert.ToHexString(recording.Mark)] = found.CoreId;
            _held[found.CoreId] = recording;
        }

        // The register may have missed what the earlier life signed.
        _recorder.Register.AddStatement(found.CoreId, found.Newest.ToArray());
        if (found.Recovery is { } made)
        {
            _recorder.Register.AddStatement(found.CoreId, made.ToArray());
        }

        // At once: a spool whose disk is full gets room by what is sent, before it can write a recovery.
        ((ISpoolEvents)_recorder).Ready(recording);
        if (found.IsSealed || found.Recovery is not null)
        {
            return;
        }

        if (_keys.FirstOrDefault(key => key.PublicKey == recording.Header.GatewayKey) is { } key)
        {
            RecorderLog.Recovered(_recorder.Logger, found.CoreId, found.Peaks.Count);
            // Sent when it is written.
            _recorder.Spool.Recover(recording, found.Recover(_recorder.UtcNow, key));
        }
        else
        {
            RecorderLog.KeyMissing(_recorder.Logger, found.CoreId, recording.Header.GatewayKey.ToString(TrustedKeyKind.Gateway));
        }
    }
}
