using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ZeroKnowledge.Calls;

/// <summary>
/// Writes frames as 16-bit PCM WAV, a channel for each leg. A leg's first frame is placed by its arrival time, the following ones by their RTP
/// timestamp, so that jitter is not heard; after a new source or a jump the arrival time decides again. What is missing is silence.
/// </summary>
internal sealed class WavWriter
{
    private const int HeaderSize = 44;

    // What a stream says whose end nobody knows yet; programs then read to its end.
    private const uint Unknown = uint.MaxValue;

    // How far a timestamp may lead away from the arrival time before the stream counts as a new one; and how long a late frame still finds its place.
    private const int WindowSeconds = 4;

    private readonly Stream _stream;
    private readonly Leg?[] _formats;
    private readonly LegClock[] _clocks;
    private long? _origin;
    private short[] _window = [];
    private long _windowStart;
    private long _windowEnd;
    private long _written;
    private int _rate;

    /// <param name="stream">From where it stands. If it is seekable, the lengths are written at the end; else they stay unknown.</param>
    /// <param name="legs">1 to 15 channels.</param>
    /// <param name="originMs">The arrival time that becomes the first sample; null for that of the first audio.</param>
    public WavWriter(Stream stream, int legs, long? originMs)
    {
        _stream = stream;
        _formats = new Leg?[legs];
        _clocks = new LegClock[legs];
        _origin = originMs;
    }

    private struct LegClock
    {
        public bool Running;
        public uint Ssrc;
        public uint Timestamp;
        public long Sample;
    }

    /// <summary>Takes frames in the order of their arrival.</summary>
    /// <exception cref="CallRecordingException">A codec that WAV export does not know, or legs of different rates.</exception>
    public void Write(Frame frame)
    {
        if (frame.Kind == FrameKind.Format && frame.Leg < _formats.Length)
        {
            _formats[frame.Leg] = frame.Format;
        }

        if (frame.Kind != FrameKind.Audio || frame.Leg >= _formats.Length || _formats[frame.Leg] is not { } format)
        {
            return;
        }

        PayloadType type = format.PayloadTypes.FirstOrDefault(t => t.Number == frame.PayloadType);
        if (type.Codec is null || type.IsCodec("CN"))
        {
            return;
        }

        int bytesPerSample = BytesPerSample(type);
        SetRate(type);
        Place(frame, type, frame.Payload.Span, bytesPerSample);
    }

    /// <summary>Writes what is left, and the lengths.</summary>
    public void Finish()
    {
        if (_rate == 0)
        {
            SetRate(new PayloadType(8, "PCMA", 8_000));
        }

        Flush(_windowEnd);
        if (_stream.CanSeek)
        {
            _stream.Position -= HeaderSize + _written;
            WriteHeader(checked((uint)_written));
            _stream.Position += _written;
        }
    }

    private void WriteHeader(uint data)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], data == Unknown ? Unknown : data + HeaderSize - 8);
        "WAVEfmt "u8.CopyTo(header[8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], 16);
        BinaryPrimitives.WriteUInt16LittleEndian(header[20..], 1);
        BinaryPrimitives.WriteUInt16LittleEndian(header[22..], (ushort)_formats.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[24..], (uint)_rate);
        BinaryPrimitives.WriteUInt32LittleEndian(header[28..], (uint)(_rate * 2 * _formats.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(header[32..], (ushort)(2 * _formats.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(header[34..], 16);
        "data"u8.CopyTo(header[36..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[40..], data);
        _stream.Write(header);
    }

    private static int BytesPerSample(PayloadType type) =>
        type.IsCodec("PCMA") || type.IsCodec("PCMU") ? 1
        : type.IsCodec("L16") && type.Channels == 1 ? 2
        : throw new CallRecordingException($"WAV export knows PCMA, PCMU and single-channel L16, not {type.Codec}/{type.ClockRate}/{type.Channels}. Export a .zkc file instead.");

    private void SetRate(PayloadType type)
    {
        if (_rate == 0)
        {
            _rate = type.ClockRate is >= 1_000 and <= 192_000 ? type.ClockRate : throw new CallRecordingException($"A clock rate of {type.ClockRate} Hz cannot be exported as WAV.");
            _window = new short[WindowSeconds * 2 * _rate * _formats.Length];
            WriteHeader(Unknown);
        }
        else if (_rate != type.ClockRate)
        {
            throw new CallRecordingException($"WAV export needs one sample rate; this recording has {_rate} Hz and {type.ClockRate} Hz. Export a .zkc file instead.");
        }
    }

    private void Place(Frame frame, PayloadType type, ReadOnlySpan<byte> payload, int bytesPerSample)
    {
        ref LegClock clock = ref _clocks[frame.Leg];
        int samples = payload.Length / bytesPerSample;
        long origin = _origin ??= frame.ArrivalMs;
        long byArrival = Math.Max(0, (frame.ArrivalMs - origin) * _rate / 1000);
        long byTimestamp = clock.Sample + unchecked((int)(frame.Timestamp - clock.Timestamp));
        bool follows = clock.Running && clock.Ssrc == frame.Ssrc && Math.Abs(byTimestamp - byArrival) < (long)WindowSeconds * _rate;
        long at = follows ? byTimestamp : byArrival;
        clock = new LegClock { Running = true, Ssrc = frame.Ssrc, Timestamp = frame.Timestamp, Sample = at };

        Flush(byArrival - ((long)WindowSeconds * _rate));
        int channels = _formats.Length;
        for (int i = 0; i < samples; i++)
        {
            long position = at + i;
            if (position < _windowStart || position >= _windowStart + (_window.Length / channels))
            {
                continue;
            }

            _window[((int)(position % (_window.Length / channels)) * channels) + frame.Leg] = bytesPerSample == 2
                ? BinaryPrimitives.ReadInt16BigEndian(payload[(2 * i)..])
                : type.IsCodec("PCMA") ? G711.ALaw(payload[i]) : G711.MuLaw(payload[i]);
            _windowEnd = Math.Max(_windowEnd, position + 1);
        }
    }

    // Writes all samples before a position and clears their place in the ring.
    private void Flush(long before)
    {
        int channels = _formats.Length;
        int ring = _window.Length / Math.Max(1, channels);
        while (_windowStart < before && ring > 0)
        {
            int from = (int)(_windowStart % ring);
            int count = (int)Math.Min(before - _windowStart, ring - from);
            Span<short> part = _window.AsSpan(from * channels, count * channels);
            WriteLittleEndian(part);
            part.Clear();
            _windowStart += count;
        }

        _windowEnd = Math.Max(_windowEnd, _windowStart);
    }

    private void WriteLittleEndian(Span<short> samples)
    {
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(samples, samples);
        }

        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(samples);
        if (_written + bytes.Length > uint.MaxValue - HeaderSize)
        {
            throw new CallRecordingException("A WAV file has at most 4 GiB, and this recording has more. Export a .zkc file instead.");
        }

        _stream.Write(bytes);
        _written += bytes.Length;
    }
}
