namespace ZeroKnowledge.Calls;

// How large the payloads of a recording are: room for what the policy's bit rate lets in during a tick, and one frame a leg more,
// so that a backlog drains. It depends on the policy and on the legs' formats and never on what is said.
internal static class PayloadSize
{
    /// <summary>The frame duration that overhead is computed for, in ms. Frames of half of it fit too, without the spare frame.</summary>
    public const int AssumedFrameMs = 20;

    // A format frame of a usual codec with telephone-event and a label of up to 9 bytes. Smaller ones take as much, and larger ones
    // round up, so that the payload size, which everyone sees, does not tell the length of a label.
    private const int UsualFormat = 46;
    private const int FormatStep = 64;

    /// <summary>What the first frames of a leg in a chunk take beyond a next: the anchor's fields; control and step.</summary>
    private const int FirstFrames = FrameLayout.AnchorFields + 3;

    /// <summary>A delta whose length differs: control and length.</summary>
    private const int VariableLength = 3;

    private static readonly string[] ConstantRate = ["PCMU", "PCMA", "G722", "L16", LegFormat.TelephoneEvent];

    /// <summary>Bytes at the end of a payload that only gaps may use: one gap for each leg and one for all.</summary>
    public static int Reserve(int legs) => (legs + 1) * FrameLayout.MaxGapFrame;

    /// <summary>The payload size in bytes.</summary>
    /// <param name="tickMs">20 to 60,000 ms.</param>
    /// <param name="legs">1 to 15 legs, those that may be added during the call included.</param>
    /// <param name="bytesPerSecondPerLeg">The most audio that a leg may bring in a second, without any header.</param>
    /// <exception cref="ArgumentException">An argument is outside its limits, or the payload would be larger than 1,048,576 bytes.</exception>
    public static int Compute(int tickMs, IReadOnlyList<Leg> legs, int bytesPerSecondPerLeg)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tickMs, Format.MinTickMs);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tickMs, Format.MaxTickMs);
        ArgumentNullException.ThrowIfNull(legs);
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesPerSecondPerLeg, 1);
        if (legs.Count is 0 or > Format.MaxLegs)
        {
            throw new ArgumentException($"A recording has 1 to {Format.MaxLegs} legs, not {legs.Count}.", nameof(legs));
        }

        long size = FrameLayout.HeadSize + Reserve(legs.Count);
        foreach (Leg leg in legs)
        {
            int overhead = FrameLayout.MinFrame + (leg.PayloadTypes.All(IsConstantRate) ? 0 : VariableLength);
            long usual = (Frames(tickMs, AssumedFrameMs) + 1) * (Bytes(bytesPerSecondPerLeg, AssumedFrameMs) + overhead);
            long small = Frames(tickMs, AssumedFrameMs / 2) * (Bytes(bytesPerSecondPerLeg, AssumedFrameMs / 2) + overhead);
            size += FormatRoom(leg) + FirstFrames + Math.Max(usual, small);
        }

        return size <= Format.MaxPayloadSize
            ? (int)Math.Max(size, Format.MinPayloadSize)
            : throw new ArgumentException(
                $"A tick of {tickMs} ms with {legs.Count} legs of {bytesPerSecondPerLeg} bytes a second does not fit into a payload: shorten the tick.",
                nameof(tickMs));
    }

    private static bool IsConstantRate(PayloadType type) => ConstantRate.Any(type.IsCodec);

    private static long Frames(int tickMs, int frameMs) => (tickMs + frameMs - 1) / frameMs;

    private static long Bytes(int perSecond, int frameMs) => ((long)perSecond * frameMs + 999) / 1_000;

    private static int FormatRoom(Leg leg)
    {
        int size = FrameLayout.MinFrame + LegFormat.BodySize(leg);
        return size <= UsualFormat ? UsualFormat : (size + FormatStep - 1) / FormatStep * FormatStep;
    }
}
