namespace LiveGateway.Audio;

/// <summary>How a track's bytes are coded.</summary>
internal enum Codec
{
    None = 0,
    ALaw,
    MuLaw,

    /// <summary>16-bit linear samples, high byte first, as RTP carries them.</summary>
    L16,
}
