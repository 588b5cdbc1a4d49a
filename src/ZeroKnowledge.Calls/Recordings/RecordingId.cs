using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace ZeroKnowledge.Calls;

/// <summary>The random id of a recording, for people and file names; 16 bytes, immutable. Storage is keyed by <see cref="CoreId"/>.</summary>
public readonly struct RecordingId : IEquatable<RecordingId>
{
    /// <summary>Size in bytes: 16.</summary>
    public const int Size = 16;

    [InlineArray(Size)]
    private struct Bytes
    {
        private byte _first;
    }

    private readonly Bytes _bytes;

    /// <summary>Takes a recording id from its 16 bytes.</summary>
    /// <param name="bytes">Exactly 16 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not 16 bytes long.</exception>
    public RecordingId(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"A recording id has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        }

        bytes.CopyTo(_bytes);
    }

    /// <summary>True for the default value: 16 zeros.</summary>
    public bool IsZero => Span.IndexOfAnyExcept((byte)0) < 0;

    [UnscopedRef]
    internal ReadOnlySpan<byte> Span => _bytes;

    /// <summary>Copies the 16 bytes.</summary>
    /// <param name="destination">At least 16 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public void CopyTo(Span<byte> destination) => Span.CopyTo(destination);

    /// <summary>A new array with the 16 bytes.</summary>
    public byte[] ToArray() => Span.ToArray();

    /// <summary>Reads 32 hexadecimal digits.</summary>
    /// <param name="text">32 digits, upper or lower case.</param>
    /// <exception cref="FormatException"><paramref name="text"/> is anything else.</exception>
    public static RecordingId Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length == 2 * Size
            ? new RecordingId(Convert.FromHexString(text))
            : throw new FormatException($"A recording id has {2 * Size} hexadecimal digits, not {text.Length} characters.");
    }

    /// <summary>The bytes are the same.</summary>
    public bool Equals(RecordingId other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RecordingId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(Span);

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Span);

    /// <summary>The bytes are the same.</summary>
    public static bool operator ==(RecordingId left, RecordingId right) => left.Equals(right);

    /// <summary>The bytes differ.</summary>
    public static bool operator !=(RecordingId left, RecordingId right) => !left.Equals(right);
}
