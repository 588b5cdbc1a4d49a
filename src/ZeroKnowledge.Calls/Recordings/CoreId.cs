using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

/// <summary>The name of a recording everywhere: the SHA-256 hash of its 236-byte header (docs/FORMAT.md, section 4). 32 bytes; immutable.</summary>
public readonly struct CoreId : IEquatable<CoreId>
{
    /// <summary>Size in bytes: 32.</summary>
    public const int Size = 32;

    [InlineArray(Size)]
    private struct Bytes
    {
        private byte _first;
    }

    private readonly Bytes _bytes;

    /// <summary>Takes a core id from its 32 bytes.</summary>
    /// <param name="bytes">Exactly 32 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not 32 bytes long.</exception>
    public CoreId(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"A core id has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        }

        bytes.CopyTo(_bytes);
    }

    /// <summary>True for the default value: 32 zeros, which stand for "no recording".</summary>
    public bool IsZero => Span.IndexOfAnyExcept((byte)0) < 0;

    [UnscopedRef]
    internal ReadOnlySpan<byte> Span => _bytes;

    /// <summary>Copies the 32 bytes.</summary>
    /// <param name="destination">At least 32 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public void CopyTo(Span<byte> destination) => Span.CopyTo(destination);

    /// <summary>A new array with the 32 bytes.</summary>
    public byte[] ToArray() => Span.ToArray();

    /// <summary>Reads 64 hexadecimal digits.</summary>
    /// <param name="text">64 digits, upper or lower case.</param>
    /// <exception cref="FormatException"><paramref name="text"/> is anything else.</exception>
    public static CoreId Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length == 2 * Size
            ? new CoreId(Convert.FromHexString(text))
            : throw new FormatException($"A core id has {2 * Size} hexadecimal digits, not {text.Length} characters.");
    }

    internal static CoreId Of(ReadOnlySpan<byte> header)
    {
        Span<byte> hash = stackalloc byte[Size];
        SHA256.HashData(header, hash);
        return new CoreId(hash);
    }

    /// <summary>The bytes are the same.</summary>
    public bool Equals(CoreId other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is CoreId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(Span);

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Span);

    /// <summary>The bytes are the same.</summary>
    public static bool operator ==(CoreId left, CoreId right) => left.Equals(right);

    /// <summary>The bytes differ.</summary>
    public static bool operator !=(CoreId left, CoreId right) => !left.Equals(right);
}
