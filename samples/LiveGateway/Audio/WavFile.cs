using System.Buffers.Binary;

namespace LiveGateway.Audio;

/// <summary>Reads RIFF WAVE files of 16-bit PCM or G.711, one or two channels.</summary>
internal static class WavFile
{
    private const int RiffHead = 12;
    private const int ChunkHead = 8;
    private const int MinFormat = 16;
    private const int ExtensibleFormat = 40;
    private const ushort Pcm = 1;
    private const ushort Float = 3;
    private const ushort ALaw = 6;
    private const ushort MuLaw = 7;
    private const ushort Extensible = 0xFFFE;

    public static bool IsOne(ReadOnlySpan<byte> file) => file.Length >= RiffHead && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WAVE"u8);

    /// <summary>One track for each channel.</summary>
    public static IReadOnlyList<AudioTrack> Read(string name, byte[] file)
    {
        ReadOnlyMemory<byte> format = default, data = default;
        for (int at = RiffHead; file.Length - at >= ChunkHead;)
        {
            ReadOnlySpan<byte> head = file.AsSpan(at, ChunkHead);
            at += ChunkHead;

            // A size that reaches over the end is what a recorder leaves that was killed: take what is there.
            int size = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(head[4..]), (uint)(file.Length - at));
            if (head.StartsWith("fmt "u8))
            {
                format = file.AsMemory(at, size);
            }
            else if (head.StartsWith("data"u8) && data.IsEmpty)
            {
                data = file.AsMemory(at, size);
            }

            at = Math.Min(at + size + (size & 1), file.Length);
        }

        return format.Length >= MinFormat
            ? Split(name, format.Span, data)
            : throw new UserException($"{name} is a WAV file without a format: it cannot be read.");
    }

    private static AudioTrack[] Split(string name, ReadOnlySpan<byte> format, ReadOnlyMemory<byte> data)
    {
        ushort tag = BinaryPrimitives.ReadUInt16LittleEndian(format);
        int channels = BinaryPrimitives.ReadUInt16LittleEndian(format[2..]);
        uint rate = BinaryPrimitives.ReadUInt32LittleEndian(format[4..]);
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(format[14..]);
        if (tag == Extensible && format.Length >= ExtensibleFormat)
        {
            // The sub-format's GUID begins with the tag.
            tag = BinaryPrimitives.ReadUInt16LittleEndian(format[24..]);
        }

        Codec codec = (tag, bits) switch
        {
            (Pcm, 16) => Codec.L16,
            (ALaw, 8) => Codec.ALaw,
            (MuLaw, 8) => Codec.MuLaw,
            _ => throw new UserException($"{name} is {Describe(tag, bits)}; 16-bit PCM, A-law or µ-law is needed. 'sox IN -b 16 OUT.wav' converts it."),
        };
        if (channels is not (1 or 2))
        {
            throw new UserException($"{name} has {channels} channels; one, or two for the two legs of a call, is needed.");
        }

        int width = codec == Codec.L16 ? 2 : 1;
        var tracks = new AudioTrack[channels];
        for (int channel = 0; channel < channels; channel++)
        {
            tracks[channel] = new AudioTrack(
                channels == 1 ? name : $"{name}, channel {channel + 1}", codec, (int)Math.Min(rate, int.MaxValue), Channel(data.Span, channel, channels, width));
        }

        return tracks;
    }

    private static byte[] Channel(ReadOnlySpan<byte> data, int channel, int channels, int width)
    {
        int samples = data.Length / (width * channels);
        byte[] track = new byte[samples * width];
        for (int i = 0; i < samples; i++)
        {
            ReadOnlySpan<byte> sample = data.Slice(((i * channels) + channel) * width, width);
            track[i * width] = sample[width - 1];
            track[(i * width) + width - 1] = sample[0];
        }

        return track;
    }

    private static string Describe(ushort tag, int bits) => tag switch
    {
        Pcm => $"{bits}-bit PCM",
        Float => $"{bits}-bit floating point",
        _ => $"of the WAV format 0x{tag:x4}",
    };
}
