using System.Buffers.Binary;

namespace ZeroKnowledge.Calls.Interop;

/// <summary>Ed25519 (RFC 8032) with the strict checks of docs/FORMAT.md, section 2, made before libsodium sees the signature.</summary>
internal static unsafe class Ed25519
{
    public const int SeedSize = 32;
    public const int PublicKeySize = 32;

    /// <summary>libsodium's form of a secret key: seed ‖ public key.</summary>
    public const int SecretKeySize = 64;
    public const int SignatureSize = 64;

    // L = 2^252 + 27742317777372353535851937790883648493, little-endian.
    private static ReadOnlySpan<byte> Order =>
    [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];

    // The two y coordinates of the points of order 8, little-endian.
    private static ReadOnlySpan<byte> Order8A =>
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
        0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ];

    private static ReadOnlySpan<byte> Order8B =>
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
        0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ];

    public static void KeyPair(ReadOnlySpan<byte> seed, Span<byte> publicKey, Span<byte> secretKey)
    {
        Require(seed.Length == SeedSize && publicKey.Length == PublicKeySize && secretKey.Length == SecretKeySize);
        fixed (byte* pk = publicKey, sk = secretKey, s = seed)
        {
            _ = Sodium.crypto_sign_ed25519_seed_keypair(pk, sk, s);
        }
    }

    public static void Sign(ReadOnlySpan<byte> secretKey, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        Require(secretKey.Length == SecretKeySize && signature.Length == SignatureSize);
        fixed (byte* sig = signature, m = message, sk = secretKey)
        {
            _ = Sodium.crypto_sign_ed25519_detached(sig, null, m, (ulong)message.Length, sk);
        }
    }

    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != PublicKeySize || signature.Length != SignatureSize
            || !IsStrictPoint(publicKey) || !IsStrictPoint(signature[..32]) || !IsBelow(signature[32..], Order))
        {
            return false;
        }

        fixed (byte* sig = signature, m = message, pk = publicKey)
        {
            return Sodium.crypto_sign_ed25519_verify_detached(sig, m, (ulong)message.Length, pk) == 0;
        }
    }

    /// <summary>The encoding is canonical and the point is not of small order.</summary>
    public static bool IsStrictPoint(ReadOnlySpan<byte> encoded)
    {
        Span<byte> y = stackalloc byte[32];
        encoded.CopyTo(y);
        y[31] &= 0x7f;

        // p = 2^255 - 19. y >= p is not canonical; y of 0, 1 or p - 1 is of small order (and y = ±1 are the only ones with x = 0).
        bool high = y[31] == 0x7f && y[1..31].IndexOfAnyExcept((byte)0xff) < 0;
        bool low = y[1..].IndexOfAnyExcept((byte)0) < 0;
        return !(high && y[0] >= 0xec) && !(low && y[0] <= 1) && !y.SequenceEqual(Order8A) && !y.SequenceEqual(Order8B);
    }

    private static bool IsBelow(ReadOnlySpan<byte> value, ReadOnlySpan<byte> bound)
    {
        for (int i = value.Length - 8; i >= 0; i -= 8)
        {
            ulong v = BinaryPrimitives.ReadUInt64LittleEndian(value[i..]);
            ulong b = BinaryPrimitives.ReadUInt64LittleEndian(bound[i..]);
            if (v != b)
            {
                return v < b;
            }
        }

        return false;
    }

    private static void Require(bool condition)
    {
        if (!condition)
        {
            throw new ArgumentException("A key, seed or signature has the wrong length.");
        }
    }
}
