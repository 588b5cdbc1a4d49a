using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>What of one recording waits for the archive. Guarded by the lock of its upload queue.</summary>
internal sealed class SpooledRecording(RecordingLife life, RecordingStart start)
{
    public RecordingLife Life { get; } = life;

    public CoreId CoreId { get; } = start.Header.CoreId;

    public ByteString CoreIdBytes { get; } = ByteString.CopyFrom(start.Header.CoreId.Span);

    public Begin Begin { get; } = new()
    {
        Header = UnsafeByteOperations.UnsafeWrap(start.Header.ToArray()),
        OpeningRecord = UnsafeByteOperations.UnsafeWrap(start.OpeningRecord),
        Checkpoint = UnsafeByteOperations.UnsafeWrap(start.Checkpoint.ToArray()),
    };

    /// <summary>The oldest chunk that is not durable yet.</summary>
    public ChunkBuffer? Head { get; set; }

    public ChunkBuffer? Tail { get; set; }

    /// <summary>The next chunk to send.</summary>
    public ChunkBuffer? Sending { get; set; }

    public int DurableChunks { get; set; }

    public End? End { get; set; }

    public bool BeginSent { get; set; }

    public bool EndSent { get; set; }

    public bool IsReady { get; set; }

    /// <summary>Asks where it stands before anything else is sent: after a reconnect, or a refusal.</summary>
    public bool NeedsQuery { get; set; }

    public bool AwaitsAnswer { get; set; }

    /// <summary>The archive has other bytes that nobody signed: a live statement over ours replaces them.</summary>
    public bool IsDifferent { get; set; }

    public bool IsDone { get; set; }

    /// <summary>When a refused recording is tried again, on the recorder's clock.</summary>
    public long ParkedUntilMs { get; set; }

    /// <summary>Statements up to this count are in the register's queue.</summary>
    public int RegisteredCount { get; set; }
}
