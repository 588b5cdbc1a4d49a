using System.Security.Cryptography;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>X-Wing (draft-connolly-cfrg-xwing-kem): X25519 and ML-KEM-768 in one KEM, by libsodium.</summary>
internal static unsafe class XWing
{
    public const int PublicKeySize = 1216;
    public const int SeedSize = 32;
    public const int CiphertextSize = 1120;
    public const int SharedSecretSize = 32;

    public static void PublicKey(ReadOnlySpan<byte> seed, Span<byte> publicKey)
    {
        Check(seed.Length == SeedSize && publicKey.Length == PublicKeySize);
        Span<byte> secret = stackalloc byte[SeedSize];
        fixed (byte* s = seed, pk = publicKey, sk = secret)
        {
            _ = Sodium.crypto_kem_xwing_seed_keypair(pk, sk, s);
        }

        CryptographicOperations.ZeroMemory(secret);
    }

    /// <returns>False for a public key that is not one.</returns>
    public static bool TryEncapsulate(ReadOnlySpan<byte> publicKey, Span<byte> ciphertext, Span<byte> sharedSecret)
    {
        Check(publicKey.Length == PublicKeySize && ciphertext.Length == CiphertextSize && sharedSecret.Length == SharedSecretSize);
        fixed (byte* pk = publicKey, ct = ciphertext, ss = sharedSecret)
        {
            return Sodium.crypto_kem_xwing_enc(ct, ss, pk) == 0;
        }
    }

    /// <summary>Implicit rejection: a wrong ciphertext gives a secret that opens nothing. False only where libsodium refuses.</summary>
    public static bool TryDecapsulate(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> ciphertext, Span<byte> sharedSecret)
    {
        Check(seed.Length == SeedSize && ciphertext.Length == CiphertextSize && sharedSecret.Length == SharedSecretSize);
        fixed (byte* sk = seed, ct = ciphertext, ss = sharedSecret)
        {
            return Sodium.crypto_kem_xwing_dec(ss, ct, sk) == 0;
        }
    }

    private static void Check(bool lengths)
    {
        if (!lengths)
        {
            throw new ArgumentException("A key or ciphertext has the wrong length.");
        }
    }
}
