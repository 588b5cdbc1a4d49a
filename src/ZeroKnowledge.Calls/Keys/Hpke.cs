using System.Buffers.Binary;
using System.Security.Cryptography;
using NSec.Cryptography;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>HPKE (RFC 9180) in base mode with HKDF-SHA-256 and AES-256-GCM, one message for each encapsulation.</summary>
internal static class Hpke
{
    public const ushort Aes256Gcm = 0x0002;

    /// <summary>A key of 32 bytes, encrypted, with its tag.</summary>
    public const int SealedKeySize = Format.KeySize + TagSize;

    private const ushort HkdfSha256 = 0x0001;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private static readonly KeyDerivationAlgorithm2 Hkdf = KeyDerivationAlgorithm.HkdfSha256;

    /// <summary>Wraps a 32-byte key to a recipient.</summary>
    /// <param name="kind">The recipient's.</param>
    /// <param name="publicKey">The recipient's.</param>
    /// <param name="info">What it is bound to.</param>
    /// <param name="key">The key.</param>
    /// <param name="wrapped">enc ‖ wrapped key: as many bytes as <see cref="Kem.WrappedSize"/> says.</param>
    /// <returns>False for a public key that is not one.</returns>
    public static bool TryWrap(StanzaKind kind, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> info, ReadOnlySpan<byte> key, Span<byte> wrapped)
    {
        Span<byte> shared = stackalloc byte[Kem.SharedSecretSize];
        Span<byte> wrapping = stackalloc byte[Format.KeySize];
        Span<byte> nonce = stackalloc byte[NonceSize];
        try
        {
            if (!Kem.TryEncapsulate(kind, publicKey, wrapped[..^SealedKeySize], shared))
            {
                return false;
            }

            Schedule(Kem.Id(kind), Aes256Gcm, shared, info, wrapping, nonce);
            Aead.Encrypt(Suite.Aes256Gcm, wrapping, nonce, key, wrapped[^SealedKeySize..^TagSize], wrapped[^TagSize..]);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
            CryptographicOperations.ZeroMemory(wrapping);
        }
    }

    /// <summary>Opens what <see cref="TryWrap"/> wrapped, with the secret that the private key decapsulated.</summary>
    public static bool TryUnwrap(StanzaKind kind, ReadOnlySpan<byte> sharedSecret, ReadOnlySpan<byte> info, ReadOnlySpan<byte> wrapped, Span<byte> key)
    {
        Span<byte> wrapping = stackalloc byte[Format.KeySize];
        Span<byte> nonce = stackalloc byte[NonceSize];
        try
        {
            Schedule(Kem.Id(kind), Aes256Gcm, sharedSecret, info, wrapping, nonce);
            return Aead.TryDecrypt(Suite.Aes256Gcm, wrapping, nonce, wrapped[^SealedKeySize..^TagSize], wrapped[^TagSize..], key);
        }
        finally
        {
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

    public static void LabeledExtract(ReadOnlySpan<byte> suiteId, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> label, ReadOnlySpan<byte> ikm, Span<byte> prk)
    {
        Span<byte> input = stackalloc byte[256];
        Hkdf.Extract(input[..Concatenate(input, suiteId, label, ikm)], salt, prk);
        CryptographicOperations.ZeroMemory(input);
    }

    public static void LabeledExpand(ReadOnlySpan<byte> suiteId, ReadOnlySpan<byte> prk, ReadOnlySpan<byte> label, ReadOnlySpan<byte> info, Span<byte> output)
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
