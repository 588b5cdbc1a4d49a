using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

// The strings of Ed25519 keys (docs/FORMAT.md, section 10). No message repeats the text: it may be a secret in the wrong place.
internal static class KeyText
{
    public static string PublicPrefix(TrustedKeyKind kind) => kind switch
    {
        TrustedKeyKind.Gateway => "zkcgateway",
        TrustedKeyKind.Owner => "zkcowner",
        TrustedKeyKind.Archive => "zkcarchive",
        _ => throw NotAKind(kind),
    };

    public static string SecretPrefix(TrustedKeyKind kind) => kind switch
    {
        TrustedKeyKind.Gateway => "ZKC-GATEWAY-KEY-",
        TrustedKeyKind.Owner => "ZKC-OWNER-KEY-",
        TrustedKeyKind.Archive => "ZKC-ARCHIVE-KEY-",
        _ => throw NotAKind(kind),
    };

    public static VerifyKey ParsePublic(TrustedKeyKind kind, ReadOnlySpan<char> text)
    {
        string prefix = PublicPrefix(kind);
        Span<byte> bytes = stackalloc byte[VerifyKey.Size];
        if (!Bech32.TryDecode(text, prefix, bytes))
        {
            throw Refused(text, prefix);
        }

        var key = new VerifyKey(bytes);
        return key.IsStrict ? key : throw new FormatException($"This {prefix}1… string is not a key that could verify anything.");
    }

    /// <summary>Reads a secret key's string into its 32-byte seed; the caller wipes it.</summary>
    public static void ParseSecret(TrustedKeyKind kind, ReadOnlySpan<char> text, Span<byte> seed)
    {
        string prefix = SecretPrefix(kind);
        if (!Bech32.TryDecode(text, prefix, seed))
        {
            CryptographicOperations.ZeroMemory(seed);
            throw Refused(text, prefix);
        }
    }

    /// <summary>Why a string is not the key it should be, for people.</summary>
    public static FormatException Refused(ReadOnlySpan<char> text, string prefix)
    {
        if (Bech32.IsWellFormed(text, out int length))
        {
            // The prefix of a well-formed string says what it is, and is no secret.
            return text[..length].SequenceEqual(prefix)
                ? new FormatException($"A {prefix}1… string of another length is expected.")
                : new FormatException($"A {prefix}1… string is expected, but this begins with {text[..length]}1.");
        }

        return text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
            ? new FormatException($"This {prefix}1… string is mistyped: a character, the case or the checksum is wrong.")
            : new FormatException($"A {prefix}1… string is expected.");
    }

    private static ArgumentOutOfRangeException NotAKind(TrustedKeyKind kind) => new(nameof(kind), kind, "This is not a kind of key.");
}
