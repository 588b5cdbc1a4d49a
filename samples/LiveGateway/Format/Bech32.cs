namespace LiveGateway.Format;

/// <summary>The bytes of a key's string (docs/FORMAT.md, section 10), so that they can be searched for and, by a thief, be used.</summary>
internal static class Bech32
{
    private const int ChecksumLength = 6;
    private const string Charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

    public static byte[] Decode(string text)
    {
        string lower = text.ToLowerInvariant();
        List<byte> bytes = [];
        int bits = 0, count = 0;
        foreach (char c in lower[(lower.LastIndexOf('1') + 1)..^ChecksumLength])
        {
            bits = ((bits & 0x7f) << 5) | Charset.IndexOf(c, StringComparison.Ordinal);
            count += 5;
            if (count >= 8)
            {
                count -= 8;
                bytes.Add((byte)(bits >> count));
                bits &= (1 << count) - 1;
            }
        }

        return [.. bytes];
    }
}
