using System.Runtime.CompilerServices;

namespace ZeroKnowledge.Calls;

// What a chunk has told about a leg so far, and what it predicts of the leg's next frame. Writer and reader keep the same.
internal struct LegState
{
    private bool _begun;
    private bool _hasStep;
    private FrameKind _kind;
    private byte _payloadType;
    private ushort _sequence;
    private ushort _step;
    private uint _timestamp;
    private uint _ssrc;
    private int _length;

    public readonly bool HasBegun => _begun;

    public readonly bool HasStep => _hasStep;

    public readonly FrameKind Kind => _kind;

    public readonly byte PayloadType => _payloadType;

    public readonly uint Ssrc => _ssrc;

    public readonly uint Timestamp => _timestamp;

    public readonly int Length => _length;

    public readonly ushort NextSequence => unchecked((ushort)(_sequence + 1));

    public readonly ushort Step => _step;

    /// <summary>The frame must be an anchor; and it must not be one otherwise.</summary>
    public readonly bool NeedsAnchor(in MediaFrame frame) =>
        !_begun || _kind != frame.Kind || _ssrc != frame.Ssrc || _payloadType != frame.PayloadType
        || StepTo(frame.Timestamp) > FrameLayout.MaxStep;

    /// <summary>The frame is what was predicted in every respect: neither an anchor nor a delta. Most are.</summary>
    public readonly bool IsNext(in MediaFrame frame) =>
        _hasStep && frame.Timestamp == unchecked(_timestamp + _step) && frame.Sequence == NextSequence && frame.Payload.Length == _length
        && frame.Ssrc == _ssrc && frame.PayloadType == _payloadType && frame.Kind == _kind && !frame.Marker;

    /// <summary>The control byte of the frame as a delta; 0 means that it is a next.</summary>
    public readonly byte Control(in MediaFrame frame)
    {
        int control = frame.Marker ? FrameLayout.MarkerBit : 0;
        control |= frame.Sequence != NextSequence ? FrameLayout.SequenceBit : 0;
        control |= !_hasStep || StepTo(frame.Timestamp) != _step ? FrameLayout.StepBit : 0;
        control |= frame.Payload.Length != _length ? FrameLayout.LengthBit : 0;
        return (byte)control;
    }

    public readonly uint StepTo(uint timestamp) => unchecked(timestamp - _timestamp);

    /// <summary>After a frame that <see cref="IsNext"/>.</summary>
    public void AdvanceNext(in MediaFrame frame)
    {
        _sequence = frame.Sequence;
        _timestamp = frame.Timestamp;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Advance(in MediaFrame frame, bool anchor)
    {
        // A frame whose step is the one before it leaves the step as it is, so no case distinction between delta and next.
        _step = anchor ? (ushort)0 : (ushort)StepTo(frame.Timestamp);
        _hasStep = !anchor;
        _begun = true;
        _kind = frame.Kind;
        _payloadType = frame.PayloadType;
        _sequence = frame.Sequence;
        _timestamp = frame.Timestamp;
        _ssrc = frame.Ssrc;
        _length = frame.Payload.Length;
    }
}
