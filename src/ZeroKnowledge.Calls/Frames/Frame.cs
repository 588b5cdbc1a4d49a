namespace ZeroKnowledge.Calls;

/// <summary>One frame of a recording, decrypted: audio, a telephone event, a leg's format or a gap (docs/FORMAT.md, section 6).
/// Immutable to its user and thread-safe. Which members have a meaning depends on <see cref="Kind"/>.</summary>
public sealed class Frame
{
    internal Frame(FrameKind kind, int leg, long arrivalMs)
    {
        Kind = kind;
        Leg = leg;
        ArrivalMs = arrivalMs;
    }

    /// <summary>What the frame is; never <see cref="FrameKind.None"/>.</summary>
    public FrameKind Kind { get; }

    /// <summary>The leg's number: 0 to 14, or 15 for all legs, which only a gap has.</summary>
    public int Leg { get; }

    /// <summary>When the frame reached the writer: monotonic milliseconds since the recording began, below 2^31.
    /// Frames of a recording are in this order, duplicates and reordered packets included.</summary>
    public long ArrivalMs { get; }

    /// <summary>Audio and event: the RTP marker bit.</summary>
    public bool Marker { get; internal init; }

    /// <summary>Audio and event: the RTP payload type, 0 to 127. The leg's latest format says what it is, if it names it.</summary>
    public int PayloadType { get; internal init; }

    /// <summary>Audio and event: the RTP sequence number.</summary>
    public ushort Sequence { get; internal init; }

    /// <summary>Audio and event: the RTP timestamp, in units of the payload type's clock rate.</summary>
    public uint Timestamp { get; internal init; }

    /// <summary>Audio and event: the RTP synchronization source, 0 where the source was not RTP.</summary>
    public uint Ssrc { get; internal init; }

    /// <summary>Audio and event: the RTP payload as the codec made it, 0 to 8,192 bytes; else empty.</summary>
    public ReadOnlyMemory<byte> Payload { get; internal init; }

    /// <summary>Format: the leg's label and payload types from here on; else null.</summary>
    public Leg? Format { get; internal init; }

    /// <summary>Gap: why audio is missing; else <see cref="GapReason.None"/>.</summary>
    public GapReason GapReason { get; internal init; }

    /// <summary>Gap: how many milliseconds, ending at <see cref="ArrivalMs"/>, are missing; at least 1. Else 0.</summary>
    public long GapDurationMs { get; internal init; }

    /// <summary>Index of the chunk that the frame is from.</summary>
    public int Chunk { get; internal set; }

    /// <summary>True if a live statement of the writer covers the chunk. Without one, the frame is authentic only against those
    /// who hold no key for the chunk, and is never evidence.</summary>
    public bool IsSigned { get; internal set; }

    /// <summary>Kind, leg and arrival; never the audio.</summary>
    public override string ToString() => $"{Kind} of leg {Leg} at {ArrivalMs} ms";
}
