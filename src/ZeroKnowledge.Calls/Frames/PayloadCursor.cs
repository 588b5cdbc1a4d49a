using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace ZeroKnowledge.Calls;

// Walks the frames of one payload and enforces docs/FORMAT.md, section 6, to the letter: the bytes that it accepts are the only
// ones that a writer makes of these frames. Never throws, and allocates nothing.
internal ref struct PayloadCursor
{
    private readonly int _count;
    private readonly uint _latest;
    private PayloadBytes _bytes;
    private byte _control;
    private int _read;
    private uint _arrival;
    private int _declared;
    private LegStates _legs;

    public PayloadCursor(ReadOnlySpan<byte> payload)
    {
        _bytes = new PayloadBytes(payload);
        if (payload.Length is < Format.MinPayloadSize or > Format.MaxPayloadSize)
        {
            _bytes.Fail("the size is not 256 to 1,048,576 bytes");
            return;
        }

        TickNumber = BinaryPrimitives.ReadUInt32BigEndian(payload[FrameLayout.TickOffset..]);
        EarliestMs = _arrival = BinaryPrimitives.ReadUInt32BigEndian(payload[FrameLayout.EarliestOffset..]);
        _latest = BinaryPrimitives.ReadUInt32BigEndian(payload[FrameLayout.LatestOffset..]);
        _count = BinaryPrimitives.ReadUInt16BigEndian(payload[FrameLayout.CountOffset..]);
        _bytes.TryTake(FrameLayout.HeadSize, out _);
        if (EarliestMs > _latest || _latest > FrameLayout.MaxArrival)
        {
            _bytes.Fail("earliest is above latest, or latest is 2^31 or more");
        }
        else if (_count > (payload.Length - FrameLayout.HeadSize) / FrameLayout.MinFrame)
        {
            _bytes.Fail("there are more frames than the payload can hold");
        }
    }

    public uint TickNumber { get; }

    public uint EarliestMs { get; }

    public readonly uint LatestMs => _latest;

    public readonly int Count => _count;

    /// <summary>Frames that were read.</summary>
    public readonly int Read => _read;

    /// <summary>What is wrong with the payload; null as long as nothing is.</summary>
    public readonly string? Error => _bytes.Error;

    /// <summary>The next frame. False after the last one, when the rest was checked too, and at an error.</summary>
    public bool TryRead(out RawFrame frame)
    {
        frame = default;
        if (Error is not null || _read == _count || !TryReadHead(out int type, out int leg))
        {
            return Error is null && CheckEnd();
        }

        bool read = type switch
        {
            >= FrameLayout.Anchor and <= FrameLayout.Next => TryReadMedia(FrameKind.Audio, type, leg, out frame),
            > FrameLayout.Next and <= FrameLayout.Next + FrameLayout.EventForms => TryReadMedia(FrameKind.Event, type - FrameLayout.EventForms, leg, out frame),
            FrameLayout.FormatType => TryReadFormat(leg, out frame),
            FrameLayout.GapType => TryReadGap(leg, out frame),
            _ => Fail("a type is unknown"),
        };
        _read += read ? 1 : 0;
        return read;
    }

    private bool TryReadHead(out int type, out int leg)
    {
        type = leg = 0;
        if (!_bytes.TryTake(1, out ReadOnlySpan<byte> first) || !_bytes.TryTakeVarint(out uint delta))
        {
            return false;
        }

        type = first[0] >> 4;
        leg = first[0] & 0x0f;

        if (_read == 0 && delta != 0)
        {
            return Fail("the first frame does not arrive at earliest");
        }

        // Below 2^32: both are below 2^31.
        _arrival += delta;
        if (_arrival > _latest)
        {
            return Fail("a frame arrives after latest");
        }

        return leg != Format.AllLegs || type == FrameLayout.GapType || Fail("leg 15 is for gaps only");
    }

    private bool TryReadMedia(FrameKind kind, int form, int leg, out RawFrame frame)
    {
        frame = default;
        if ((_declared >> leg & 1) == 0)
        {
            return Fail("a leg has no format in this chunk");
        }

        ref LegState state = ref _legs[leg];
        if (form != FrameLayout.Anchor && (!state.HasBegun || state.Kind != kind))
        {
            return Fail("an anchor is due");
        }

        if (!(form == FrameLayout.Anchor ? TryReadAnchor(kind, out MediaFrame media) : TryReadDelta(state, form, out media)))
        {
            return false;
        }

        if (form == FrameLayout.Anchor && !state.NeedsAnchor(media))
        {
            return Fail("an anchor is not due");
        }

        if (form == FrameLayout.Delta && state.Control(media) != _control)
        {
            return Fail("a delta has a field that was predicted");
        }

        state.Advance(media, form == FrameLayout.Anchor);
        frame = new RawFrame { Kind = kind, Leg = leg, Arrival = _arrival, Media = media };
        return true;
    }

    private bool TryReadAnchor(FrameKind kind, out MediaFrame media)
    {
        media = default;
        if (!_bytes.TryTake(FrameLayout.AnchorFields, out ReadOnlySpan<byte> fields)
            || !_bytes.TryTakePayload(BinaryPrimitives.ReadUInt16BigEndian(fields[11..]), out ReadOnlySpan<byte> payload))
        {
            return false;
        }

        media = new MediaFrame(
            kind,
            (byte)(fields[0] & LegFormat.MaxPayloadType),
            BinaryPrimitives.ReadUInt16BigEndian(fields[1..]),
            BinaryPrimitives.ReadUInt32BigEndian(fields[3..]),
            BinaryPrimitives.ReadUInt32BigEndian(fields[7..]),
            (fields[0] & FrameLayout.MarkerBit) != 0,
            payload);
        return true;
    }

    private bool TryReadDelta(scoped in LegState state, int form, out MediaFrame media)
    {
        media = default;
        _control = 0;
        if (form == FrameLayout.Delta)
        {
            if (!_bytes.TryTake(1, out ReadOnlySpan<byte> control))
            {
                return false;
            }

            _control = control[0];
            if (_control == 0 || (_control & FrameLayout.ControlReserved) != 0)
            {
                return Fail("a control byte is 0 or has a reserved bit");
            }
        }

        if (!state.HasStep && (_control & FrameLayout.StepBit) == 0)
        {
            return Fail("a step is due");
        }

        int sequence = state.NextSequence, step = state.Step, length = state.Length;
        if (!TryReadField(FrameLayout.SequenceBit, ref sequence) || !TryReadField(FrameLayout.StepBit, ref step)
            || !TryReadField(FrameLayout.LengthBit, ref length) || !_bytes.TryTakePayload(length, out ReadOnlySpan<byte> payload))
        {
            return false;
        }

        media = new MediaFrame(
            state.Kind,
            state.PayloadType,
            (ushort)sequence,
            unchecked(state.Timestamp + (uint)step),
            state.Ssrc,
            (_control & FrameLayout.MarkerBit) != 0,
            payload);
        return true;
    }

    private bool TryReadField(byte bit, ref int value)
    {
        if ((_control & bit) == 0)
        {
            return true;
        }

        if (!_bytes.TryTake(sizeof(ushort), out ReadOnlySpan<byte> field))
        {
            return false;
        }

        value = BinaryPrimitives.ReadUInt16BigEndian(field);
        return true;
    }

    private bool TryReadFormat(int leg, out RawFrame frame)
    {
        frame = default;
        int size = FormatReader.Measure(_bytes.Rest, out string? error);
        if (error is not null)
        {
            return Fail(error);
        }

        _bytes.TryTake(size, out ReadOnlySpan<byte> body);
        frame = new RawFrame { Kind = FrameKind.Format, Leg = leg, Arrival = _arrival, Format = body };
        _declared |= 1 << leg;
        return true;
    }

    private bool TryReadGap(int leg, out RawFrame frame)
    {
        frame = default;
        if (!_bytes.TryTakeVarint(out uint duration) || !_bytes.TryTake(1, out ReadOnlySpan<byte> reason))
        {
            return false;
        }

        if (duration != 1 && (duration == 0 || duration > _arrival))
        {
            return Fail("a gap is longer than the recording until then, or has no duration");
        }

        if (reason[0] is < (byte)GapReason.Lost or > (byte)GapReason.Clock)
        {
            return Fail("a gap's reason is unknown");
        }

        frame = new RawFrame { Kind = FrameKind.Gap, Leg = leg, Arrival = _arrival, GapDuration = duration, GapReason = (GapReason)reason[0] };
        return true;
    }

    // False in any case: there is no further frame.
    private bool CheckEnd()
    {
        if (_arrival != _latest)
        {
            return Fail("latest is not the arrival of the last frame");
        }

        return _bytes.Rest.IndexOfAnyExcept((byte)0) >= 0 && Fail("the padding is not zero");
    }

    private bool Fail(string error) => _bytes.Fail(error);

    [InlineArray(Format.MaxLegs)]
    private struct LegStates
    {
        private LegState _first;
    }
}
