namespace ZeroKnowledge.Calls.Grpc;

/// <summary>The one word that decides whether a frame is masked: since, in ms of the recorder's clock | waits for a digit 1 | pause 1 | legs 15. Zero is no mask.</summary>
internal readonly record struct MaskWord(long Value)
{
    public const int AllLegs = (1 << Format.MaxLegs) - 1;

    private const long PauseBit = 1L << Format.MaxLegs;
    private const long ArmedBit = PauseBit << 1;
    private const int SinceShift = Format.MaxLegs + 2;

    public int Legs => (int)(Value & AllLegs);

    public GapReason Reason => (Value & PauseBit) != 0 ? GapReason.Paused : GapReason.Masked;

    /// <summary>It begins with the first digit.</summary>
    public bool IsArmed => (Value & ArmedBit) != 0;

    public bool IsMasking => Value != 0 && !IsArmed;

    public long SinceMs => Value >> SinceShift;

    public bool Covers(int leg) => (Value >> leg & 1) != 0;

    public static MaskWord Begun(int legs, GapReason reason, long sinceMs) =>
        new(sinceMs << SinceShift | (reason == GapReason.Paused ? PauseBit : 0) | (long)legs);

    public static MaskWord Armed(int legs, GapReason reason) => new(Begun(legs, reason, 0).Value | ArmedBit);

    public MaskWord Started(long sinceMs) => Begun(Legs, Reason, sinceMs);
}
