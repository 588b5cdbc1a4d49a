using Microsoft.Extensions.Logging;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Every message of the recorder, with its event id. None contains content of a call.</summary>
internal static partial class RecorderLog
{
    [LoggerMessage(1, LogLevel.Warning, "The upload stream to {Archive} broke: {Reason} Reconnecting in about {DelayMs} ms.")]
    public static partial void StreamBroken(ILogger logger, string archive, string reason, double delayMs);

    [LoggerMessage(2, LogLevel.Warning, "Recording {CoreId}: the archive has other bytes that nobody signed; they are being replaced.")]
    public static partial void Different(ILogger logger, CoreId coreId);

    [LoggerMessage(3, LogLevel.Error, "Recording {CoreId}: another life of this recording signed conflicting statements. The call goes on in a linked recording.")]
    public static partial void Forked(ILogger logger, CoreId coreId);

    [LoggerMessage(4, LogLevel.Error, "Recording {CoreId}: the archive {Archive} refused it ({Status}): {Message} It is kept and tried again.")]
    public static partial void Refused(ILogger logger, CoreId coreId, string archive, string status, string message);

    [LoggerMessage(5, LogLevel.Critical, "Recording {CoreId}: the archive {Archive} no longer has chunk {Chunk}, which it had acknowledged as durable. The rest is kept, and it is asked again.")]
    public static partial void ArchiveLost(ILogger logger, CoreId coreId, string archive, int chunk);

    [LoggerMessage(6, LogLevel.Error, "The register did not take {Count} changes; they are tried again.")]
    public static partial void RegisterRefused(ILogger logger, Exception exception, int count);

    [LoggerMessage(7, LogLevel.Error, "Call {RecordingId} could not be recorded.")]
    public static partial void CallFailed(ILogger logger, Exception exception, RecordingId recordingId);

    [LoggerMessage(8, LogLevel.Warning, "The system locks no more memory: secrets of further calls may reach swap. Raise RLIMIT_MEMLOCK (ulimit -l), or turn swap off.")]
    public static partial void MemoryNotLocked(ILogger logger);

    [LoggerMessage(9, LogLevel.Error, "The recorder stopped with {Count} calls not yet stored; they are in the spool.")]
    public static partial void StoppedEarly(ILogger logger, int count);

    [LoggerMessage(10, LogLevel.Error, "The pump met an error with call {RecordingId}; its recording ends here.")]
    public static partial void PumpFailed(ILogger logger, Exception exception, RecordingId recordingId);

    [LoggerMessage(11, LogLevel.Warning, "The spool has no room, so new audio becomes gaps: {Reason}")]
    public static partial void SpoolFull(ILogger logger, string reason);

    [LoggerMessage(12, LogLevel.Error, "The recorder stopped while {Count} changes were not yet in the register.")]
    public static partial void RegisterLeft(ILogger logger, int count);

    [LoggerMessage(13, LogLevel.Error, "Recording {CoreId} could not be continued in a linked one; it goes on as it is.")]
    public static partial void LinkFailed(ILogger logger, Exception exception, CoreId coreId);

    [LoggerMessage(14, LogLevel.Error, "The spool could not be written. It is tried again; nothing that is in memory is given up.")]
    public static partial void SpoolFailing(ILogger logger, Exception exception);

    [LoggerMessage(15, LogLevel.Warning, "The spool file {Path} ended in {Bytes} bytes that are no record, as after a power cut: they were cut off.")]
    public static partial void SpoolCut(ILogger logger, string path, int bytes);

    [LoggerMessage(16, LogLevel.Critical, "Recording {CoreId}: chunk {Chunk} cannot be read from the spool any more.")]
    public static partial void SpoolDamaged(ILogger logger, CoreId coreId, int chunk);

    [LoggerMessage(17, LogLevel.Warning, "Recording {CoreId} was deleted in the archive {Archive}: nothing more of it is sent there.")]
    public static partial void Deleted(ILogger logger, CoreId coreId, string archive);

    [LoggerMessage(18, LogLevel.Warning, "Recording {CoreId} was left without a seal by an earlier life; it is recovered with {Chunks} chunks.")]
    public static partial void Recovered(ILogger logger, CoreId coreId, int chunks);

    [LoggerMessage(19, LogLevel.Error, "Recording {CoreId} was left without a seal by an earlier life, and was signed by the gateway key {Key}, which this recorder does not have. It is uploaded, and stays open.")]
    public static partial void KeyMissing(ILogger logger, CoreId coreId, string key);

    [LoggerMessage(20, LogLevel.Warning, "Recording {CoreId} was left by an earlier life before its key envelope was kept: nothing of it was recorded, and it is forgotten.")]
    public static partial void Forgotten(ILogger logger, CoreId coreId);

    [LoggerMessage(21, LogLevel.Error, "The register cannot be written: {Count} key envelopes wait in files of the spool.")]
    public static partial void RegisterAway(ILogger logger, Exception exception, int count);

    [LoggerMessage(22, LogLevel.Error, "The recorder stopped with {Count} records that the spool could not write: they are lost.")]
    public static partial void SpoolLost(ILogger logger, int count);

    [LoggerMessage(23, LogLevel.Critical, "The key envelope of recording {CoreId}, which waited for the register, is damaged: its file is set aside.")]
    public static partial void EnvelopeDamaged(ILogger logger, CoreId coreId);

    [LoggerMessage(24, LogLevel.Error, "A handler of the recorder's events threw.")]
    public static partial void HandlerFailed(ILogger logger, Exception exception);

    [LoggerMessage(25, LogLevel.Error, "An upload stream to {Archive} met an error; it begins anew.")]
    public static partial void StreamFailed(ILogger logger, Exception exception, string archive);

    [LoggerMessage(26, LogLevel.Warning, "Recording {CoreId}: the archive {Archive} says that it has {Signed} signed chunks, where a power cut left {Chunks} here. It is not recovered there.")]
    public static partial void ArchiveHasMore(ILogger logger, CoreId coreId, string archive, int signed, int chunks);

    [LoggerMessage(27, LogLevel.Warning, "Call {RecordingId}: a mask reached its maximum of {Maximum} and was ended; the call is recorded again. End masks with EndMask, or raise RecordingPolicy.MaxMask.")]
    public static partial void MaskExpired(ILogger logger, RecordingId recordingId, TimeSpan maximum);

    [LoggerMessage(28, LogLevel.Error, "Call {RecordingId} could not be ended before the recorder stopped: it is given up. What the spool has of it is kept, for the next recorder to recover.")]
    public static partial void GivenUp(ILogger logger, RecordingId recordingId);
}
