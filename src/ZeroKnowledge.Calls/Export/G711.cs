namespace ZeroKnowledge.Calls;

/// <summary>ITU-T G.711: A-law and µ-law to 16-bit linear samples.</summary>
internal static class G711
{
    private static readonly short[] ALawTable = [.. Enumerable.Range(0, 256).Select(value => DecodeALaw((byte)value))];
    private static readonly short[] MuLawTable = [.. Enumerable.Range(0, 256).Select(value => DecodeMuLaw((byte)value))];

    public static short ALaw(byte value) => ALawTable[value];

    public static short MuLaw(byte value) => MuLawTable[value];

    private static short DecodeALaw(byte value)
    {
        int bits = value ^ 0x55;
        int exponent = (bits >> 4) & 7;
        int mantissa = ((bits & 0x0f) << 4) + 8;
        int magnitude = exponent == 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
        return (short)((bits & 0x80) != 0 ? magnitude : -magnitude);
    }

    private static short DecodeMuLaw(byte value)
    {
        int bits = ~value & 0xff;
        int magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
        return (short)((bits & 0x80) != 0 ? -magnitude : magnitude);
    }
}
