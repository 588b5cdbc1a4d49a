using System.Buffers.Binary;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>Reads a WAV stream of 16-bit PCM or G.711 as it comes, also from a pipe whose end is not known: each channel is a leg.</summary>
internal sealed class WavReader
{
    private const int RiffHead = 12;
    private const int ChunkHead = 8;
    private const int MinFormat = 16;
    private const int MaxFormat = 4_096;
    private const int ExtensibleFormat = 40;
    private const int MaxRate = 192_000;
    private const int MaxLegs = 15;
    private const ushort Pcm = 1;
    private const ushort ALaw = 6;
    private const ushort MuLaw = 7;
    private const ushort Extensible = 0xFFFE;

    private readonly Stream _stream;
    private readonly int _width;
    private readonly byte[] _block;
    private long _left;

    private WavReader(Stream stream, ushort tag, int channels, int rate, long length)
    {
        _stream = stream;
        _width = tag == Pcm ? 2 : 1;
        _left = length;
        Rate = rate;
        SamplesPerFrame = rate / (1_000 / FrameMs);
        _block = new byte[SamplesPerFrame * _width * channels];
        PayloadType = tag switch { ALaw => 8, MuLaw => 0, _ => 96 };
        Legs = [.. Enumerable.Range(0, channels).Select(channel => Leg(tag, Label(channel, channels), rate))];
        Seconds = length == long.MaxValue ? null : (double)length / (rate * _width * channels);
    }

    /// <summary>The length of a frame, in ms.</summary>
    public static int FrameMs => 20;

    public int Rate { get; }

    public int SamplesPerFrame { get; }

    public int PayloadType { get; }

    public IReadOnlyList<Leg> Legs { get; }

    /// <summary>How much audio there is, as far as the file says.</summary>
    public double? Seconds { get; }

    /// <exception cref="UserException">It is not a WAV file, or of a format that cannot be taken as it is.</exception>
    public static async Task<WavReader> OpenAsync(string name, Stream stream, CancellationToken cancellationToken)
    {
        byte[] head = new byte[RiffHead];
        if (await ReadAsync(stream, head, cancellationToken).ConfigureAwait(false) < RiffHead || !head.AsSpan().StartsWith("RIFF"u8) || !head.AsSpan(8).StartsWith("WAVE"u8))
        {
            throw new UserException($"{name} is not a WAV file. 'sox IN -b 16 OUT.wav' makes one.");
        }

        byte[] format = [];
        while (true)
        {
            if (await ReadAsync(stream, head.AsMemory(0, ChunkHead), cancellationToken).ConfigureAwait(false) < ChunkHead)
            {
                throw new UserException($"{name} is a WAV file without audio.");
            }

            uint size = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(4));
            if (head.AsSpan().StartsWith("data"u8))
            {
                // 0 and 2^32 - 1 are what programs write that do not know the end yet; sox and ffmpeg have values near it, too.
                return Open(name, stream, format, size == 0 || size >= int.MaxValue ? long.MaxValue : size);
            }

            if (head.AsSpan().StartsWith("fmt "u8) && size <= MaxFormat)
            {
                format = new byte[size];
                await ReadAsync(stream, format, cancellationToken).ConfigureAwait(false);
                size &= 1;
            }

            await SkipAsync(stream, size + (size & 1L), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads the next 20 ms of all legs; the last ones may be shorter.</summary>
    /// <returns>The payload of each leg, as RTP has it; null at the end.</returns>
    public async Task<byte[][]?> ReadAsync(CancellationToken cancellationToken)
    {
        int wanted = (int)Math.Min(_block.Length, _left);
        int read = await ReadAsync(_stream, _block.AsMemory(0, wanted), cancellationToken).ConfigureAwait(false);
        _left -= read;
        int samples = read / (_width * Legs.Count);
        return samples == 0 ? null : [.. Enumerable.Range(0, Legs.Count).Select(leg => Channel(leg, samples))];
    }

    private static WavReader Open(string name, Stream stream, byte[] format, long length)
    {
        if (format.Length < MinFormat)
        {
            throw new UserException($"{name} is a WAV file without a format.");
        }

        ushort tag = BinaryPrimitives.ReadUInt16LittleEndian(format);
        int channels = BinaryPrimitives.ReadUInt16LittleEndian(format.AsSpan(2));
        uint rate = BinaryPrimitives.ReadUInt32LittleEndian(format.AsSpan(4));
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(format.AsSpan(14));
        if (tag == Extensible && format.Length >= ExtensibleFormat)
        {
            // The sub-format's GUID begins with the tag.
            tag = BinaryPrimitives.ReadUInt16LittleEndian(format.AsSpan(24));
        }

        return (tag, bits) is not ((Pcm, 16) or (ALaw, 8) or (MuLaw, 8))
            ? throw new UserException($"{name} has {bits} bits a sample in WAV format {tag}; 16-bit PCM, A-law or µ-law is needed. 'sox IN -b 16 OUT.wav' converts it.")
            : channels is < 1 or > MaxLegs || rate is < 1_000 or > MaxRate
                ? throw new UserException($"{name} has {channels} channels at {rate} Hz; 1 to {MaxLegs} channels, one for each leg of the call, at 1,000 to {MaxRate:N0} Hz are needed.")
                : new WavReader(stream, tag, channels, (int)rate, length);
    }

    private static Leg Leg(ushort tag, string label, int rate) => tag switch
    {
        _ when tag == Pcm => Calls.Leg.L16(label, rate),
        ALaw => new Leg(label, new PayloadType(8, "PCMA", rate)),
        _ => new Leg(label, new PayloadType(0, "PCMU", rate)),
    };

    private static string Label(int channel, int channels) => channels == 2 ? (channel == 0 ? "left" : "right") : $"channel {channel + 1}";

    private byte[] Channel(int leg, int samples)
    {
        byte[] payload = new byte[samples * _width];
        for (int i = 0; i < samples; i++)
        {
            ReadOnlySpan<byte> sample = _block.AsSpan(((i * Legs.Count) + leg) * _width, _width);

            // RTP has the high byte first.
            payload[i * _width] = sample[_width - 1];
            payload[(i * _width) + _width - 1] = sample[0];
        }

        return payload;
    }

    private static async ValueTask<int> ReadAsync(Stream stream, Memory<byte> buffer, CancellationToken cancellationToken) =>
        await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);

    private static async Task SkipAsync(Stream stream, long count, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[4_096];
        while (count > 0)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(count, buffer.Length)), cancellationToken).ConfigureAwait(false);
            count = read == 0 ? 0 : count - read;
        }
    }
}
