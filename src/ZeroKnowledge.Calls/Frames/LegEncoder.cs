namespace ZeroKnowledge.Calls;

// The writer's state of one leg. Frames come from one thread at a time; Format is set from any thread.
internal sealed class LegEncoder
{
    private LegFormat _format;
    private int _busy;
    private long _life;
    private LegFormat? _declared;
    private LegState _state;

    /// <param name="owner">The recording: a frame goes only into payloads that were opened for the same object.</param>
    /// <param name="number">0 to 14.</param>
    /// <param name="format">What the leg's first format frame declares.</param>
    public LegEncoder(object owner, int number, Leg format)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, Calls.Format.MaxLegs);
        Owner = owner;
        Number = number;
        _format = format.Encoded;
    }

    public object Owner { get; }

    public int Number { get; }

    /// <summary>The leg's format. A new one is declared before the leg's next frame. Allocates; not for the media thread.</summary>
    public Leg Format
    {
        get => Volatile.Read(ref _format).Leg;
        set
        {
            LegFormat format = value.Encoded;
            if (!format.SameAs(Volatile.Read(ref _format)))
            {
                Volatile.Write(ref _format, format);
            }
        }
    }

    /// <summary>Event for the payload types that the format calls telephone-event, else audio.</summary>
    /// <param name="payloadType">0 to 127.</param>
    public FrameKind KindOf(int payloadType)
    {
        LegFormat format = Volatile.Read(ref _format);
        return ReferenceEquals(_declared, format) && _state.HasBegun && _state.PayloadType == payloadType ? _state.Kind
            : format.IsEvent(payloadType) ? FrameKind.Event : FrameKind.Audio;
    }

    public uint StepTo(uint timestamp) => _state.StepTo(timestamp);

    /// <summary>False if another thread is writing the leg. Without this a caller's mistake would make a chunk that no reader accepts.</summary>
    public bool TryEnter() => Interlocked.Exchange(ref _busy, 1) == 0;

    public void Leave() => Volatile.Write(ref _busy, 0);

    /// <summary>In that life of a payload the frame would be its payload only, as predicted. Most are.</summary>
    public bool IsNext(long life, in MediaFrame frame) => _life == life && ReferenceEquals(_declared, Volatile.Read(ref _format)) && _state.IsNext(frame);

    /// <summary>After a frame that <see cref="IsNext"/> is in the payload.</summary>
    public void AdvanceNext(in MediaFrame frame) => _state.AdvanceNext(frame);

    /// <summary>The first byte of a frame.</summary>
    public byte TypeOf(int form, FrameKind kind) => (byte)((form + (kind == FrameKind.Event ? FrameLayout.EventForms : 0)) << 4 | Number);

    /// <summary>How the frame would be encoded in that life of a payload. Changes nothing: the payload may yet refuse it.</summary>
    public Plan PlanFor(long life, in MediaFrame frame)
    {
        LegFormat format = Volatile.Read(ref _format);
        bool fresh = _life != life;
        LegFormat? declare = !fresh && _declared is not null && _declared.SameAs(format) ? null : format;
        return fresh || _state.NeedsAnchor(frame)
            ? new Plan(declare, FrameLayout.Anchor, 0, FrameLayout.AnchorFields + frame.Payload.Length)
            : DeltaOrNext(declare, _state.Control(frame), frame.Payload.Length);
    }

    /// <summary>A format frame alone.</summary>
    public Plan PlanFormat() => new(Volatile.Read(ref _format), 0, 0, 0);

    /// <summary>The frame is in the payload now.</summary>
    public void Commit(long life, in Plan plan, in MediaFrame frame)
    {
        if (_life != life)
        {
            _life = life;
            _declared = null;
            _state = default;
        }

        _declared = plan.Declare ?? _declared;
        if (plan.Form != 0)
        {
            _state.Advance(frame, plan.Form == FrameLayout.Anchor);
        }
    }

    private static Plan DeltaOrNext(LegFormat? declare, byte control, int payload)
    {
        int fields = 1
            + ((control & FrameLayout.SequenceBit) != 0 ? sizeof(ushort) : 0)
            + ((control & FrameLayout.StepBit) != 0 ? sizeof(ushort) : 0)
            + ((control & FrameLayout.LengthBit) != 0 ? sizeof(ushort) : 0);
        return control == 0
            ? new Plan(declare, FrameLayout.Next, 0, payload)
            : new Plan(declare, FrameLayout.Delta, control, fields + payload);
    }

    /// <summary>An encoding that has been chosen but not yet written.</summary>
    /// <param name="Declare">The format frame to put in front, if one is due.</param>
    /// <param name="Form">Anchor, delta or next; 0 for a format frame alone.</param>
    /// <param name="Control">The control byte of a delta.</param>
    /// <param name="Rest">Bytes of the media frame after its arrival.</param>
    internal readonly record struct Plan(LegFormat? Declare, int Form, byte Control, int Rest)
    {
        public int Frames => (Declare is null ? 0 : 1) + (Form == 0 ? 0 : 1);

        public int Size(uint delta) => Declare is null
            ? MediaSize(delta)
            : 1 + Varint.Size(delta) + Declare.Body.Length + MediaSize(0);

        private int MediaSize(uint delta) => Form == 0 ? 0 : 1 + Varint.Size(delta) + Rest;
    }
}
