using System.Runtime.InteropServices;

namespace ZeroKnowledge.Calls.Interop;

// The libsodium that NSec.Cryptography brings, called with spans: NSec makes an operating-system object of every key,
// which ends at about 16,300 of them. Every signature is that of libsodium 1.0.22's headers.
internal static unsafe partial class Sodium
{
    private const string Library = "libsodium";

    static Sodium()
    {
        if (sodium_init() < 0)
        {
            throw new PlatformNotSupportedException("libsodium could not be initialized.");
        }

        HasAes256Gcm = crypto_aead_aes256gcm_is_available() == 1;
    }

    /// <summary>False without AES instructions: then the BCL's AES-256-GCM is used, never another suite.</summary>
    public static bool HasAes256Gcm { get; }

    [LibraryImport(Library)]
    private static partial int sodium_init();

    [LibraryImport(Library)]
    private static partial int crypto_aead_aes256gcm_is_available();

    [LibraryImport(Library)]
    public static partial int sodium_mlock(void* address, nuint length);

    // Wipes, then unlocks.
    [LibraryImport(Library)]
    public static partial int sodium_munlock(void* address, nuint length);

    [LibraryImport(Library)]
    public static partial void randombytes_buf(byte* buffer, nuint size);

    [LibraryImport(Library)]
    public static partial int crypto_aead_aes256gcm_encrypt_detached(
        byte* c, byte* mac, ulong* maclen, byte* m, ulong mlen, byte* ad, ulong adlen, byte* nsec, byte* npub, byte* k);

    [LibraryImport(Library)]
    public static partial int crypto_aead_aes256gcm_decrypt_detached(
        byte* m, byte* nsec, byte* c, ulong clen, byte* mac, byte* ad, ulong adlen, byte* npub, byte* k);

    [LibraryImport(Library)]
    public static partial int crypto_aead_aegis256_encrypt_detached(
        byte* c, byte* mac, ulong* maclen, byte* m, ulong mlen, byte* ad, ulong adlen, byte* nsec, byte* npub, byte* k);

    [LibraryImport(Library)]
    public static partial int crypto_aead_aegis256_decrypt_detached(
        byte* m, byte* nsec, byte* c, ulong clen, byte* mac, byte* ad, ulong adlen, byte* npub, byte* k);

    [LibraryImport(Library)]
    public static partial int crypto_sign_ed25519_seed_keypair(byte* pk, byte* sk, byte* seed);

    [LibraryImport(Library)]
    public static partial int crypto_sign_ed25519_detached(byte* sig, ulong* siglen, byte* m, ulong mlen, byte* sk);

    [LibraryImport(Library)]
    public static partial int crypto_sign_ed25519_verify_detached(byte* sig, byte* m, ulong mlen, byte* pk);

    [LibraryImport(Library)]
    public static partial int crypto_kem_xwing_seed_keypair(byte* pk, byte* sk, byte* seed);

    [LibraryImport(Library)]
    public static partial int crypto_kem_xwing_enc(byte* ct, byte* ss, byte* pk);

    [LibraryImport(Library)]
    public static partial int crypto_kem_xwing_enc_deterministic(byte* ct, byte* ss, byte* pk, byte* seed);

    [LibraryImport(Library)]
    public static partial int crypto_kem_xwing_dec(byte* ss, byte* ct, byte* sk);
}
