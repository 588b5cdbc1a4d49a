using ZeroKnowledge.Calls;

namespace LiveGateway.Audio;

/// <summary>One voice: coded samples, played in a loop, 20 ms at a time.</summary>
internal sealed class AudioTrack
{
    public const int FrameMs = 20;

    private const int FramesPerSecond = 1_000 / FrameMs;
    private const int MaxRate = 192_000;

    private readonly ReadOnlyMemory<byte> _data;

    public AudioTrack(string name, Codec codec, int clockRate, ReadOnlyMemory<byte> data)
    {
        if (clockRate is < 4_000 or > MaxRate)
        {
            throw new UserException($"{name} has a sample rate of {clockRate} Hz; 4,000 to {MaxRate} can be recorded.");
        }

        Name = name;
        Codec = codec;
        ClockRate = clockRate;
        SamplesPerFrame = clockRate / FramesPerSecond;
        BytesPerFrame = SamplesPerFrame * (codec == Codec.L16 ? 2 : 1);
        Frames = data.Length / BytesPerFrame;
        _data = data;
        if (Frames == 0)
        {
            throw new UserException($"{name} is shorter than {FrameMs} ms: there is nothing to record.");
        }
    }

    public string Name { get; }

    public Codec Codec { get; }

    public int ClockRate { get; }

    public int SamplesPerFrame { get; }

    public int BytesPerFrame { get; }

    /// <summary>Whole frames; the rest of the file is left out.</summary>
    public int Frames { get; }

    /// <summary>All of it, as it stands in frames.</summary>
    public ReadOnlyMemory<byte> Bytes => _data;

    public int BitRate => BytesPerFrame * 8 * FramesPerSecond;

    public ReadOnlyMemory<byte> Frame(int number) => _data.Slice(number % Frames * BytesPerFrame, BytesPerFrame);

    public Leg ToLeg(string label) => Codec switch
    {
        Codec.ALaw => ClockRate == 8_000 ? Leg.Pcma(label) : WithEvents(label, "PCMA"),
        Codec.MuLaw => ClockRate == 8_000 ? Leg.Pcmu(label) : WithEvents(label, "PCMU"),
        _ => Leg.L16(label, ClockRate),
    };

    // G.711 at another rate has no number of its own (RFC 3551, section 6).
    private Leg WithEvents(string label, string codec) =>
        new(label, new PayloadType(97, codec, ClockRate), new PayloadType(101, "telephone-event", ClockRate));
}
