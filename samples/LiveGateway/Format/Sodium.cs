using System.Runtime.InteropServices;

namespace LiveGateway.Format;

/// <summary>The primitives that neither .NET nor NSec has: X-Wing, and AEGIS-256 as docs/FORMAT.md uses it.</summary>
internal static partial class Sodium
{
    private const string Library = "libsodium";

    static Sodium() => _ = sodium_init();

    public static bool Encapsulate(byte[] publicKey, byte[] ciphertext, byte[] secret) => crypto_kem_xwing_enc(ciphertext, secret, publicKey) == 0;

    public static bool Decapsulate(byte[] seed, byte[] ciphertext, byte[] secret) => crypto_kem_xwing_dec(secret, ciphertext, seed) == 0;

    /// <param name="key">32 bytes.</param>
    /// <param name="nonce">32 bytes.</param>
    /// <param name="message">What is encrypted.</param>
    /// <param name="sealedMessage">32 bytes more than the message.</param>
    public static void EncryptAegis(byte[] key, byte[] nonce, byte[] message, byte[] sealedMessage) =>
        _ = crypto_aead_aegis256_encrypt(sealedMessage, out _, message, (ulong)message.Length, 0, 0, 0, nonce, key);

    public static bool DecryptAegis(byte[] key, byte[] nonce, byte[] sealedMessage, byte[] message) =>
        crypto_aead_aegis256_decrypt(message, out _, 0, sealedMessage, (ulong)sealedMessage.Length, 0, 0, nonce, key) == 0;

    [LibraryImport(Library)]
    private static partial int sodium_init();

    [LibraryImport(Library)]
    private static partial int crypto_kem_xwing_enc([Out] byte[] ct, [Out] byte[] ss, byte[] pk);

    [LibraryImport(Library)]
    private static partial int crypto_kem_xwing_dec([Out] byte[] ss, byte[] ct, byte[] sk);

    [LibraryImport(Library)]
    private static partial int crypto_aead_aegis256_encrypt(
        [Out] byte[] c, out ulong clen, byte[] m, ulong mlen, nint ad, ulong adlen, nint nsec, byte[] npub, byte[] k);

    [LibraryImport(Library)]
    private static partial int crypto_aead_aegis256_decrypt(
        [Out] byte[] m, out ulong mlen, nint nsec, byte[] c, ulong clen, nint ad, ulong adlen, byte[] npub, byte[] k);
}
