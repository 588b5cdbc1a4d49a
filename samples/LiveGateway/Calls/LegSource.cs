using System.Buffers.Binary;
using LiveGateway.Audio;
using ZeroKnowledge.Calls;

namespace LiveGateway.Calls;

/// <summary>
/// One leg as a stream of RTP packets, a packet for each 20 ms, the same ones whenever it is asked: so nothing that was written needs to be kept for the
/// comparison. A caller also presses a key every two seconds (RFC 4733).
/// </summary>
internal sealed class LegSource
{
    private const int EventType = 101;
    private const int RtpHead = 12;
    private const int DigitEvery = 100;
    private const int DigitFrom = 30;
    private const int DigitFrames = 5;
    private const int DigitRepeats = 2;

    private readonly int _payloadType;
    private readonly ushort _firstSequence;
    private readonly byte[][] _digits;

    /// <param name="track">What is spoken.</param>
    /// <param name="leg">As the recording declares it.</param>
    /// <param name="firstFrame">Where in the track the leg begins.</param>
    /// <param name="number">Tells the legs' sequence numbers and sources apart.</param>
    /// <param name="pressesKeys">Whether there are telephone events.</param>
    public LegSource(AudioTrack track, Leg leg, int firstFrame, int number, bool pressesKeys)
    {
        Track = track;
        FirstFrame = firstFrame;
        _payloadType = leg.PayloadTypes.First(type => type.Number != EventType).Number;

        // Near the end of its range, so that it wraps around during the call.
        _firstSequence = (ushort)(ushort.MaxValue - (number % 100));
        Ssrc = 0x5A4B0000u + (uint)number;
        _digits = pressesKeys ? [.. Enumerable.Range(0, 10 * (DigitFrames + DigitRepeats)).Select(Digit)] : [];
    }

    public AudioTrack Track { get; }

    /// <summary>Where in the track the leg begins.</summary>
    public int FirstFrame { get; }

    public uint Ssrc { get; }

    public SentFrame this[int slot]
    {
        get
        {
            ushort sequence = unchecked((ushort)(_firstSequence + slot));
            int step = (slot % DigitEvery) - DigitFrom;
            if (_digits.Length > 0 && step is >= 0 and < DigitFrames + DigitRepeats)
            {
                byte[] digit = _digits[(slot / DigitEvery % 10 * (DigitFrames + DigitRepeats)) + step];
                return new SentFrame(FrameKind.Event, EventType, step == 0, sequence, Timestamp(slot - step), Ssrc, digit);
            }

            ReadOnlyMemory<byte> payload = Track.Frame(FirstFrame + slot);
            return new SentFrame(FrameKind.Audio, _payloadType, slot == 0, sequence, Timestamp(slot), Ssrc, payload);
        }
    }

    /// <summary>Writes the packet as it would come from the network. Allocates nothing.</summary>
    /// <returns>Its size.</returns>
    public int WritePacket(int slot, Span<byte> packet)
    {
        SentFrame frame = this[slot];
        packet[0] = 0x80;
        packet[1] = (byte)((frame.Marker ? 0x80 : 0) | frame.PayloadType);
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], frame.Sequence);
        BinaryPrimitives.WriteUInt32BigEndian(packet[4..], frame.Timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(packet[8..], frame.Ssrc);
        frame.Payload.Span.CopyTo(packet[RtpHead..]);
        return RtpHead + frame.Payload.Length;
    }

    private uint Timestamp(int slot) => unchecked((uint)slot * (uint)Track.SamplesPerFrame);

    // Event, end bit and volume, duration so far. The last packet is sent three times.
    private byte[] Digit(int index)
    {
        int step = index % (DigitFrames + DigitRepeats);
        byte[] payload = [(byte)(index / (DigitFrames + DigitRepeats)), (byte)((step >= DigitFrames - 1 ? 0x80 : 0) | 10), 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(2), (ushort)(Math.Min(step + 1, DigitFrames) * Track.SamplesPerFrame));
        return payload;
    }
}
