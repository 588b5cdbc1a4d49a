using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Tests;

public class ShamirTests
{
    public static TheoryData<int> Sizes => [.. Enumerable.Range(2, 15)];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Combine_OfAnyThresholdShares_IsTheSecretAndOfFewerIsNot(int n)
    {
        for (int k = 2; k <= n; k++)
        {
            AssertThreshold(k, n);
        }
    }

    private static void AssertThreshold(int k, int n)
    {
        byte[] secret = RandomNumberGenerator.GetBytes(32), shares = new byte[n * 32];
        Shamir.Split(secret, k, n, shares);
        for (int i = 0; i < 8; i++)
        {
            byte[] xs = [.. Enumerable.Range(1, n).OrderBy(_ => Random.Shared.Next()).Take(k).Select(x => (byte)x)];
            Assert.Equal(secret, Combine(xs, shares));
            Assert.NotEqual(secret, Combine(xs[1..], shares));
        }
    }

    // A share of a random polynomial says nothing: any value of the secret has as many polynomials through it.
    [Fact]
    public void Split_OfOneSecret_GivesEveryByteAsAShare()
    {
        bool[] seen = new bool[256];
        byte[] shares = new byte[3 * 32];
        for (int i = 0; i < 200; i++)
        {
            Shamir.Split(new byte[32], 2, 3, shares);
            Mark(seen, shares);
        }

        Assert.All(seen, Assert.True);
    }

    [Fact]
    public void Multiply_OfAnyTwo_IsThatOfTheField()
    {
        // Powers of the generator 3 (FIPS 197, section 4) name each element but 0.
        int[] power = new int[255], log = new int[256];
        for (int i = 0, value = 1; i < 255; i++)
        {
            (power[i], log[value]) = (value, i);
            value = (value << 1) ^ value ^ ((value & 0x80) != 0 ? 0x11b : 0);
        }

        for (int a = 0; a < 256; a++)
        {
            for (int b = 0; b < 256; b++)
            {
                int expected = a == 0 || b == 0 ? 0 : power[(log[a] + log[b]) % 255];
                if (Shamir.Multiply((byte)a, (byte)b) != expected)
                {
                    Assert.Fail($"{a} · {b} is {expected}");
                }
            }
        }
    }

    private static byte[] Combine(byte[] xs, byte[] shares)
    {
        byte[] secret = new byte[32];
        Shamir.Combine(xs, [.. xs.SelectMany(x => shares[((x - 1) * 32)..(x * 32)])], secret);
        return secret;
    }

    private static void Mark(bool[] seen, byte[] shares) => Array.ForEach(shares, value => seen[value] = true);
}
