using Microsoft.Extensions.Logging;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Every message of the recorder, with its event id. None contains content of a call.</summary>
internal static partial class RecorderLog
{
    [LoggerMessage(1, LogLevel.Warning, "The upload stream broke: {Reason} Reconnecting in about {DelayMs} ms.")]
    public static partial void StreamBroken(ILogger logger, string reason, double delayMs);

    [LoggerMessage(2, LogLevel.Warning, "Recording {CoreId}: the archive has other bytes that nobody signed; they are being replaced.")]
    public static partial void Different(ILogger logger, CoreId coreId);

    [LoggerMessage(3, LogLevel.Error, "Recording {CoreId}: another life of this recording signed conflicting statements. The call goes on in a linked recording.")]
    public static partial void Forked(ILogger logger, CoreId coreId);

    [LoggerMessage(4, LogLevel.Error, "Recording {CoreId}: the archive refused it ({Status}): {Message}. It is kept and tried again.")]
    public static partial void Refused(ILogger logger, CoreId coreId, string status, string message);

    [LoggerMessage(5, LogLevel.Critical, "Recording {CoreId}: the archive no longer has chunk {Chunk}, which it had acknowledged as durable.")]
    public static partial void ArchiveLost(ILogger logger, CoreId coreId, int chunk);

    [LoggerMessage(6, LogLevel.Error, "The register did not take {Count} changes; they are tried again.")]
    public static partial void RegisterRefused(ILogger logger, Exception exception, int count);

    [LoggerMessage(7, LogLevel.Error, "Call {RecordingId} could not be recorded.")]
    public static partial void CallFailed(ILogger logger, Exception exception, RecordingId recordingId);

    [LoggerMessage(8, LogLevel.Warning, "The system locks no more memory: secrets of further calls may reach swap. Raise RLIMIT_MEMLOCK (ulimit -l), or turn swap off.")]
    public static partial void MemoryNotLocked(ILogger logger);

    [LoggerMessage(9, LogLevel.Error, "The recorder stopped with {Count} recordings not yet stored.")]
    public static partial void StoppedEarly(ILogger logger, int count);

    [LoggerMessage(10, LogLevel.Error, "The pump met an error with call {RecordingId}; its recording ends here.")]
    public static partial void PumpFailed(ILogger logger, Exception exception, RecordingId recordingId);

    [LoggerMessage(11, LogLevel.Warning, "The spool is full: new audio becomes gaps until the archive takes what is there.")]
    public static partial void SpoolFull(ILogger logger);

    [LoggerMessage(12, LogLevel.Error, "The recorder stopped while {Count} changes were not yet in the register.")]
    public static partial void RegisterLeft(ILogger logger, int count);

    [LoggerMessage(13, LogLevel.Error, "Recording {CoreId} could not be continued in a linked one; it goes on as it is.")]
    public static partial void LinkFailed(ILogger logger, Exception exception, CoreId coreId);
}
