namespace ZeroKnowledge.Calls;

// Unsigned LEB128 of 1 to 5 bytes, below 2^31, in the shortest form: docs/FORMAT.md, section 2.
internal static class Varint
{
    public const uint Max = int.MaxValue;
    public const int MaxSize = 5;

    public static int Size(uint value) => value switch
    {
        < 1u << 7 => 1,
        < 1u << 14 => 2,
        < 1u << 21 => 3,
        < 1u << 28 => 4,
        _ => 5,
    };

    /// <summary>Writes the value and returns the number of bytes.</summary>
    public static int Write(Span<byte> target, uint value)
    {
        int at = 0;
        while (value >= 0x80)
        {
            target[at++] = (byte)(value & 0x7f | 0x80);
            value >>= 7;
        }

        target[at++] = (byte)value;
        return at;
    }

    /// <summary>False if the bytes end early, the value is 2^31 or more, or the form is not the shortest.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out uint value, out int size)
    {
        ulong read = 0;
        for (size = 0; size < Math.Min(source.Length, MaxSize); size++)
        {
            byte part = source[size];
            read |= (ulong)(part & 0x7f) << (7 * size);
            if (part < 0x80)
            {
                size++;
                value = (uint)(read & uint.MaxValue);
                return read <= Max && Size(value) == size;
            }
        }

        value = 0;
        return false;
    }
}
