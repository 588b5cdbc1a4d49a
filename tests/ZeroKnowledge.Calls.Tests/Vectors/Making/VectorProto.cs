using System.Text;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>The messages of docs/FORMAT.md, section 7, written field by field, so that a field can be wrong.</summary>
internal static class VectorProto
{
    public static byte[] Opening(string callId, ulong startedMs, byte[][] legs, byte[][]? parties = null, byte[][]? tags = null) =>
    [
        .. Field(1, callId),
        .. Field(2, startedMs),
        .. legs.SelectMany(leg => Field(3, leg)),
        .. (parties ?? []).SelectMany(party => Field(4, party)),
        .. (tags ?? []).SelectMany(tag => Field(5, tag)),
    ];

    public static byte[] Leg(string label, params (int Number, string Codec, long ClockRate, int Channels)[] types) =>
    [
        .. Field(1, label),
        .. types.SelectMany(type => Field(2, PayloadType(type.Number, type.Codec, type.ClockRate, type.Channels))),
    ];

    public static byte[] PayloadType(int number, string codec, long clockRate, int channels) =>
        [.. Field(1, (ulong)number), .. Field(2, codec), .. Field(3, (ulong)clockRate), .. Field(4, (ulong)channels)];

    public static byte[] Party(int leg, string name, string address) => [.. Field(1, (ulong)leg), .. Field(2, name), .. Field(3, address)];

    public static byte[] Tag(string key, string value) => [.. Field(1, key), .. Field(2, value)];

    public static byte[] Closing(ulong endedMs, int reason, ulong frames, ulong dropped = 0, ulong gapMs = 0) =>
        [.. Field(1, endedMs), .. Field(2, (ulong)reason), .. Field(3, frames), .. Field(4, dropped), .. Field(5, gapMs)];

    /// <summary>A field is left out if it has its default value.</summary>
    public static byte[] Field(int number, ulong value) => value == 0 ? [] : [.. Varint((ulong)number << 3), .. Varint(value)];

    public static byte[] Field(int number, string value) => value.Length == 0 ? [] : Field(number, Encoding.UTF8.GetBytes(value));

    public static byte[] Field(int number, byte[] value) => [.. Varint(((ulong)number << 3) | 2), .. Varint((ulong)value.Length), .. value];

    public static byte[] Varint(ulong value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)((value & 0x7f) | 0x80));
        }

        return [.. bytes, (byte)value];
    }
}
