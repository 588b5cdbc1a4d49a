using System.Numerics;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>The curve of RFC 8032, section 5.1, in affine coordinates, slow and plain: makes the points and signatures that a strict verifier refuses.</summary>
internal readonly record struct EdwardsPoint(BigInteger X, BigInteger Y)
{
    public static readonly BigInteger P = BigInteger.Pow(2, 255) - 19;
    public static readonly BigInteger L = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493", null);
    public static readonly EdwardsPoint Identity = new(0, 1);

    private static readonly BigInteger D = Mod(-121665 * Invert(121666));

    public static readonly EdwardsPoint Base = FromY(Mod(4 * Invert(5)), odd: false)!.Value;

    public static BigInteger Mod(BigInteger value) => ((value % P) + P) % P;

    /// <summary>The point with this y and an x of this parity, or null if there is none.</summary>
    public static EdwardsPoint? FromY(BigInteger y, bool odd)
    {
        // x^2 = (y^2 - 1) / (d y^2 + 1)
        BigInteger square = Mod((Mod(y * y) - 1) * Invert(Mod(D * Mod(y * y)) + 1));
        BigInteger x = BigInteger.ModPow(square, (P + 3) / 8, P);
        if (Mod((x * x) - square) != 0)
        {
            x = Mod(x * BigInteger.ModPow(2, (P - 1) / 4, P));
        }

        return Mod((x * x) - square) != 0 ? null : new EdwardsPoint(x.IsEven == odd && x != 0 ? P - x : x, y);
    }

    public EdwardsPoint Add(EdwardsPoint other)
    {
        BigInteger product = Mod(D * Mod(X * other.X) * Mod(Y * other.Y));
        return new EdwardsPoint(
            Mod(((X * other.Y) + (Y * other.X)) * Invert(1 + product)),
            Mod(((Y * other.Y) + (X * other.X)) * Invert(Mod(1 - product))));
    }

    public EdwardsPoint Times(BigInteger scalar)
    {
        EdwardsPoint result = Identity;
        for (int bit = (int)scalar.GetBitLength() - 1; bit >= 0; bit--)
        {
            result = result.Add(result);
            result = (scalar >> bit).IsEven ? result : result.Add(this);
        }

        return result;
    }

    public byte[] Encode()
    {
        byte[] bytes = Bytes(Y);
        bytes[31] |= (byte)(X.IsEven ? 0 : 0x80);
        return bytes;
    }

    public static byte[] Bytes(BigInteger value)
    {
        byte[] bytes = new byte[32];
        value.ToByteArray(isUnsigned: true).CopyTo(bytes, 0);
        return bytes;
    }

    public static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true);

    private static BigInteger Invert(BigInteger value) => BigInteger.ModPow(Mod(value), P - 2, P);
}
