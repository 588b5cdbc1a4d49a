using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>What a <see cref="CallRecorder"/> needs. Read once, when the recorder starts.</summary>
public sealed class CallRecorderOptions
{
    /// <summary>The default bound of the spool: 256 MiB.</summary>
    public const long DefaultSpoolBytes = 256L * 1024 * 1024;

    /// <summary>The default number of upload streams: 2.</summary>
    public const int DefaultUploadStreams = 2;

    /// <summary>The archive. Belongs to the caller, who disposes of it after the recorder.</summary>
    public required GrpcChannel Archive { get; init; }

    /// <summary>Where envelopes and statements are kept. Belongs to the caller, who disposes of it after the recorder.</summary>
    public required IRegister Register { get; init; }

    /// <summary>How recordings are made; <see cref="CallRecorder.Policy"/> replaces it while running.</summary>
    public required RecordingPolicy Policy { get; init; }

    /// <summary>The archive's pinned key. With it, receipts are verified; without it (null, the default) they are taken as they come.</summary>
    public TrustList? Trust { get; init; }

    /// <summary>Bytes of ciphertext that may wait for the archive; default 256 MiB. At the bound new audio becomes gaps, and nothing stored is overwritten.</summary>
    public long SpoolBytes { get; init; } = DefaultSpoolBytes;

    /// <summary>The most calls at once; default no bound but memory. One more is refused with an <see cref="AdmissionException"/>.</summary>
    public int MaxCalls { get; init; } = int.MaxValue;

    /// <summary>Whether secrets of running calls must be locked in memory; default <see cref="LockedMemory.Preferred"/>.</summary>
    public LockedMemory LockedMemory { get; init; } = LockedMemory.Preferred;

    /// <summary>Threads that encrypt; default: all processors but one, which is left to the media threads, and at least one.</summary>
    public int MaxDegreeOfParallelism { get; init; } = Math.Max(1, Environment.ProcessorCount - 1);

    /// <summary>Long-lived upload streams, which carry the records of all calls in batches; 1 to 64, default 2.</summary>
    public int UploadStreams { get; init; } = DefaultUploadStreams;

    /// <summary>The clock of ticks, arrival times and statements; default the system's. Nonces never use it.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where to log; default nowhere. No message contains content of a call.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }
}
