using ZeroKnowledge.Calls;

namespace RtpTap;

/// <summary>A leg of a call: a label, and a codec by name.</summary>
internal sealed record LegRequest(string? Label, string? Codec)
{
    /// <exception cref="ArgumentException">The codec is not one of those that need no numbers.</exception>
    public Leg ToLeg() => Codec?.ToUpperInvariant() switch
    {
        "PCMA" => Leg.Pcma(Label ?? ""),
        "PCMU" => Leg.Pcmu(Label ?? ""),
        "OPUS" => Leg.Opus(Label ?? ""),
        "L16" => Leg.L16(Label ?? ""),
        _ => throw new ArgumentException($"codec '{Codec}' is none of PCMA, PCMU, opus, L16."),
    };
}
