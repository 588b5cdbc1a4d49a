using System.Buffers.Binary;

namespace ZeroKnowledge.Calls;

// One RTP packet (RFC 3550, section 5.1), seen in place. CSRC list, header extension and padding are checked and left out.
internal readonly ref struct RtpPacket
{
    private const int FixedHeader = 12;
    private const int Version = 2;

    private RtpPacket(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> payload)
    {
        Marker = (packet[1] & 0x80) != 0;
        PayloadType = (byte)(packet[1] & 0x7f);
        Sequence = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        Timestamp = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]);
        Ssrc = BinaryPrimitives.ReadUInt32BigEndian(packet[8..]);
        Payload = payload;
    }

    public bool Marker { get; }

    public byte PayloadType { get; }

    public ushort Sequence { get; }

    public uint Timestamp { get; }

    public uint Ssrc { get; }

    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>False for anything but a well-formed RTP packet. Never throws, never allocates.</summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out RtpPacket parsed)
    {
        parsed = default;
        if (packet.Length < FixedHeader || packet[0] >> 6 != Version)
        {
            return false;
        }

        // RTCP that shares the port (RFC 5761, section 4): its packet types 192 to 223 are payload types 64 to 95 with a marker.
        if (packet[1] is >= 192 and <= 223)
        {
            return false;
        }

        int header = FixedHeader + 4 * (packet[0] & 0x0f);
        if ((packet[0] & 0x10) != 0)
        {
            header += 4;
            if (header > packet.Length)
            {
                return false;
            }

            header += 4 * BinaryPrimitives.ReadUInt16BigEndian(packet[(header - 2)..]);
        }

        if (header > packet.Length)
        {
            return false;
        }

        ReadOnlySpan<byte> payload = packet[header..];
        if ((packet[0] & 0x20) != 0)
        {
            // The last byte counts the padding, itself included.
            int padding = payload.IsEmpty ? 0 : payload[^1];
            if (padding == 0 || padding > payload.Length)
            {
                return false;
            }

            payload = payload[..^padding];
        }

        parsed = new RtpPacket(packet, payload);
        return true;
    }
}
