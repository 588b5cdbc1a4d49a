using System.Buffers.Binary;

namespace ZeroKnowledge.Calls;

// Something that is about to be appended. PayloadBuffer's loop is compiled once for each kind, without a virtual call.
internal interface IPendingFrame
{
    object Owner { get; }

    /// <summary>The leg whose one thread this is; null from any thread.</summary>
    int? Leg { get; }

    /// <summary>May use the room that is kept for gaps.</summary>
    bool MayUseReserve { get; }

    /// <summary>Frames that are written, after <see cref="Plan"/>.</summary>
    int Frames { get; }

    /// <summary>How many of them are audio or events.</summary>
    int MediaFrames { get; }

    /// <summary>Bytes it takes in a payload of its own.</summary>
    int SizeAlone { get; }

    /// <summary>Chooses the encoding for that life of a payload.</summary>
    void Plan(long life);

    /// <summary>Size in bytes at an arrival, which is <paramref name="delta"/> ms after the last frame's.</summary>
    int Size(uint arrival, uint delta);

    /// <summary>Fills exactly the target, and takes note that the frame is in that life of a payload.</summary>
    void Write(Span<byte> target, uint arrival, uint delta, long life);
}

internal ref struct PendingMedia(LegEncoder leg, MediaFrame frame, bool formatOnly) : IPendingFrame
{
    private readonly LegEncoder _leg = leg;
    private readonly MediaFrame _frame = frame;
    private readonly bool _formatOnly = formatOnly;
    private LegEncoder.Plan _plan;

    public readonly object Owner => _leg.Owner;

    public readonly int? Leg => _leg.Number;

    public readonly bool MayUseReserve => false;

    public readonly int Frames => _plan.Frames;

    public readonly int MediaFrames => _formatOnly ? 0 : 1;

    // A life that no payload has: the plan is then format and anchor.
    public readonly int SizeAlone => (_formatOnly ? _leg.PlanFormat() : _leg.PlanFor(0, _frame)).Size(0);

    public void Plan(long life) => _plan = _formatOnly ? _leg.PlanFormat() : _leg.PlanFor(life, _frame);

    public readonly int Size(uint arrival, uint delta) => _plan.Size(delta);

    public readonly void Write(Span<byte> target, uint arrival, uint delta, long life)
    {
        int at = 0;
        if (_plan.Declare is { } declared)
        {
            target[at++] = _leg.TypeOf(FrameLayout.FormatType, FrameKind.Audio);
            at += Varint.Write(target[at..], delta);
            declared.Body.CopyTo(target[at..]);
            at += declared.Body.Length;
            delta = 0;
        }

        if (_plan.Form != 0)
        {
            target[at++] = _leg.TypeOf(_plan.Form, _frame.Kind);
            at += Varint.Write(target[at..], delta);
            at += _plan.Form == FrameLayout.Anchor ? WriteAnchor(target[at..]) : WriteFields(target[at..]);
            _frame.Payload.CopyTo(target[at..]);
        }

        _leg.Commit(life, _plan, _frame);
    }

    private readonly int WriteAnchor(Span<byte> target)
    {
        target[0] = (byte)((_frame.Marker ? FrameLayout.MarkerBit : 0) | _frame.PayloadType & LegFormat.MaxPayloadType);
        BinaryPrimitives.WriteUInt16BigEndian(target[1..], _frame.Sequence);
        BinaryPrimitives.WriteUInt32BigEndian(target[3..], _frame.Timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(target[7..], _frame.Ssrc);
        BinaryPrimitives.WriteUInt16BigEndian(target[11..], (ushort)_frame.Payload.Length);
        return FrameLayout.AnchorFields;
    }

    private readonly int WriteFields(Span<byte> target)
    {
        byte control = _plan.Control;
        if (control == 0)
        {
            return 0;
        }

        target[0] = control;
        int at = 1;
        if ((control & FrameLayout.SequenceBit) != 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(target[at..], _frame.Sequence);
            at += sizeof(ushort);
        }

        if ((control & FrameLayout.StepBit) != 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(target[at..], (ushort)_leg.StepTo(_frame.Timestamp));
            at += sizeof(ushort);
        }

        if ((control & FrameLayout.LengthBit) != 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(target[at..], (ushort)_frame.Payload.Length);
            at += sizeof(ushort);
        }

        return at;
    }
}

internal readonly struct PendingGap(object owner, int leg, uint durationMs, GapReason reason) : IPendingFrame
{
    public object Owner => owner;

    public int? Leg => null;

    public bool MayUseReserve => true;

    public int Frames => 1;

    public int MediaFrames => 0;

    public int SizeAlone => FrameLayout.MaxGapFrame;

    public void Plan(long life)
    {
        // A gap depends on nothing before it.
    }

    public int Size(uint arrival, uint delta) => 1 + Varint.Size(delta) + Varint.Size(Duration(arrival)) + 1;

    public void Write(Span<byte> target, uint arrival, uint delta, long life)
    {
        target[0] = (byte)(FrameLayout.GapType << 4 | leg);
        int at = 1 + Varint.Write(target[1..], delta);
        at += Varint.Write(target[at..], Duration(arrival));
        target[at] = (byte)reason;
    }

    /// <summary>A gap cannot begin before the recording did, and lasts at least 1 ms.</summary>
    private uint Duration(uint arrival) => Math.Max(1, Math.Min(durationMs, arrival));
}
