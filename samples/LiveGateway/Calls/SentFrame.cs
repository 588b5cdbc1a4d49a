using ZeroKnowledge.Calls;

namespace LiveGateway.Calls;

/// <summary>A frame as the gateway wrote it.</summary>
internal readonly record struct SentFrame(
    FrameKind Kind, int PayloadType, bool Marker, ushort Sequence, uint Timestamp, uint Ssrc, ReadOnlyMemory<byte> Payload)
{
    /// <summary>What came back is this frame, to the last bit.</summary>
    public bool Is(Frame frame) => frame.Kind == Kind && frame.PayloadType == PayloadType && frame.Marker == Marker && frame.Sequence == Sequence
        && frame.Timestamp == Timestamp && frame.Ssrc == Ssrc && frame.Payload.Span.SequenceEqual(Payload.Span);
}
