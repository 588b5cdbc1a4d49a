namespace ZeroKnowledge.Calls;

/// <summary>What a frame of a recording is (docs/FORMAT.md, section 6).</summary>
public enum FrameKind
{
    /// <summary>Not a frame: the default value is refused everywhere.</summary>
    None = 0,

    /// <summary>Audio: one RTP payload as the codec made it.</summary>
    Audio,

    /// <summary>A telephone event, such as a DTMF digit (RFC 4733).</summary>
    Event,

    /// <summary>Declares a leg's label and payload types.</summary>
    Format,

    /// <summary>Says that audio is missing, how much, and why.</summary>
    Gap,
}
