using System.Buffers.Binary;
using System.Security.Cryptography;
using NSec.Cryptography;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>HPKE (RFC 9180) in base mode with X-Wing, HKDF-SHA-256 and AES-256-GCM, one message for each encapsulation.</summary>
internal static class Hpke
{
    public const ushort KemXWing = 0x647A;
    public const ushort Aes256Gcm = 0x0002;

    /// <summary>enc ‖ wrapped key, in bytes.</summary>
    public const int WrappedSize = XWing.CiphertextSize + Format.KeySize + TagSize;

    private const ushort HkdfSha256 = 0x0001;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private static readonly KeyDerivationAlgorithm2 Hkdf = KeyDerivationAlgorithm.HkdfSha256;

    /// <summary>Wraps a 32-byte key to a recipient.</summary>
    /// <returns>False for a public key that is not one.</returns>
    public static bool TryWrap(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> info, ReadOnlySpan<byte> key, Span<byte> wrapped)
    {
        Span<byte> shared = stackalloc byte[XWing.SharedSecretSize];
        Span<byte> wrapping = stackalloc byte[Format.KeySize];
        Span<byte> nonce = stackalloc byte[NonceSize];
        try
        {
            if (!XWing.TryEncapsulate(publicKey, wrapped[..XWing.CiphertextSize], shared))
            {
                return false;
            }

            Schedule(KemXWing, Aes256Gcm, shared, info, wrapping, nonce);
            Aead.Encrypt(Suite.Aes256Gcm, wrapping, nonce, key, wrapped.Slice(XWing.CiphertextSize, Format.KeySize), wrapped[^TagSize..]);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
            CryptographicOperations.ZeroMemory(wrapping);
        }
    }

    public static bool TryUnwrap(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> info, ReadOnlySpan<byte> wrapped, Span<byte> key)
    {
        Span<byte> shared = stackalloc byte[XWing.SharedSecretSize];
        Span<byte> wrapping = stackalloc byte[Format.KeySize];
        Span<byte> nonce = stackalloc byte[NonceSize];
        try
        {
            if (!XWing.TryDecapsulate(seed, wrapped[..XWing.CiphertextSize], shared))
            {
                return false;
            }

            Schedule(KemXWing, Aes256Gcm, shared, info, wrapping, nonce);
            return Aead.TryDecrypt(
                Suite.Aes256Gcm, wrapping, nonce, wrapped.Slice(XWing.CiphertextSize, Format.KeySize), wrapped[^TagSize..], key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
            CryptographicOperations.ZeroMemory(wrapping);
        }
    }

    /// <summary>RFC 9180, section 5.1, mode base: psk and psk_id are empty. The key's length is that of <paramref name="key"/>.</summary>
    public static void Schedule(ushort kem, ushort aead, ReadOnlySpan<byte> sharedSecret, ReadOnlySpan<byte> info, Span<byte> key, Span<byte> baseNonce)
    {
        Span<byte> suiteId = stackalloc byte[10];
        "HPKE"u8.CopyTo(suiteId);
        BinaryPrimitives.WriteUInt16BigEndian(suiteId[4..], kem);
        BinaryPrimitives.WriteUInt16BigEndian(suiteId[6..], HkdfSha256);
        BinaryPrimitives.WriteUInt16BigEndian(suiteId[8..], aead);

        Span<byte> context = stackalloc byte[65];
        context[0] = 0;
        LabeledExtract(suiteId, default, "psk_id_hash"u8, default, context.Slice(1, 32));
        LabeledExtract(suiteId, default, "info_hash"u8, info, context[33..]);

        Span<byte> secret = stackalloc byte[32];
        LabeledExtract(suiteId, sharedSecret, "secret"u8, default, secret);
        LabeledExpand(suiteId, secret, "key"u8, context, key);
        LabeledExpand(suiteId, secret, "base_nonce"u8, context, baseNonce);
        CryptographicOperations.ZeroMemory(secret);
    }

    private static void LabeledExtract(ReadOnlySpan<byte> suiteId, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> label, ReadOnlySpan<byte> ikm, Span<byte> prk)
    {
        Span<byte> input = stackalloc byte[256];
        Hkdf.Extract(input[..Concatenate(input, suiteId, label, ikm)], salt, prk);
        CryptographicOperations.ZeroMemory(input);
    }

    private static void LabeledExpand(ReadOnlySpan<byte> suiteId, ReadOnlySpan<byte> prk, ReadOnlySpan<byte> label, ReadOnlySpan<byte> info, Span<byte> output)
    {
        Span<byte> input = stackalloc byte[256];
        BinaryPrimitives.WriteUInt16BigEndian(input, (ushort)output.Length);
        Hkdf.Expand(prk, input[..(2 + Concatenate(input[2..], suiteId, label, info))], output);
    }

    private static int Concatenate(Span<byte> to, ReadOnlySpan<byte> suiteId, ReadOnlySpan<byte> label, ReadOnlySpan<byte> rest)
    {
        "HPKE-v1"u8.CopyTo(to);
        suiteId.CopyTo(to[7..]);
        label.CopyTo(to[(7 + suiteId.Length)..]);
        rest.CopyTo(to[(7 + suiteId.Length + label.Length)..]);
        return 7 + suiteId.Length + label.Length + rest.Length;
    }
}
