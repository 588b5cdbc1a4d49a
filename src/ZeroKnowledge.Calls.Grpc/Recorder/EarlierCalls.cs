using System.Collections.Concurrent;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>What an earlier life of this gateway left in the spool: its recordings are recovered and uploaded, and its calls may go on in linked ones. Thread-safe.</summary>
internal sealed class EarlierCalls
{
    // A call that goes on does so when the gateway is up again; later its id may be another call's.
    private const long LinkWithinMs = 3_600_000;

    private readonly RecordingLifecycle _recorder;
    private readonly IRegister _register;
    private readonly IReadOnlyList<GatewayKey> _keys;
    private readonly ConcurrentDictionary<string, CoreId> _open = new();

    public EarlierCalls(RecordingLifecycle recorder, CallRecorderOptions options)
    {
        _recorder = recorder;
        _register = options.Register;
        _keys = [options.Policy.Gateway, .. options.FormerGateways];
    }

    /// <summary>Makes the recoveries, writes them to the spool, and has everything uploaded.</summary>
    public async Task<IReadOnlyList<RecoveredRecording>> RecoverAsync(CancellationToken cancellationToken)
    {
        List<RecoveredRecording> recovered = [];
        foreach (RecoverableRecording found in _recorder.Spool.Found.Recordings)
        {
            if (found.IsSealed || found.Recovery is not null || await CanBeOpenedAsync(found, cancellationToken).ConfigureAwait(false))
            {
                Take(found);
                recovered.Add(new RecoveredRecording(found.CoreId, found.Recording.Header.RecordingId, found.Recording.Count, found.IsSealed));
            }
            else
            {
                RecorderLog.Forgotten(_recorder.Logger, found.CoreId);
                _recorder.Spool.Done(found.Recording);
            }
        }

        return recovered;
    }

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
            return await _register.FindAsync(found.CoreId, cancellationToken).ConfigureAwait(false) is not null;
        }
#pragma warning disable CA1031 // Another store may throw anything; not knowing, it is kept.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return true;
        }
    }

    private void Take(RecoverableRecording found)
    {
        SpooledRecording recording = found.Recording;
        foreach (ArchiveUpload upload in recording.Uploads)
        {
            upload.BeginSent = true;
            upload.NeedsQuery = true;
        }

        if (!found.IsSealed)
        {
            _open[Convert.ToHexString(recording.Mark)] = found.CoreId;
        }

        // The register may have missed what the earlier life signed.
        _recorder.Register.AddStatement(found.CoreId, found.Newest.ToArray());
        if (found.Recovery is { } made)
        {
            _recorder.Register.AddStatement(found.CoreId, made.ToArray());
        }

        if (found.IsSealed || found.Recovery is not null)
        {
            ((ISpoolEvents)_recorder).Ready(recording);
        }
        else if (_keys.FirstOrDefault(key => key.PublicKey == recording.Header.GatewayKey) is { } key)
        {
            RecorderLog.Recovered(_recorder.Logger, found.CoreId, found.Peaks.Count);
            // Sent when it is written, and all that was found with it.
            _recorder.Spool.Recover(recording, found.Recover(_recorder.UtcNow, key));
        }
        else
        {
            RecorderLog.KeyMissing(_recorder.Logger, found.CoreId, recording.Header.GatewayKey.ToString(TrustedKeyKind.Gateway));
            ((ISpoolEvents)_recorder).Ready(recording);
        }
    }
}
