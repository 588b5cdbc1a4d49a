namespace ZeroKnowledge.Calls;

// A frame as PayloadCursor finds it: checked, with spans into the payload.
internal readonly ref struct RawFrame
{
    public FrameKind Kind { get; init; }

    public int Leg { get; init; }

    public uint Arrival { get; init; }

    /// <summary>Audio and event.</summary>
    public MediaFrame Media { get; init; }

    /// <summary>Format: its body, which <see cref="FormatReader"/> has accepted.</summary>
    public ReadOnlySpan<byte> Format { get; init; }

    public uint GapDuration { get; init; }

    public GapReason GapReason { get; init; }
}
