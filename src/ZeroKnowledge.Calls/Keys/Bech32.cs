using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

/// <summary>Bech32 (BIP 173) without its limit of 90 characters. The case of the human-readable part is the case of the whole string.</summary>
internal static class Bech32
{
    private const int ChecksumLength = 6;
    private const string Charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

    // From a character below 128 to its value, either case; 255 is none.
    private static readonly byte[] Values = MakeValues();

    /// <summary>Writes the string. The caller wipes nothing: a string cannot be wiped, so secrets come here only to be exported.</summary>
    public static string Encode(string prefix, ReadOnlySpan<byte> data)
    {
        char[] text = new char[EncodedLength(prefix.Length, data.Length)];
        try
        {
            Encode(prefix, data, text);
            return new string(text);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(text.AsSpan()));
        }
    }

    public static int EncodedLength(int prefixLength, int dataLength) => prefixLength + 1 + ((dataLength * 8) + 4) / 5 + ChecksumLength;

    /// <summary>Writes exactly <see cref="EncodedLength"/> characters.</summary>
    public static void Encode(ReadOnlySpan<char> prefix, ReadOnlySpan<byte> data, Span<char> text)
    {
        bool upper = prefix.IndexOfAnyInRange('A', 'Z') >= 0;
        prefix.CopyTo(text);
        text[prefix.Length] = '1';
        uint checksum = Begin(prefix);
        int at = prefix.Length + 1;
        uint bits = 0;
        int count = 0;
        foreach (byte value in data)
        {
            bits = ((bits & 0xf) << 8) | value;
            count += 8;
            while (count >= 5)
            {
                count -= 5;
                Put(text, ref at, ref checksum, (bits >> count) & 31, upper);
            }
        }

        if (count > 0)
        {
            Put(text, ref at, ref checksum, (bits << (5 - count)) & 31, upper);
        }

        for (int i = 0; i < ChecksumLength; i++)
        {
            checksum = Step(checksum, 0);
        }

        checksum ^= 1;
        for (int i = 0; i < ChecksumLength; i++)
        {
            uint ignored = 0;
            Put(text, ref at, ref ignored, (checksum >> (5 * (5 - i))) & 31, upper);
        }
    }

    /// <summary>One case, a separator, a prefix of printable ASCII, the right characters and the right checksum.</summary>
    /// <param name="text">The string.</param>
    /// <param name="prefixLength">The length of the human-readable part: the index of the last '1'.</param>
    public static bool IsWellFormed(ReadOnlySpan<char> text, out int prefixLength)
    {
        prefixLength = text.LastIndexOf('1');
        if (prefixLength < 1 || text.Length - prefixLength - 1 < ChecksumLength
            || text.IndexOfAnyExceptInRange('!', '~') >= 0
            || (text.IndexOfAnyInRange('a', 'z') >= 0 && text.IndexOfAnyInRange('A', 'Z') >= 0))
        {
            return false;
        }

        uint checksum = Begin(text[..prefixLength]);
        foreach (char c in text[(prefixLength + 1)..])
        {
            byte value = Values[c];
            if (value == 255)
            {
                return false;
            }

            checksum = Step(checksum, value);
        }

        return checksum == 1;
    }

    /// <summary>Reads a string of this very prefix, whose letters decide the case of the rest, and of exactly as many bytes as <paramref name="data"/> has.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, ReadOnlySpan<char> prefix, Span<byte> data)
    {
        if (text.Length != EncodedLength(prefix.Length, data.Length) || !IsWellFormed(text, out int prefixLength)
            || !text[..prefixLength].SequenceEqual(prefix))
        {
            return false;
        }

        uint bits = 0;
        int count = 0;
        int at = 0;
        foreach (char c in text[(prefixLength + 1)..^ChecksumLength])
        {
            bits = ((bits & 0xff) << 5) | Values[c];
            count += 5;
            if (count >= 8)
            {
                count -= 8;
                data[at++] = (byte)((bits >> count) & 0xff);
            }
        }

        // What is left over is padding: its bits must be zeros, or two strings would be one key.
        bool canonical = (bits & ((1u << count) - 1)) == 0;
        if (!canonical)
        {
            CryptographicOperations.ZeroMemory(data);
        }

        return canonical;
    }

    private static uint Begin(ReadOnlySpan<char> prefix)
    {
        uint checksum = 1;
        foreach (char c in prefix)
        {
            checksum = Step(checksum, (uint)char.ToLowerInvariant(c) >> 5);
        }

        checksum = Step(checksum, 0);
        foreach (char c in prefix)
        {
            checksum = Step(checksum, (uint)char.ToLowerInvariant(c) & 31);
        }

        return checksum;
    }

    private static uint Step(uint checksum, uint value)
    {
        uint top = checksum >> 25;
        checksum = ((checksum & 0x1ffffff) << 5) ^ value;
        checksum ^= (top & 1) != 0 ? 0x3b6a57b2u : 0;
        checksum ^= (top & 2) != 0 ? 0x26508e6du : 0;
        checksum ^= (top & 4) != 0 ? 0x1ea119fau : 0;
        checksum ^= (top & 8) != 0 ? 0x3d4233ddu : 0;
        checksum ^= (top & 16) != 0 ? 0x2a1462b3u : 0;
        return checksum;
    }

    private static void Put(Span<char> text, ref int at, ref uint checksum, uint value, bool upper)
    {
        checksum = Step(checksum, value);
        char c = Charset[(int)value];
        text[at++] = upper ? char.ToUpperInvariant(c) : c;
    }

    private static byte[] MakeValues()
    {
        byte[] values = new byte[128];
        Array.Fill(values, (byte)255);
        for (int i = 0; i < Charset.Length; i++)
        {
            values[Charset[i]] = (byte)i;
            values[char.ToUpperInvariant(Charset[i])] = (byte)i;
        }

        return values;
    }
}
