using System.Collections.Frozen;
using System.Text;

namespace ZeroKnowledge.Calls;

/// <summary>The pinned public keys of gateways, owners and archives. There is no default list and no trust on first use. Immutable and thread-safe.</summary>
public sealed class TrustList
{
    private readonly FrozenDictionary<VerifyKey, TrustedKey> _byKey;

    private TrustList(IReadOnlyList<TrustedKey> keys)
    {
        Keys = keys;
        _byKey = keys.ToFrozenDictionary(k => k.Key);
    }

    /// <summary>The keys, in the order of the list.</summary>
    public IReadOnlyList<TrustedKey> Keys { get; }

    /// <summary>Makes a list.</summary>
    /// <param name="keys">The keys; none trusts nothing.</param>
    /// <exception cref="ArgumentException">A key stands twice, or is null.</exception>
    public static TrustList Of(params ReadOnlySpan<TrustedKey> keys)
    {
        var seen = new HashSet<VerifyKey>();
        foreach (TrustedKey key in keys)
        {
            ArgumentNullException.ThrowIfNull(key, nameof(keys));
            if (!seen.Add(key.Key))
            {
                throw new ArgumentException($"The key {key.Key.ToString(key.Kind)} stands twice.", nameof(keys));
            }
        }

        return new TrustList(Array.AsReadOnly(keys.ToArray()));
    }

    /// <summary>Reads a trust list (docs/FORMAT.md, section 10) of at most 1,048,576 bytes of UTF-8.</summary>
    /// <param name="text">The lines.</param>
    /// <exception cref="FormatException">A line is not right, or a key stands twice; the message names the line.</exception>
    public static TrustList Parse(string text)
    {
        var collector = new Collector();
        KeyFile.Parse(text, collector.Add);
        return collector.ToList();
    }

    /// <summary>Reads a trust list (docs/FORMAT.md, section 10) of at most 1,048,576 bytes from a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FormatException">A line is not right, or a key stands twice; the message names file and line.</exception>
    /// <exception cref="IOException">The file cannot be read; <see cref="UnauthorizedAccessException"/> if that is not allowed.</exception>
    public static TrustList Load(string path)
    {
        var collector = new Collector();
        KeyFile.Load(path, collector.Add);
        return collector.ToList();
    }

    /// <summary>Finds a key, whether or not it is valid now.</summary>
    /// <param name="kind">What the key must be for.</param>
    /// <param name="key">The key.</param>
    /// <returns>The entry, or null: the key is not on the list, or is there for something else.</returns>
    public TrustedKey? Find(TrustedKeyKind kind, VerifyKey key) =>
        _byKey.TryGetValue(key, out TrustedKey? found) && found.Kind == kind ? found : null;

    /// <summary>Whether a key is on the list for this use, and was valid at a time.</summary>
    /// <param name="kind">What the key must be for.</param>
    /// <param name="key">The key.</param>
    /// <param name="atMs">The time of what was signed, ms since 1970.</param>
    public bool IsTrusted(TrustedKeyKind kind, VerifyKey key, ulong atMs) => Find(kind, key) is { } found && found.IsValidAt(atMs);

    /// <summary>Whether a key is on the list for this use, and was valid at a time.</summary>
    /// <param name="kind">What the key must be for.</param>
    /// <param name="key">The key.</param>
    /// <param name="at">The time of what was signed.</param>
    public bool IsTrusted(TrustedKeyKind kind, VerifyKey key, DateTimeOffset at) =>
        at >= DateTimeOffset.UnixEpoch && IsTrusted(kind, key, UnixTime.ToMs(at));

    /// <summary>Writes the list to a new file, readable and writable by its owner only.</summary>
    /// <param name="path">A file that does not exist yet.</param>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    public void Save(string path) => KeyFile.Create(path, ToString());

    /// <summary>The list's text, one key a line; <see cref="Parse"/> reads it.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (TrustedKey key in Keys)
        {
            text.Append(key).Append('\n');
        }

        return text.ToString();
    }

    private sealed class Collector
    {
        private readonly List<TrustedKey> _keys = [];
        private readonly HashSet<VerifyKey> _seen = [];

        public void Add(ReadOnlySpan<char> line)
        {
            TrustedKey key = TrustedKey.ParseLine(line);
            if (!_seen.Add(key.Key))
            {
                throw new FormatException("This key stands twice in the list.");
            }

            _keys.Add(key);
        }

        public TrustList ToList() => new(_keys.AsReadOnly());
    }
}
