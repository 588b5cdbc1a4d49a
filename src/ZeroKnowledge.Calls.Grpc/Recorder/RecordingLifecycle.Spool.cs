namespace ZeroKnowledge.Calls.Grpc;

// What the spool says.
internal sealed partial class RecordingLifecycle : ISpoolEvents
{
    private const long WarnEveryMs = 60_000;

    private long _warnedFullMs = -WarnEveryMs;
    private long _warnedFaultMs = -WarnEveryMs;
    private int _isFull;

    /// <summary>From the pump: a chunk found no room.</summary>
    public void SpoolIsFull()
    {
        if (Interlocked.Exchange(ref _isFull, 1) == 0)
        {
            SpoolFull(true);
        }

        long now = NowMs;
        if (now - Interlocked.Read(ref _warnedFullMs) >= WarnEveryMs)
        {
            Interlocked.Exchange(ref _warnedFullMs, now);
            RecorderLog.SpoolFull(_logger, Spool.Fault ?? "its bound is reached.");
        }
    }

    /// <summary>From the pump: a chunk found room.</summary>
    public void SpoolHasRoom()
    {
        if (Volatile.Read(ref _isFull) != 0 && Interlocked.Exchange(ref _isFull, 0) != 0)
        {
            SpoolFull(false);
        }
    }

    void ISpoolEvents.Ready(SpooledRecording recording)
    {
        foreach (ArchiveUploader archive in _archives)
        {
            archive.Ready(recording);
        }

        if (Volatile.Read(ref recording.IsSettled) != 0)
        {
            // It came when every archive was through already.
            Spool.Release(recording);
        }
    }

    void ISpoolEvents.Signed(SpooledRecording recording, ReadOnlySpan<byte> statement) => Register.AddStatement(recording.CoreId, statement);

    void ISpoolEvents.Failing(Exception exception)
    {
        long now = NowMs;
        if (now - Interlocked.Read(ref _warnedFaultMs) >= WarnEveryMs)
        {
            Interlocked.Exchange(ref _warnedFaultMs, now);
            RecorderLog.SpoolFailing(_logger, exception);
        }
    }

    void ISpoolEvents.Cut(string path, int bytes) => RecorderLog.SpoolCut(_logger, path, bytes);
}
