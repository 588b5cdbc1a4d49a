namespace ZeroKnowledge.Calls;

// An audio or event frame on its way into a payload. The payload is copied when it is appended.
internal readonly ref struct MediaFrame
{
    public MediaFrame(FrameKind kind, byte payloadType, ushort sequence, uint timestamp, uint ssrc, bool marker, ReadOnlySpan<byte> payload)
    {
        Kind = kind;
        PayloadType = payloadType;
        Sequence = sequence;
        Timestamp = timestamp;
        Ssrc = ssrc;
        Marker = marker;
        Payload = payload;
    }

    public MediaFrame(FrameKind kind, in RtpPacket packet)
        : this(kind, packet.PayloadType, packet.Sequence, packet.Timestamp, packet.Ssrc, packet.Marker, packet.Payload)
    {
    }

    /// <summary><see cref="FrameKind.Audio"/> or <see cref="FrameKind.Event"/>.</summary>
    public FrameKind Kind { get; }

    public byte PayloadType { get; }

    public ushort Sequence { get; }

    public uint Timestamp { get; }

    public uint Ssrc { get; }

    public bool Marker { get; }

    public ReadOnlySpan<byte> Payload { get; }
}
