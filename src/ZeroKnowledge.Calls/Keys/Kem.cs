using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

/// <summary>The key encapsulation mechanisms of recipients, by the kind of their stanzas: numbers, sizes, strings (docs/FORMAT.md, sections 9 and 10).</summary>
internal static class Kem
{
    public const ushort XWingId = 0x647A;
    public const ushort P256Id = 0x0010;

    /// <summary>Of both kinds: a seed, or a number.</summary>
    public const int SecretSize = 32;

    public const int SharedSecretSize = 32;

    public static ushort Id(StanzaKind kind) => IsP256(kind) ? P256Id : XWingId;

    public static int PublicKeySize(StanzaKind kind) => IsP256(kind) ? P256.PublicKeySize : XWing.PublicKeySize;

    /// <summary>What the sender's part has, in bytes.</summary>
    public static int EncSize(StanzaKind kind) => IsP256(kind) ? P256.PublicKeySize : XWing.CiphertextSize;

    /// <summary>enc ‖ wrapped key, in bytes.</summary>
    public static int WrappedSize(StanzaKind kind) => EncSize(kind) + Hpke.SealedKeySize;

    public static string RecipientPrefix(StanzaKind kind) => IsP256(kind) ? "zkcp256" : "age1pq";

    public static string IdentityPrefix(StanzaKind kind) => IsP256(kind) ? "ZKC-P256-IDENTITY-" : "AGE-SECRET-KEY-PQ-";

    public static string LockedPrefix(StanzaKind kind) => IsP256(kind) ? "ZKC-LOCKED-P256-IDENTITY-" : "ZKC-LOCKED-IDENTITY-";

    /// <summary>Which kind a string is meant to be, public or secret: X-Wing unless it says P-256.</summary>
    public static StanzaKind KindOf(ReadOnlySpan<char> text) =>
        Begins(text, RecipientPrefix(StanzaKind.P256)) || Begins(text, IdentityPrefix(StanzaKind.P256)) || Begins(text, LockedPrefix(StanzaKind.P256))
            ? StanzaKind.P256
            : StanzaKind.XWing;

    /// <summary>Whether a string is meant to be a key of this prefix: then it is refused as one.</summary>
    public static bool Begins(ReadOnlySpan<char> text, string prefix) =>
        text.Length > prefix.Length && text[prefix.Length] == '1' && text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase);

    /// <returns>False for a public key that is not one.</returns>
    public static bool TryEncapsulate(StanzaKind kind, ReadOnlySpan<byte> publicKey, Span<byte> enc, Span<byte> sharedSecret) =>
        IsP256(kind) ? P256.TryEncapsulate(publicKey, enc, sharedSecret) : XWing.TryEncapsulate(publicKey, enc, sharedSecret);

    /// <returns>False for a secret that is not one.</returns>
    public static bool TryPublicKey(StanzaKind kind, ReadOnlySpan<byte> secret, Span<byte> publicKey)
    {
        if (!IsP256(kind))
        {
            XWing.PublicKey(secret, publicKey);
            return true;
        }

        using ECDiffieHellman? key = P256.ImportSecret(secret);
        return key is not null && P256.TryExportPublicKey(key, publicKey);
    }

    /// <returns>False for what is no encapsulation; one for somebody else may give a secret that opens nothing.</returns>
    public static bool TryDecapsulate(StanzaKind kind, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> enc, Span<byte> sharedSecret)
    {
        if (!IsP256(kind))
        {
            return XWing.TryDecapsulate(secret, enc, sharedSecret);
        }

        using ECDiffieHellman? key = P256.ImportSecret(secret);
        return key is not null && P256.TryDecapsulate(key, publicKey, enc, sharedSecret);
    }

    private static bool IsP256(StanzaKind kind) => kind switch
    {
        StanzaKind.P256 => true,
        StanzaKind.XWing => false,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "This is not the kind of a single recipient."),
    };
}
