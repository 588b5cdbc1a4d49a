using System.Security.Cryptography;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>
/// Shamir's scheme over GF(2^8) with x^8+x^4+x^3+x+1, byte by byte, the secret at 0 (docs/FORMAT.md, section 9). No table is looked up and no branch
/// is taken by a secret: why it is written here and not taken from a package is in docs/decisions/0013-secret-sharing.md.
/// </summary>
internal static class Shamir
{
    public const int MinThreshold = 2;
    public const int MaxShares = 16;

    /// <summary>Makes the shares of x = 1 to <paramref name="count"/>, one after the other, each as long as the secret. The caller wipes them.</summary>
    public static void Split(ReadOnlySpan<byte> secret, int threshold, int count, Span<byte> shares)
    {
        Span<byte> coefficients = stackalloc byte[(threshold - 1) * secret.Length];
        try
        {
            // Any value is as likely as any other, 0 too: only then do fewer shares than the threshold say nothing.
            SystemRandom.Fill(coefficients);
            for (int x = 1; x <= count; x++)
            {
                Span<byte> share = shares.Slice((x - 1) * secret.Length, secret.Length);
                share.Clear();
                for (int power = threshold - 2; power >= 0; power--)
                {
                    TimesThenAdd(share, (byte)x, coefficients.Slice(power * secret.Length, secret.Length));
                }

                TimesThenAdd(share, (byte)x, secret);
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(coefficients);
        }
    }

    /// <summary>Interpolates at 0.</summary>
    /// <param name="xs">Different from one another, none 0; as many as the threshold.</param>
    /// <param name="shares">One after the other, in the order of <paramref name="xs"/>.</param>
    /// <param name="secret">As long as a share.</param>
    public static void Combine(ReadOnlySpan<byte> xs, ReadOnlySpan<byte> shares, Span<byte> secret)
    {
        secret.Clear();
        for (int i = 0; i < xs.Length; i++)
        {
            byte weight = 1;
            for (int j = 0; j < xs.Length; j++)
            {
                weight = j == i ? weight : Multiply(weight, Multiply(xs[j], Inverse((byte)(xs[i] ^ xs[j]))));
            }

            for (int b = 0; b < secret.Length; b++)
            {
                secret[b] ^= Multiply(weight, shares[(i * secret.Length) + b]);
            }
        }
    }

    /// <summary>The product in the field.</summary>
    public static byte Multiply(byte a, byte b)
    {
        int product = 0, shifted = a;
        for (int bit = 0; bit < 8; bit++)
        {
            product ^= -((b >> bit) & 1) & shifted;
            shifted = (shifted << 1) ^ (-(shifted >> 7) & 0x11b);
        }

        return (byte)product;
    }

    private static void TimesThenAdd(Span<byte> values, byte x, ReadOnlySpan<byte> addend)
    {
        for (int b = 0; b < values.Length; b++)
        {
            values[b] = (byte)(Multiply(values[b], x) ^ addend[b]);
        }
    }

    // a^254; of 0 it would be 0, which no pair of different x gives.
    private static byte Inverse(byte a)
    {
        byte power = a, result = 1;
        for (int bit = 1; bit < 8; bit++)
        {
            power = Multiply(power, power);
            result = Multiply(result, power);
        }

        return result;
    }
}
