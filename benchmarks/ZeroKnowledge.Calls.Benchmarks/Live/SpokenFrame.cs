using System.Buffers.Binary;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>The packets that are spoken: each names its call and its number, so that what is read back can be compared bit by bit.</summary>
internal static class SpokenFrame
{
    public const int PayloadType = 8;

    private const int RtpHead = 12;
    private const int Named = 8;

    // The same noise in all of them: what is encrypted does not change how long it takes.
    private static readonly byte[] Noise = MakeNoise();

    /// <summary>An RTP packet of G.711 that is spoken by nobody yet.</summary>
    public static byte[] MakePacket(int frameMs)
    {
        byte[] packet = new byte[RtpHead + (8 * frameMs)];
        packet[0] = 0x80;
        packet[1] = PayloadType;
        Noise.AsSpan(0, 8 * frameMs).CopyTo(packet.AsSpan(RtpHead));
        return packet;
    }

    /// <summary>Makes the packet the frame of that number.</summary>
    public static void SetNumber(Span<byte> packet, int number, int frameMs)
    {
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)(number & ushort.MaxValue));
        BinaryPrimitives.WriteUInt32BigEndian(packet[4..], (uint)(number * 8 * frameMs));
        BinaryPrimitives.WriteInt32BigEndian(packet[RtpHead..], number);
    }

    /// <summary>Makes the packet one of that call.</summary>
    public static void SetCall(Span<byte> packet, int call) => BinaryPrimitives.WriteInt32BigEndian(packet[(RtpHead + 4)..], call);

    /// <summary>Whether a payload is that frame of that call, bit by bit.</summary>
    public static bool Is(ReadOnlySpan<byte> payload, int call, int number, int frameMs) =>
        payload.Length == 8 * frameMs
        && BinaryPrimitives.ReadInt32BigEndian(payload) == number
        && BinaryPrimitives.ReadInt32BigEndian(payload[4..]) == call
        && payload[Named..].SequenceEqual(Noise.AsSpan(Named, payload.Length - Named));

    private static byte[] MakeNoise()
    {
        byte[] noise = new byte[8_192];
        new Random(1).NextBytes(noise);
        return noise;
    }
}
