using System.Buffers.Binary;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>A frame's payload as its call, leg and sequence say: distinct, and known again byte for byte without having been kept.</summary>
internal static class FrameContent
{
    public const int Size = 160;

    public const byte Pcma = 8;

    private const int HeadSize = 12;
    private const uint SamplesPerFrame = Size;

    /// <summary>An RTP packet; as long as it has to be.</summary>
    public static void WriteRtp(Span<byte> packet, int call, int leg, int sequence)
    {
        packet[0] = 0x80;
        packet[1] = Pcma;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], unchecked((ushort)sequence));
        BinaryPrimitives.WriteUInt32BigEndian(packet[4..], unchecked((uint)sequence * SamplesPerFrame));
        BinaryPrimitives.WriteInt32BigEndian(packet[8..], (call * 2) + leg);
        Fill(packet[HeadSize..], call, leg, sequence);
    }

    public static byte[] NewPacket() => new byte[HeadSize + Size];

    /// <summary>Whose frame it is.</summary>
    /// <returns>False if it is none of ours, or a bit of it is wrong.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, out int call, out int leg, out int sequence)
    {
        call = leg = sequence = 0;
        if (payload.Length != Size)
        {
            return false;
        }

        call = BinaryPrimitives.ReadInt32BigEndian(payload);
        leg = payload[4];
        sequence = BinaryPrimitives.ReadInt32BigEndian(payload[5..]);
        Span<byte> expected = stackalloc byte[Size];
        Fill(expected, call, leg, sequence);
        return payload.SequenceEqual(expected);
    }

    private static void Fill(Span<byte> payload, int call, int leg, int sequence)
    {
        BinaryPrimitives.WriteInt32BigEndian(payload, call);
        payload[4] = (byte)leg;
        BinaryPrimitives.WriteInt32BigEndian(payload[5..], sequence);
        // xorshift64*: no two frames alike, and far cheaper than what is tested.
        ulong state = unchecked((((ulong)(uint)call << 32) | (uint)sequence) * 0x9E37_79B9_7F4A_7C15UL + (ulong)leg + 1);
        for (int i = 9; i < Size; i++)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            payload[i] = unchecked((byte)(state >> 32));
        }
    }
}
