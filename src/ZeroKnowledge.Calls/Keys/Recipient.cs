using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

/// <summary>
/// A public key to which recordings are wrapped: X-Wing (X25519 and ML-KEM-768), in the string form of age's post-quantum
/// recipients, <c>age1pq1…</c>. 1,216 bytes; immutable and thread-safe.
/// </summary>
public sealed class Recipient : IEquatable<Recipient>
{
    internal const string Prefix = "age1pq";
    internal const int TagSize = 8;

    private readonly byte[] _publicKey;
    private readonly byte[] _tag;

    internal Recipient(ReadOnlySpan<byte> publicKey)
    {
        _publicKey = publicKey.ToArray();
        _tag = TagOf(publicKey);
    }

    internal ReadOnlySpan<byte> PublicKey => _publicKey;

    /// <summary>The first 8 bytes of SHA-256(public key): how a stanza names its recipient.</summary>
    internal ReadOnlySpan<byte> Tag => _tag;

    /// <summary>Reads a recipient string.</summary>
    /// <param name="text"><c>age1pq1</c> and 1,952 more characters, as made by <c>age-keygen -pq</c> or <see cref="ToString"/>.</param>
    /// <exception cref="FormatException">It is not such a string, or not a public key.</exception>
    public static Recipient Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Parse(text.AsSpan());
    }

    internal static Recipient Parse(ReadOnlySpan<char> text)
    {
        Span<byte> key = stackalloc byte[XWing.PublicKeySize];
        if (!Bech32.TryDecode(text, Prefix, key))
        {
            throw KeyText.Refused(text, Prefix);
        }

        Span<byte> enc = stackalloc byte[XWing.CiphertextSize];
        Span<byte> shared = stackalloc byte[XWing.SharedSecretSize];
        // Only the KEM itself knows whether these bytes are a key: better now than when a call begins.
        bool usable = XWing.TryEncapsulate(key, enc, shared);
        CryptographicOperations.ZeroMemory(shared);
        return usable ? new Recipient(key) : throw new FormatException("The recipient's bytes are not an X-Wing public key.");
    }

    /// <summary>The same public key.</summary>
    public bool Equals(Recipient? other) => other is not null && PublicKey.SequenceEqual(other.PublicKey);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Recipient);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(_tag);

    /// <summary>The string form, <c>age1pq1…</c>.</summary>
    public override string ToString() => Bech32.Encode(Prefix, _publicKey);

    internal static byte[] TagOf(ReadOnlySpan<byte> publicKey) => SHA256.HashData(publicKey)[..TagSize];
}
