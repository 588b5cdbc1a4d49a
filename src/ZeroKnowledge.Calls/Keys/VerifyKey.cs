using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>A public Ed25519 key (RFC 8032): 32 bytes; immutable. The default value, 32 zeros, verifies nothing.</summary>
public readonly struct VerifyKey : IEquatable<VerifyKey>
{
    /// <summary>Size in bytes: 32.</summary>
    public const int Size = 32;

    [InlineArray(Size)]
    private struct Bytes
    {
        private byte _first;
    }

    private readonly Bytes _bytes;

    /// <summary>Takes a key from its 32 bytes.</summary>
    /// <param name="bytes">Exactly 32 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not 32 bytes long.</exception>
    public VerifyKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"A public key has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        }

        bytes.CopyTo(_bytes);
    }

    /// <summary>True for the default value: 32 zeros.</summary>
    public bool IsZero => Span.IndexOfAnyExcept((byte)0) < 0;

    [UnscopedRef]
    internal ReadOnlySpan<byte> Span => _bytes;

    // A key that is not could never verify a signature (docs/FORMAT.md, section 2).
    internal bool IsStrict => Ed25519.IsStrictPoint(Span);

    /// <summary>Copies the 32 bytes.</summary>
    /// <param name="destination">At least 32 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public void CopyTo(Span<byte> destination) => Span.CopyTo(destination);

    /// <summary>A new array with the 32 bytes.</summary>
    public byte[] ToArray() => Span.ToArray();

    /// <summary>Reads a public key's string, such as <c>zkcgateway1…</c> (docs/FORMAT.md, section 10).</summary>
    /// <param name="kind">The kind that the string must be of.</param>
    /// <param name="text">The string, in lower case.</param>
    /// <exception cref="FormatException"><paramref name="text"/> is anything else.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="kind"/> is not a kind.</exception>
    public static VerifyKey Parse(TrustedKeyKind kind, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return KeyText.ParsePublic(kind, text);
    }

    /// <summary>The bytes are the same.</summary>
    public bool Equals(VerifyKey other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is VerifyKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(Span);

    /// <summary>64 lower-case hexadecimal digits: the key alone does not know its kind.</summary>
    public override string ToString() => Convert.ToHexStringLower(Span);

    /// <summary>The key's string for its kind, such as <c>zkcgateway1…</c> (docs/FORMAT.md, section 10).</summary>
    /// <param name="kind">What the key is used for.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="kind"/> is not a kind.</exception>
    public string ToString(TrustedKeyKind kind) => Bech32.Encode(KeyText.PublicPrefix(kind), Span);

    /// <summary>The bytes are the same.</summary>
    public static bool operator ==(VerifyKey left, VerifyKey right) => left.Equals(right);

    /// <summary>The bytes differ.</summary>
    public static bool operator !=(VerifyKey left, VerifyKey right) => !left.Equals(right);
}
