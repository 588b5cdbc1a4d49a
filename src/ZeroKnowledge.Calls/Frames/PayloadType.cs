namespace ZeroKnowledge.Calls;

/// <summary>One RTP payload type of a leg (RFC 3551). Immutable; checked when a <see cref="Leg"/> is made of it.</summary>
/// <param name="Number">The payload type of the RTP packets: 0 to 127.</param>
/// <param name="Codec">The name in IANA's registry of RTP payload formats: 1 to 32 bytes of printable ASCII without spaces.</param>
/// <param name="ClockRate">The rate of the RTP timestamp in Hz, at least 1.</param>
/// <param name="Channels">Audio channels: 1 to 255; 1 by default.</param>
public readonly record struct PayloadType(int Number, string Codec, int ClockRate, int Channels = 1)
{
    /// <summary>The codec has this name. Names compare without regard to case, whereas equality of values compares them exactly.</summary>
    /// <param name="name">A codec name such as "opus".</param>
    public bool IsCodec(string name) => string.Equals(Codec, name, StringComparison.OrdinalIgnoreCase);
}
