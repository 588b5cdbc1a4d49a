using System.Security.Cryptography;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>
/// The private half of a <see cref="Calls.Recipient"/>: opens the recordings that were wrapped to it. A 32-byte X-Wing seed in locked
/// memory, in the string form of age's post-quantum identities, <c>AGE-SECRET-KEY-PQ-1…</c>. Thread-safe until disposed; disposal wipes it.
/// </summary>
public sealed class Identity : IDisposable
{
    internal const string Prefix = "AGE-SECRET-KEY-PQ-";

    private readonly SecretBytes _seed;

    private Identity(ReadOnlySpan<byte> seed)
    {
        _seed = new SecretBytes(seed);
        Span<byte> publicKey = stackalloc byte[XWing.PublicKeySize];
        XWing.PublicKey(seed, publicKey);
        Recipient = new Recipient(publicKey);
    }

    /// <summary>The public half.</summary>
    public Recipient Recipient { get; }

    /// <summary>Makes a new identity from the operating system's random bytes.</summary>
    public static Identity Generate()
    {
        Span<byte> seed = stackalloc byte[XWing.SeedSize];
        SystemRandom.Fill(seed);
        Identity identity = new(seed);
        CryptographicOperations.ZeroMemory(seed);
        return identity;
    }

    /// <summary>Reads an identity string.</summary>
    /// <param name="text"><c>AGE-SECRET-KEY-PQ-1…</c>, as made by <c>age-keygen -pq</c> or <see cref="ExportSecret"/>.</param>
    /// <exception cref="FormatException">It is not such a string; the message does not repeat it.</exception>
    public static Identity Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Parse(text.AsSpan());
    }

    /// <summary>Reads the only identity of a file; see <see cref="LoadAll"/> for files with several.</summary>
    /// <param name="path">A file with one identity; lines that begin with <c>#</c> are comments.</param>
    /// <exception cref="FormatException">The file holds none, several, or something else.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Identity Load(string path)
    {
        IReadOnlyList<Identity> identities = LoadAll(path);
        if (identities.Count == 1)
        {
            return identities[0];
        }

        foreach (Identity identity in identities)
        {
            identity.Dispose();
        }

        throw new FormatException($"{path}: One identity is expected, but there are {identities.Count}.");
    }

    /// <summary>Reads all identities of a file of at most 1 MiB.</summary>
    /// <param name="path">A file with one identity a line; lines that begin with <c>#</c> are comments.</param>
    /// <exception cref="FormatException">A line is not an identity; the message names file and line.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<Identity> LoadAll(string path)
    {
        List<Identity> identities = [];
        try
        {
            KeyFile.Load(path, line => identities.Add(Parse(line)));
            return identities;
        }
        catch
        {
            identities.ForEach(identity => identity.Dispose());
            throw;
        }
    }

    /// <summary>The identity as a string. Whoever has it opens every recording wrapped to it.</summary>
    public string ExportSecret() => Bech32.Encode(Prefix, _seed.Span);

    /// <summary>Writes an identity file that only its owner can read (mode 0600), with the recipient as a comment. Nothing is overwritten.</summary>
    /// <param name="path">A file that does not exist.</param>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    public void Save(string path) => KeyFile.Create(path, $"# recipient: {Recipient}\n{ExportSecret()}\n");

    /// <summary>Wipes the seed.</summary>
    public void Dispose() => _seed.Dispose();

    /// <summary>The type's name: never the key.</summary>
    public override string ToString() => nameof(Identity);

    internal static Identity Parse(ReadOnlySpan<char> text)
    {
        Span<byte> seed = stackalloc byte[XWing.SeedSize];
        try
        {
            return Bech32.TryDecode(text, Prefix, seed) ? new Identity(seed) : throw KeyText.Refused(text, Prefix);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    internal bool TryUnwrap(ReadOnlySpan<byte> info, ReadOnlySpan<byte> wrapped, Span<byte> key) => Hpke.TryUnwrap(_seed.Span, info, wrapped, key);
}
