using System.Globalization;
using System.Text;

namespace ZeroKnowledge.Calls;

/// <summary>A pinned public key: its kind, the time in which it is trusted, and a name for people. Immutable.</summary>
public sealed class TrustedKey
{
    private const int MaxNameLength = 64;
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>Pins a key.</summary>
    /// <param name="kind">What the key may sign.</param>
    /// <param name="key">The public key.</param>
    /// <param name="notBefore">The first moment in which the key is trusted, in whole seconds.</param>
    /// <param name="notAfter">The first moment in which the key is no longer trusted, in whole seconds; later than <paramref name="notBefore"/>.</param>
    /// <param name="name">1 to 64 characters (Unicode code points), without control characters and without spaces at its ends.</param>
    /// <exception cref="ArgumentException">An argument is none of that, or the key could not verify anything.</exception>
    public TrustedKey(TrustedKeyKind kind, VerifyKey key, DateTimeOffset notBefore, DateTimeOffset notAfter, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        _ = KeyText.PublicPrefix(kind);
        if (!key.IsStrict)
        {
            throw new ArgumentException("This is not a key that could verify anything.", nameof(key));
        }

        if (!IsWholeSeconds(notBefore) || !IsWholeSeconds(notAfter))
        {
            throw new ArgumentException("The times of a trusted key are whole seconds.", IsWholeSeconds(notBefore) ? nameof(notAfter) : nameof(notBefore));
        }

        if (notAfter <= notBefore)
        {
            throw new ArgumentException("A key's not-after is later than its not-before.", nameof(notAfter));
        }

        if (NameFault(name) is { } fault)
        {
            throw new ArgumentException(fault, nameof(name));
        }

        Kind = kind;
        Key = key;
        NotBefore = notBefore.ToUniversalTime();
        NotAfter = notAfter.ToUniversalTime();
        Name = name;
    }

    /// <summary>What the key may sign.</summary>
    public TrustedKeyKind Kind { get; }

    /// <summary>The public key.</summary>
    public VerifyKey Key { get; }

    /// <summary>The first moment in which the key is trusted, UTC.</summary>
    public DateTimeOffset NotBefore { get; }

    /// <summary>The first moment in which the key is no longer trusted, UTC.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>The name for people: 1 to 64 characters.</summary>
    public string Name { get; }

    /// <summary>Reads a line of a trust list: public key, not-before, not-after, name (docs/FORMAT.md, section 10).</summary>
    /// <param name="line">The line, for example <c>zkcgateway1… 2026-01-01T00:00:00Z 2028-01-01T00:00:00Z Berlin 1</c>.</param>
    /// <exception cref="FormatException"><paramref name="line"/> is anything else.</exception>
    public static TrustedKey Parse(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return ParseLine(line);
    }

    /// <summary>Whether the key is trusted at a time.</summary>
    /// <param name="atMs">The time, ms since 1970.</param>
    public bool IsValidAt(ulong atMs) =>
        atMs <= long.MaxValue && (long)atMs >= NotBefore.ToUnixTimeMilliseconds() && (long)atMs < NotAfter.ToUnixTimeMilliseconds();

    /// <summary>The line of a trust list, with single spaces.</summary>
    public override string ToString() => $"{Key.ToString(Kind)} {Time(NotBefore)} {Time(NotAfter)} {Name}";

    internal static TrustedKey ParseLine(ReadOnlySpan<char> line)
    {
        ReadOnlySpan<char> rest = line.Trim(" \t");
        ReadOnlySpan<char> key = Next(ref rest);
        TrustedKeyKind kind = KindOf(key);
        VerifyKey publicKey = KeyText.ParsePublic(kind, key);
        DateTimeOffset notBefore = ParseTime(Next(ref rest), "not-before");
        DateTimeOffset notAfter = ParseTime(Next(ref rest), "not-after");
        string name = rest.ToString();
        if (notAfter <= notBefore)
        {
            throw new FormatException("The not-after is not later than the not-before.");
        }

        return NameFault(name) is { } fault
            ? throw new FormatException(fault)
            : new TrustedKey(kind, publicKey, notBefore, notAfter, name);
    }

    private static TrustedKeyKind KindOf(ReadOnlySpan<char> key)
    {
        foreach (TrustedKeyKind kind in (ReadOnlySpan<TrustedKeyKind>)[TrustedKeyKind.Gateway, TrustedKeyKind.Owner, TrustedKeyKind.Archive])
        {
            if (key.StartsWith(KeyText.PublicPrefix(kind) + "1", StringComparison.Ordinal))
            {
                return kind;
            }
        }

        // A secret key has no place in a trust list; the message does not repeat it.
        throw new FormatException("A trusted key begins with zkcgateway1, zkcowner1 or zkcarchive1.");
    }

    private static ReadOnlySpan<char> Next(ref ReadOnlySpan<char> rest)
    {
        int end = rest.IndexOfAny(" \t");
        ReadOnlySpan<char> word = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[end..].TrimStart(" \t");
        return word;
    }

    private static DateTimeOffset ParseTime(ReadOnlySpan<char> text, string what) =>
        DateTimeOffset.TryParseExact(
            text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
            ? time
            : throw new FormatException($"The {what} is written YYYY-MM-DDTHH:MM:SSZ.");

    private static string Time(DateTimeOffset time) => time.ToString(TimeFormat, CultureInfo.InvariantCulture);

    private static bool IsWholeSeconds(DateTimeOffset time) => time.UtcTicks % TimeSpan.TicksPerSecond == 0;

    private static string? NameFault(string name)
    {
        int count = 0;
        for (ReadOnlySpan<char> rest = name; !rest.IsEmpty; count++)
        {
            // A control character could forge a line of the list, or of a log that the name is shown in.
            if (Rune.DecodeFromUtf16(rest, out Rune rune, out int length) != System.Buffers.OperationStatus.Done || Rune.IsControl(rune))
            {
                return "A name has no control characters.";
            }

            rest = rest[length..];
        }

        return count is 0 or > MaxNameLength ? $"A name has 1 to {MaxNameLength} characters."
            : name[0] == ' ' || name[^1] == ' ' ? "A name has no space at its ends."
            : null;
    }
}
