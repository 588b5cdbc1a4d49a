namespace ZeroKnowledge.Calls;

// An audio or event frame on its way into a payload. The payload is copied when it is appended.
internal readonly ref struct MediaFrame
{
    public MediaFrame(FrameKind kind, byte payloadType, ushort sequence, uint timestamp, uint ssrc, bool marker, ReadOnlySpan<byte> payload)
    {
        Payload = payload;
        Timestamp = timestamp;
        Ssrc = ssrc;
        Kind = kind;
        Sequence = sequence;
        PayloadType = payloadType;
        Marker = marker;
    }

    public MediaFrame(FrameKind kind, in RtpPacket packet)
        : this(kind, packet.PayloadType, packet.Sequence, packet.Timestamp, packet.Ssrc, packet.Marker, packet.Payload)
    {
    }

    // In an order without padding: it is passed on by value.
    public ReadOnlySpan<byte> Payload { get; }

    public uint Timestamp { get; }

    public uint Ssrc { get; }

    /// <summary><see cref="FrameKind.Audio"/> or <see cref="FrameKind.Event"/>.</summary>
    public FrameKind Kind { get; }

    public ushort Sequence { get; }

    public byte PayloadType { get; }

    public bool Marker { get; }
}
