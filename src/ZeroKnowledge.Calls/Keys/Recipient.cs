using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

/// <summary>
/// A public key to which recordings are wrapped: X-Wing (X25519 and ML-KEM-768), 1,216 bytes in the string form of age's post-quantum
/// recipients, <c>age1pq1…</c>; or P-256, 65 bytes, <c>zkcp2561…</c>, for HSMs and smart cards. Immutable and thread-safe.
/// </summary>
public sealed class Recipient : IEquatable<Recipient>
{
    internal const int TagSize = 8;

    private const string PemBegin = "-----BEGIN ";
    private const string PemLabel = "PUBLIC KEY";

    private readonly byte[] _publicKey;
    private readonly byte[] _tag;

    internal Recipient(StanzaKind kind, ReadOnlySpan<byte> publicKey)
    {
        Kind = kind;
        _publicKey = publicKey.ToArray();
        _tag = TagOf(publicKey);
    }

    /// <summary>True for P-256: a quantum computer would open what is wrapped to it.</summary>
    public bool IsClassical => Kind == StanzaKind.P256;

    /// <summary>X-Wing or P-256.</summary>
    internal StanzaKind Kind { get; }

    internal ReadOnlySpan<byte> PublicKey => _publicKey;

    /// <summary>The first 8 bytes of SHA-256(public key): how a stanza names its recipient.</summary>
    internal ReadOnlySpan<byte> Tag => _tag;

    /// <summary>Reads a recipient string.</summary>
    /// <param name="text"><c>age1pq1</c> and 1,952 more characters, as made by <c>age-keygen -pq</c>; or <c>zkcp2561</c> and 110 more; as <see cref="ToString"/> gives them.</param>
    /// <exception cref="FormatException">It is not such a string, or not a public key.</exception>
    public static Recipient Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Parse(text.AsSpan());
    }

    /// <summary>Reads a P-256 public key as HSMs, smart cards and openssl give it.</summary>
    /// <param name="pem">One PEM block, <c>PUBLIC KEY</c> (SubjectPublicKeyInfo), with an uncompressed point of the named curve P-256; other text around it is ignored.</param>
    /// <exception cref="FormatException">It is something else, or there are several blocks.</exception>
    public static Recipient FromPem(string pem)
    {
        ArgumentNullException.ThrowIfNull(pem);
        using ECDiffieHellman key = ECDiffieHellman.Create();
        Span<byte> publicKey = stackalloc byte[P256.PublicKeySize];
        try
        {
            PemFields fields = PemEncoding.Find(pem);
            // Of several blocks nobody knows which one was meant.
            if (pem.AsSpan()[fields.Label].SequenceEqual(PemLabel) && pem.AsSpan().Count(PemBegin) == 1)
            {
                byte[] der = Convert.FromBase64String(pem[fields.Base64Data]);
                key.ImportSubjectPublicKeyInfo(der, out int read);
                if (read == der.Length && P256.TryExportPublicKey(key, publicKey))
                {
                    return new Recipient(StanzaKind.P256, publicKey);
                }
            }
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // Which of the two layers refused it helps nobody.
        }

        throw new FormatException($"A P-256 public key in PEM is expected: one block, which begins with {PemBegin}{PemLabel}----- and holds an uncompressed point.");
    }

    internal static Recipient Parse(ReadOnlySpan<char> text)
    {
        StanzaKind kind = Kem.KindOf(text);
        Span<byte> key = stackalloc byte[Kem.PublicKeySize(kind)];
        if (!Bech32.TryDecode(text, Kem.RecipientPrefix(kind), key))
        {
            throw KeyText.Refused(text, Kem.RecipientPrefix(kind));
        }

        Span<byte> enc = stackalloc byte[Kem.EncSize(kind)];
        Span<byte> shared = stackalloc byte[Kem.SharedSecretSize];
        // Only the KEM itself knows whether these bytes are a key: better now than when a call begins.
        bool usable = Kem.TryEncapsulate(kind, key, enc, shared);
        CryptographicOperations.ZeroMemory(shared);
        return usable ? new Recipient(kind, key) : throw new FormatException($"The recipient's bytes are not a public key of {(kind == StanzaKind.P256 ? "P-256" : "X-Wing")}.");
    }

    /// <summary>The same public key.</summary>
    public bool Equals(Recipient? other) => other is not null && Kind == other.Kind && PublicKey.SequenceEqual(other.PublicKey);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Recipient);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(_tag);

    /// <summary>The string form, <c>age1pq1…</c> or <c>zkcp2561…</c>.</summary>
    public override string ToString() => Bech32.Encode(Kem.RecipientPrefix(Kind), _publicKey);

    internal static byte[] TagOf(ReadOnlySpan<byte> publicKey) => SHA256.HashData(publicKey)[..TagSize];
}
