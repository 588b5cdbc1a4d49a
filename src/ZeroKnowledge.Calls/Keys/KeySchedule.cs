using System.Security.Cryptography;
using NSec.Cryptography;

namespace ZeroKnowledge.Calls;

/// <summary>The key schedule of docs/FORMAT.md, section 4. Every output is 32 bytes that the caller wipes.</summary>
internal static class KeySchedule
{
    private static readonly KeyDerivationAlgorithm2 Hkdf = KeyDerivationAlgorithm.HkdfSha256;

    public static void Extract(ReadOnlySpan<byte> secret, Span<byte> prk) => Hkdf.Extract(secret, "zkc1"u8, prk);

    /// <param name="prk">From <see cref="Extract"/>.</param>
    /// <param name="headerStart">The header's bytes before the commitment: 76.</param>
    /// <param name="control">32 bytes.</param>
    public static void Control(ReadOnlySpan<byte> prk, ReadOnlySpan<byte> headerStart, Span<byte> control) =>
        Expand(prk, "zkc1 control"u8, headerStart, control);

    public static void Commitment(ReadOnlySpan<byte> control, Span<byte> commitment)
    {
        Span<byte> input = stackalloc byte[15 + Format.KeySize];
        "zkc1 commitment"u8.CopyTo(input);
        control.CopyTo(input[15..]);
        SHA256.HashData(input, commitment);
        CryptographicOperations.ZeroMemory(input);
    }

    public static void OpeningKey(ReadOnlySpan<byte> prk, CoreId id, Span<byte> key) => Expand(prk, "zkc1 opening"u8, id.Span, key);

    public static void ClosingKey(ReadOnlySpan<byte> prk, CoreId id, Span<byte> key) => Expand(prk, "zkc1 closing"u8, id.Span, key);

    public static void TreeRoot(ReadOnlySpan<byte> prk, CoreId id, Span<byte> root) => Expand(prk, "zkc1 tree"u8, id.Span, root);

    public static void EnvelopeMacKey(ReadOnlySpan<byte> control, CoreId id, Span<byte> key) =>
        Expand(control, "zkc1 envelope mac"u8, id.Span, key);

    /// <summary>Turns the key that a passphrase gave into that of a locked P-256 identity.</summary>
    public static void LockedP256(Span<byte> key)
    {
        Span<byte> given = stackalloc byte[Format.KeySize];
        key.CopyTo(given);
        Expand(given, "zkc1 locked p256"u8, default, key);
        CryptographicOperations.ZeroMemory(given);
    }

    /// <summary>The four children of a node of the key tree, 128 bytes.</summary>
    public static void Children(ReadOnlySpan<byte> node, int level, Span<byte> children)
    {
        Span<byte> info = stackalloc byte[10];
        "zkc1 node"u8.CopyTo(info);
        info[9] = (byte)level;
        Hkdf.Expand(node, info, children);
    }

    private static void Expand(ReadOnlySpan<byte> key, ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, Span<byte> output)
    {
        Span<byte> info = stackalloc byte[96];
        label.CopyTo(info);
        context.CopyTo(info[label.Length..]);
        Hkdf.Expand(key, info[..(label.Length + context.Length)], output);
    }
}
