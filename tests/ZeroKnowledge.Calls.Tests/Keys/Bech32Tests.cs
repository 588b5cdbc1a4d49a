using System.Security.Cryptography;
using FsCheck.Xunit;

namespace ZeroKnowledge.Calls.Tests;

public class Bech32Tests
{
    // BIP 173, test vectors; the one that is refused for its length only is valid here.
    [Theory]
    [InlineData("A12UEL5L")]
    [InlineData("a12uel5l")]
    [InlineData("an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs")]
    [InlineData("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw")]
    [InlineData("11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j")]
    [InlineData("split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w")]
    [InlineData("?1ezyfcl")]
    [InlineData("an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1569pvx")]
    public void IsWellFormed_OfValid_IsTrue(string text)
    {
        Assert.True(Bech32.IsWellFormed(text, out int length));
        Assert.Equal(text.LastIndexOf('1'), length);
        foreach (char c in "qpzry9x8gf2tvdw0s3jn54khce6mua7l")
        {
            // One wrong character is always found.
            char other = text.Any(char.IsUpper) ? char.ToUpperInvariant(c) : c;
            for (int i = 0; i < text.Length; i++)
            {
                Assert.True(text[i] == other || !Bech32.IsWellFormed(text[..i] + other + text[(i + 1)..], out _), $"{other} at {i}");
            }
        }
    }

    [Theory]
    [InlineData(" 1nwldj5")]
    [InlineData("\u007f1axkwrx")]
    [InlineData("\u00801eym55h")]
    [InlineData("pzry9x0s0muk")]
    [InlineData("1pzry9x0s0muk")]
    [InlineData("x1b4n0q5v")]
    [InlineData("li1dgmt3")]
    [InlineData("de1lg7wt\u00ff")]
    [InlineData("A1G7SGD8")]
    [InlineData("10a06t8")]
    [InlineData("1qzzfhee")]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("a12UEL5L")]
    [InlineData("A12uEL5L")]
    [InlineData("a12uel5\u0131")]
    public void IsWellFormed_OfInvalid_IsFalse(string text) => Assert.False(Bech32.IsWellFormed(text, out _));

    [Property]
    public bool TryDecode_OfEncoded_GivesTheSame(byte[] data, bool upper)
    {
        string prefix = upper ? "ZKC-X-1-" : "zkcx1q";
        string text = Bech32.Encode(prefix, data);
        byte[] again = new byte[data.Length];
        bool ok = Bech32.TryDecode(text, prefix, again);
        bool otherCase = Bech32.TryDecode(upper ? text.ToLowerInvariant() : text.ToUpperInvariant(), prefix, again);
        bool longer = Bech32.TryDecode(text, prefix, new byte[data.Length + 1]);
        bool otherPrefix = Bech32.TryDecode(text, upper ? "ZKC-X-1_" : "zkcx1p", again);
        return ok && again.AsSpan().SequenceEqual(data) && !otherCase && !longer && !otherPrefix && text.Length == Bech32.EncodedLength(prefix.Length, data.Length)
            && Bech32.IsWellFormed(text, out int length) && length == prefix.Length;
    }

    [Fact]
    public void TryDecode_OfPaddingThatIsNotZero_IsRefused()
    {
        // 32 bytes are 51.2 characters: the last one has 4 bits of padding. The checksum of each variant is right.
        string good = Bech32.Encode("zkcowner", new byte[32]);
        int accepted = 0;
        foreach (char last in "qpzry9x8gf2tvdw0s3jn54khce6mua7l")
        {
            string body = good[..^7] + last;
            string text = body + Checksum(body);
            Assert.True(Bech32.IsWellFormed(text, out _));
            byte[] data = RandomNumberGenerator.GetBytes(32);
            if (Bech32.TryDecode(text, "zkcowner", data))
            {
                accepted++;
                Assert.Equal(text, Bech32.Encode("zkcowner", data));
            }
            else
            {
                Assert.Equal(new byte[32], data);
            }
        }

        Assert.Equal(2, accepted);
    }

    // BIP 173's reference, for strings of characters.
    private static string Checksum(string body)
    {
        const string Charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
        int separator = body.LastIndexOf('1');
        int[] values =
        [
            .. body[..separator].Select(c => c >> 5), 0, .. body[..separator].Select(c => c & 31),
            .. body[(separator + 1)..].Select(c => Charset.IndexOf(c, StringComparison.Ordinal)), 0, 0, 0, 0, 0, 0,
        ];
        uint[] generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
        uint checksum = 1;
        foreach (int value in values)
        {
            uint top = checksum >> 25;
            checksum = ((checksum & 0x1ffffff) << 5) ^ (uint)value;
            for (int i = 0; i < 5; i++)
            {
                checksum ^= (top >> i & 1) == 1 ? generator[i] : 0;
            }
        }

        checksum ^= 1;
        return string.Concat(Enumerable.Range(0, 6).Select(i => Charset[(int)(checksum >> (5 * (5 - i)) & 31)]));
    }
}
