using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Interop;

/// <summary>The AEADs of the suites, with an empty aad and in place where wanted. Callers give sizes that are right: they are the format's, not an input's.</summary>
internal static unsafe class Aead
{
    /// <summary>Encrypts. <paramref name="ciphertext"/> may be the same memory as <paramref name="plaintext"/>.</summary>
    public static void Encrypt(
        Suite suite, ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plaintext, Span<byte> ciphertext, Span<byte> tag)
    {
        Check(suite, key, nonce, plaintext.Length, ciphertext.Length, tag.Length);
        if (suite == Suite.Aes256Gcm && !Sodium.HasAes256Gcm)
        {
            using AesGcm aes = new(key, tag.Length);
            aes.Encrypt(nonce, plaintext, ciphertext, tag);
            return;
        }

        fixed (byte* k = key, n = nonce, m = plaintext, c = ciphertext, t = tag)
        {
            int failed = suite == Suite.Aes256Gcm
                ? Sodium.crypto_aead_aes256gcm_encrypt_detached(c, t, null, m, (ulong)plaintext.Length, null, 0, null, n, k)
                : Sodium.crypto_aead_aegis256_encrypt_detached(c, t, null, m, (ulong)plaintext.Length, null, 0, null, n, k);
            if (failed != 0)
            {
                throw new CryptographicException("The AEAD refused to encrypt.");
            }
        }
    }

    /// <summary>Decrypts; false if the tag is wrong, and then <paramref name="plaintext"/> holds nothing of value.</summary>
    public static bool TryDecrypt(
        Suite suite, ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> tag, Span<byte> plaintext)
    {
        Check(suite, key, nonce, plaintext.Length, ciphertext.Length, tag.Length);
        if (suite == Suite.Aes256Gcm && !Sodium.HasAes256Gcm)
        {
            using AesGcm aes = new(key, tag.Length);
            try
            {
                aes.Decrypt(nonce, ciphertext, tag, plaintext);
                return true;
            }
            catch (AuthenticationTagMismatchException)
            {
                return false;
            }
        }

        fixed (byte* k = key, n = nonce, m = plaintext, c = ciphertext, t = tag)
        {
            return 0 == (suite == Suite.Aes256Gcm
                ? Sodium.crypto_aead_aes256gcm_decrypt_detached(m, null, c, (ulong)ciphertext.Length, t, null, 0, n, k)
                : Sodium.crypto_aead_aegis256_decrypt_detached(m, null, c, (ulong)ciphertext.Length, t, null, 0, n, k));
        }
    }

    private static void Check(Suite suite, ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, int plaintext, int ciphertext, int tag)
    {
        if (key.Length != Format.KeySize || nonce.Length != Format.NonceSize(suite) || tag != Format.TagSize(suite) || plaintext != ciphertext)
        {
            throw new ArgumentException("A key, nonce, tag or buffer has the wrong length.");
        }
    }
}
