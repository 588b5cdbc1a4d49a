using System.Buffers.Binary;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>What a call sounds like, as far as it matters here: legs, and the RTP packets of a second of one of them.</summary>
/// <param name="Legs">Their formats.</param>
/// <param name="MaxBitRate">Of the policy, for each leg.</param>
/// <param name="Packets">50 of 20 ms, the same for each leg.</param>
internal sealed record AudioKind(IReadOnlyList<Leg> Legs, int MaxBitRate, IReadOnlyList<byte[]> Packets)
{
    private const int PacketsPerSecond = 50;
    private const int RtpHead = 12;

    /// <summary>64 kbit/s a leg.</summary>
    public static AudioKind G711(int legs) => Make(Leg.Pcma, legs, RecordingPolicy.DefaultMaxBitRate, _ => 160, samples: 160);

    /// <summary>About 24 kbit/s, of packets of different sizes, under a policy of 32 kbit/s.</summary>
    public static AudioKind Opus() => Make(Leg.Opus, 1, 32_000, number => 30 + (number * 37 % 61), samples: 960);

    /// <summary>128 kbit/s.</summary>
    public static AudioKind L16() => Make(label => Leg.L16(label), 1, 128_000, _ => 320, samples: 160);

    private static AudioKind Make(Func<string, Leg> leg, int legs, int maxBitRate, Func<int, int> size, int samples)
    {
        Leg[] formats = [.. Enumerable.Range(0, legs).Select(_ => leg("leg"))];
        byte type = (byte)formats[0].PayloadTypes.First(known => !known.IsCodec("telephone-event")).Number;
        return new AudioKind(formats, maxBitRate, [.. Enumerable.Range(0, PacketsPerSecond).Select(number => Packet(number, type, size(number), samples))]);
    }

    private static byte[] Packet(int number, byte type, int size, int samples)
    {
        byte[] packet = new byte[RtpHead + size];
        packet[0] = 0x80;
        packet[1] = type;
        packet[3] = (byte)number;
        BinaryPrimitives.WriteInt32BigEndian(packet.AsSpan(4), number * samples);
        packet[11] = 1;
        Random.Shared.NextBytes(packet.AsSpan(RtpHead));
        return packet;
    }
}
