using System.Security.Cryptography;

namespace LiveGateway.Format;

/// <summary>HPKE (RFC 9180), base mode: X-Wing, HKDF-SHA-256, AES-256-GCM, one message. Written from the RFC, as a stranger would.</summary>
internal static class Hpke
{
    public const int WrappedSize = EncapsulatedSize + KeySize + TagSize;

    private const int EncapsulatedSize = 1_120;
    private const int KeySize = 32;
    private const int NonceSize = 12;
    private const int TagSize = 16;

    private static readonly byte[] SuiteId = [.. "HPKE"u8, 0x64, 0x7A, 0x00, 0x01, 0x00, 0x02];

    /// <summary>enc ‖ wrapped key.</summary>
    public static byte[] Wrap(byte[] publicKey, byte[] info, byte[] key)
    {
        byte[] enc = new byte[EncapsulatedSize], shared = new byte[KeySize], wrapped = new byte[KeySize + TagSize];
        if (!Sodium.Encapsulate(publicKey, enc, shared))
        {
            throw new CryptographicException("This is no public key.");
        }

        (byte[] wrapping, byte[] nonce) = Schedule(shared, info);
        using AesGcm aes = new(wrapping, TagSize);
        aes.Encrypt(nonce, key, wrapped.AsSpan(..KeySize), wrapped.AsSpan(KeySize..));
        return [.. enc, .. wrapped];
    }

    /// <exception cref="CryptographicException">It was not wrapped to this key.</exception>
    public static byte[] Unwrap(byte[] seed, byte[] info, ReadOnlySpan<byte> wrapped)
    {
        byte[] shared = new byte[KeySize], key = new byte[KeySize];
        if (!Sodium.Decapsulate(seed, wrapped[..EncapsulatedSize].ToArray(), shared))
        {
            throw new CryptographicException("This cannot be unwrapped.");
        }

        (byte[] wrapping, byte[] nonce) = Schedule(shared, info);
        using AesGcm aes = new(wrapping, TagSize);
        aes.Decrypt(nonce, wrapped.Slice(EncapsulatedSize, KeySize), wrapped[^TagSize..], key);
        return key;
    }

    private static (byte[] Key, byte[] Nonce) Schedule(byte[] shared, byte[] info)
    {
        byte[] context = [0, .. Extract([], "psk_id_hash"u8, []), .. Extract([], "info_hash"u8, info)];
        byte[] secret = Extract(shared, "secret"u8, []);
        return (Expand(secret, "key"u8, context, KeySize), Expand(secret, "base_nonce"u8, context, NonceSize));
    }

    private static byte[] Extract(byte[] salt, ReadOnlySpan<byte> label, byte[] input) =>
        HKDF.Extract(HashAlgorithmName.SHA256, [.. "HPKE-v1"u8, .. SuiteId, .. label, .. input], salt);

    private static byte[] Expand(byte[] secret, ReadOnlySpan<byte> label, byte[] context, int length) =>
        HKDF.Expand(HashAlgorithmName.SHA256, secret, length, [0, (byte)length, .. "HPKE-v1"u8, .. SuiteId, .. label, .. context]);
}
