using System.Numerics;
using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>Signatures that the curve's equation accepts and that an honest signer does not make.</summary>
internal static class VectorSignature
{
    /// <summary>S + L in the place of S: the same equation, another encoding.</summary>
    public static byte[] AboveOrder(byte[] signature) =>
        [.. signature[..32], .. EdwardsPoint.Bytes(new BigInteger(signature.AsSpan(32), isUnsigned: true) + EdwardsPoint.L)];

    /// <summary>R is the neutral element: right for everybody who does not look at its order.</summary>
    public static byte[] SmallOrder(VectorSigner signer, byte[] message) => With(signer, BigInteger.Zero, message);

    /// <summary>A second valid signature of the same message.</summary>
    public static byte[] Another(VectorSigner signer, byte[] message) => With(signer, 7, message);

    /// <summary>Valid for any message under a public key that is the neutral element.</summary>
    public static byte[] OfNeutralKey() => [.. EdwardsPoint.Base.Times(5).Encode(), .. EdwardsPoint.Bytes(5)];

    private static byte[] With(VectorSigner signer, BigInteger r, byte[] message)
    {
        byte[] hash = SHA512.HashData(signer.Seed)[..32];
        hash[0] &= 0xf8;
        hash[31] = (byte)((hash[31] & 0x7f) | 0x40);
        byte[] point = EdwardsPoint.Base.Times(r).Encode();
        BigInteger k = new(SHA512.HashData([.. point, .. signer.PublicKey, .. message]), isUnsigned: true);
        BigInteger s = (r + (k * new BigInteger(hash, isUnsigned: true))) % EdwardsPoint.L;
        return [.. point, .. EdwardsPoint.Bytes(s)];
    }
}
