using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Ed25519 = ZeroKnowledge.Calls.Interop.Ed25519;

namespace ZeroKnowledge.Calls.Tests;

public class Ed25519Tests
{
    private static readonly List<EdwardsPoint> Torsion = MakeTorsion();

    // RFC 8032, section 7.1: seed, public key, message, signature.
    public static TheoryData<string, string, string, string> Rfc8032 => new()
    {
        {
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        },
        {
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        },
        {
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        },
        {
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42", "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        },
    };

    [Theory]
    [MemberData(nameof(Rfc8032))]
    public void SignAndVerify_OfRfc8032_AreAsPrinted(string seed, string publicKey, string message, string signature)
    {
        byte[] pk = new byte[32];
        byte[] sk = new byte[64];
        byte[] sig = new byte[64];
        byte[] m = Convert.FromHexString(message);
        Ed25519.KeyPair(Convert.FromHexString(seed), pk, sk);
        Ed25519.Sign(sk, m, sig);
        Assert.Equal(publicKey, Convert.ToHexStringLower(pk));
        Assert.Equal(signature, Convert.ToHexStringLower(sig));
        Assert.True(Ed25519.Verify(pk, m, sig));
        Assert.False(Ed25519.Verify(pk, [.. m, 0], sig));
        for (int bit = 0; bit < 64 * 8; bit++)
        {
            sig[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Ed25519.Verify(pk, m, sig));
            sig[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.False(Ed25519.Verify(pk, m, sig.AsSpan(0, 63)));
        Assert.False(Ed25519.Verify(pk, m, [.. sig, 0]));
        Assert.False(Ed25519.Verify(pk.AsSpan(0, 31), m, sig));
        Assert.False(Ed25519.Verify([.. pk, 0], m, sig));
    }

    [Fact]
    public void IsStrictPoint_OfEverySmallOrderEncoding_IsFalse()
    {
        Assert.Equal(8, Torsion.Distinct().Count());
        foreach (EdwardsPoint point in Torsion)
        {
            // Each y, either sign, and the encoding that is p higher where 255 bits hold it.
            foreach (BigInteger y in new[] { point.Y, point.Y + EdwardsPoint.P })
            {
                if (y < BigInteger.Pow(2, 255))
                {
                    AssertRefused(EdwardsPoint.Bytes(y));
                    byte[] negative = EdwardsPoint.Bytes(y);
                    negative[31] |= 0x80;
                    AssertRefused(negative);
                }
            }
        }
    }

    [Fact]
    public void IsStrictPoint_OfEveryNonCanonicalY_IsFalse()
    {
        for (int i = 0; i < 19; i++)
        {
            byte[] bytes = EdwardsPoint.Bytes(EdwardsPoint.P + i);
            AssertRefused(bytes);
            bytes[31] |= 0x80;
            AssertRefused(bytes);
        }

        // Just below p, and not of small order, is canonical.
        Assert.True(Ed25519.IsStrictPoint(EdwardsPoint.Bytes(EdwardsPoint.P - 2)));
        Assert.True(Ed25519.IsStrictPoint(EdwardsPoint.Bytes(2)));
    }

    [Fact]
    public void Verify_WithSAtOrAboveTheOrder_IsFalse()
    {
        (byte[] pk, byte[] m, byte[] sig) = Signed();
        BigInteger s = EdwardsPoint.Number(sig.AsSpan(32));
        Assert.True(s < EdwardsPoint.L);
        for (BigInteger higher = s + EdwardsPoint.L; higher < BigInteger.Pow(2, 256); higher += EdwardsPoint.L)
        {
            EdwardsPoint.Bytes(higher).CopyTo(sig, 32);
            Assert.False(Ed25519.Verify(pk, m, sig));
        }
    }

    // With a public key of small order, S = 0 and R = -hA are everybody's signature of one message in eight.
    [Fact]
    public void Verify_OfSmallOrderKey_IsFalse()
    {
        int forged = 0;
        foreach (EdwardsPoint a in Torsion)
        {
            byte[] pk = a.Encode();
            foreach (EdwardsPoint r in Torsion)
            {
                for (int i = 0; i < 8; i++)
                {
                    byte[] m = [(byte)i];
                    if (r == Negate(a.Times(Hash(r.Encode(), pk, m) % 8)))
                    {
                        forged++;
                        Assert.False(Ed25519.Verify(pk, m, [.. r.Encode(), .. new byte[32]]));
                    }
                }
            }
        }

        Assert.True(forged > 20, $"{forged} forgeries");
    }

    // R of small order, here the identity: the equation holds, and a strict verifier still refuses.
    [Fact]
    public void Verify_OfSmallOrderR_IsFalse()
    {
        BigInteger a = EdwardsPoint.Number(RandomNumberGenerator.GetBytes(31));
        byte[] pk = EdwardsPoint.Base.Times(a).Encode();
        byte[] r = EdwardsPoint.Identity.Encode();
        BigInteger s = Hash(r, pk, "m"u8) * a % EdwardsPoint.L;
        byte[] signature = [.. r, .. EdwardsPoint.Bytes(s)];
        Assert.True(Equation(pk, "m"u8, signature));
        Assert.False(Ed25519.Verify(pk, "m"u8, signature));
    }

    // A key with a part of small order: the cofactored equation holds for every message, the cofactorless for one in eight.
    [Fact]
    public void Verify_OfMixedOrderKey_IsCofactorless()
    {
        EdwardsPoint torsion = Torsion.First(t => t.Times(4) != EdwardsPoint.Identity);
        BigInteger a = EdwardsPoint.Number(RandomNumberGenerator.GetBytes(31));
        BigInteger k = EdwardsPoint.Number(RandomNumberGenerator.GetBytes(31));
        byte[] pk = EdwardsPoint.Base.Times(a).Add(torsion).Encode();
        byte[] r = EdwardsPoint.Base.Times(k).Encode();
        int accepted = 0;
        for (int i = 0; i < 64; i++)
        {
            byte[] m = [(byte)i];
            BigInteger h = Hash(r, pk, m);
            byte[] signature = [.. r, .. EdwardsPoint.Bytes((k + (h * a)) % EdwardsPoint.L)];
            bool cofactorless = h % 8 == 0;
            Assert.Equal(cofactorless, Ed25519.Verify(pk, m, signature));
            accepted += cofactorless ? 1 : 0;
        }

        Assert.InRange(accepted, 0, 40);
    }

    [Fact]
    public void TestCurve_OfLibrarySignatures_Agrees()
    {
        (byte[] pk, byte[] m, byte[] sig) = Signed();
        Assert.True(Equation(pk, m, sig));
        Assert.False(Equation(pk, [.. m, 0], sig));
        Assert.Equal(EdwardsPoint.Identity, EdwardsPoint.Base.Times(EdwardsPoint.L));
    }

    private static void AssertRefused(byte[] point)
    {
        Assert.False(Ed25519.IsStrictPoint(point), Convert.ToHexString(point));
        (byte[] pk, byte[] m, byte[] sig) = Signed();
        Assert.False(Ed25519.Verify(point, m, sig));
        point.CopyTo(sig, 0);
        Assert.False(Ed25519.Verify(pk, m, sig));
        Assert.False(Ed25519.Verify(point, m, [.. point, .. new byte[32]]));
    }

    private static (byte[] PublicKey, byte[] Message, byte[] Signature) Signed()
    {
        byte[] pk = new byte[32];
        byte[] sk = new byte[64];
        byte[] sig = new byte[64];
        byte[] m = Encoding.ASCII.GetBytes("message");
        Ed25519.KeyPair(RandomNumberGenerator.GetBytes(32), pk, sk);
        Ed25519.Sign(sk, m, sig);
        return (pk, m, sig);
    }

    // All points of the torsion subgroup: the multiples of one of order 8, which is L times a point that has every order.
    private static List<EdwardsPoint> MakeTorsion()
    {
        for (int y = 2; ; y++)
        {
            if (EdwardsPoint.FromY(y, odd: false) is { } point && point.Times(EdwardsPoint.L) is var t && t.Times(4) != EdwardsPoint.Identity)
            {
                return [.. Enumerable.Range(0, 8).Select(i => t.Times(i))];
            }
        }
    }

    private static EdwardsPoint Negate(EdwardsPoint point) => new(EdwardsPoint.Mod(-point.X), point.Y);

    private static BigInteger Hash(ReadOnlySpan<byte> r, ReadOnlySpan<byte> a, ReadOnlySpan<byte> m) =>
        EdwardsPoint.Number(SHA512.HashData([.. r, .. a, .. m])) % EdwardsPoint.L;

    // [S]B = R + [h]A, nothing else checked.
    private static bool Equation(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        BigInteger h = Hash(signature[..32], publicKey, message);
        return EdwardsPoint.Base.Times(EdwardsPoint.Number(signature[32..])) == Decode(signature[..32]).Add(Decode(publicKey).Times(h));
    }

    private static EdwardsPoint Decode(ReadOnlySpan<byte> bytes)
    {
        byte[] y = bytes.ToArray();
        y[31] &= 0x7f;
        return EdwardsPoint.FromY(EdwardsPoint.Number(y), (bytes[31] & 0x80) != 0)!.Value;
    }
}
