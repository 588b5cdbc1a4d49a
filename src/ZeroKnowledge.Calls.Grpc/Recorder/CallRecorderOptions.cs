using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>What a <see cref="CallRecorder"/> needs. Read once, when the recorder starts.</summary>
public sealed class CallRecorderOptions
{
    /// <summary>The default bound of the spool: 4 GiB, four minutes of 1,000 two-leg G.711 calls.</summary>
    public const long DefaultSpoolBytes = 4L << 30;

    /// <summary>The smallest bound of the spool: 64 KiB, a few chunks.</summary>
    public const long MinSpoolBytes = 64L << 10;

    /// <summary>The default number of upload streams: 2.</summary>
    public const int DefaultUploadStreams = 2;

    /// <summary>The archives, 1 to 8: each of them gets everything, and one that lags is caught up from the spool. <see cref="ArchiveChannel"/> makes channels
    /// that notice a dead connection. They belong to the caller, who disposes of them after the recorder.</summary>
    public required IReadOnlyList<GrpcChannel> Archives { get; init; }

    /// <summary>How many archives have a call before <see cref="CallWriter.Durable"/> completes; default (null) all of them.</summary>
    public int? DurableArchives { get; init; }

    /// <summary>A folder of this recorder alone, made if it is not there: ciphertext and public data wait here for the archives, and survive the process.
    /// It should be on a local disk.</summary>
    public required string Spool { get; init; }

    /// <summary>What a chunk in the spool survives before it is sent; default <see cref="Durability.Process"/>.</summary>
    public Durability Durability { get; init; } = Durability.Process;

    /// <summary>Where envelopes and statements are kept. Belongs to the caller, who disposes of it after the recorder.</summary>
    public required IRegister Register { get; init; }

    /// <summary>How recordings are made; <see cref="CallRecorder.Policy"/> replaces it while running.</summary>
    public required RecordingPolicy Policy { get; init; }

    /// <summary>Gateway keys of earlier policies, whose recordings a crash may have left without a seal; default none. Only the key that signed a recording's
    /// header signs its recovery.</summary>
    public IReadOnlyList<GatewayKey> FormerGateways { get; init; } = [];

    /// <summary>The archives' pinned keys. With them, receipts and deletion certificates are verified. Without (null, the default) receipts are taken as they come, and no archive is
    /// believed that a recording was deleted: it stays in the spool.</summary>
    public TrustList? Trust { get; init; }

    /// <summary>Bytes that the spool's files may have, at least 64 KiB; default 4 GiB. At the bound new audio becomes gaps, and nothing stored is overwritten.</summary>
    public long SpoolBytes { get; init; } = DefaultSpoolBytes;

    /// <summary>The most calls at once; default no bound but <see cref="MemoryBytes"/>. One more is refused with an <see cref="AdmissionException"/>.</summary>
    public int MaxCalls { get; init; } = int.MaxValue;

    /// <summary>Bytes of memory that running calls may need for their chunks, secrets and states; default half of what the process may use. A call that needs more is refused with an
    /// <see cref="AdmissionException"/>, and running calls go on. A call of one G.711 leg needs some 14 KiB.</summary>
    public long MemoryBytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    /// <summary>Whether secrets of running calls must be locked in memory; default <see cref="LockedMemory.Preferred"/>. Where it is <see cref="LockedMemory.Required"/>, a call for
    /// which the system locks no more is refused with an <see cref="AdmissionException"/>.</summary>
    public LockedMemory LockedMemory { get; init; } = LockedMemory.Preferred;

    /// <summary>Threads that encrypt; default: all processors but one, which is left to the media threads, and at least one.</summary>
    public int MaxDegreeOfParallelism { get; init; } = Math.Max(1, Environment.ProcessorCount - 1);

    /// <summary>Long-lived upload streams, which carry the records of all calls in batches; 1 to 64, default 2.</summary>
    public int UploadStreams { get; init; } = DefaultUploadStreams;

    /// <summary>The clock of ticks, arrival times and statements; default the system's. Nonces never use it.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Takes everything in the place of the spool's files: to measure without a disk.</summary>
    internal ISpoolSink? Sink { get; init; }

    /// <summary>Where to log; default nowhere. No message contains content of a call.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }
}
