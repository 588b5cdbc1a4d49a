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
    /// <param name="text"><c>AGE-SECRET-KEY-PQ-1…</c>, as made by <c>age-keygen -pq</c> or <see cref="ExportSecret"/>; not a locked one.</param>
    /// <exception cref="FormatException">It is not such a string; the message does not repeat it.</exception>
    public static Identity Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Parse(text.AsSpan());
    }

    /// <summary>Reads the only identity of a file; see <see cref="LoadAll"/> for files with several.</summary>
    /// <param name="path">A file with one identity that only its owner can read; lines that begin with <c>#</c> are comments.</param>
    /// <param name="passphrase">For a locked identity: 1 to 1,024 bytes of UTF-8; takes about half a second and 256 MiB of memory. Empty (the default) if there is none.</param>
    /// <exception cref="PassphraseException">The identity is locked, and the passphrase is missing or wrong.</exception>
    /// <exception cref="FormatException">The file holds none, several, or something else.</exception>
    /// <exception cref="IOException">The file cannot be read; <see cref="UnauthorizedAccessException"/> if that is not allowed, or is to too many.</exception>
    public static Identity Load(string path, ReadOnlySpan<char> passphrase = default)
    {
        IReadOnlyList<Identity> identities = LoadAll(path, passphrase);
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
    /// <param name="path">A file with one identity a line that only its owner can read; lines that begin with <c>#</c> are comments.</param>
    /// <param name="passphrase">For those that are locked: 1 to 1,024 bytes of UTF-8; each takes about half a second and 256 MiB of memory. Empty (the default) if there is none.</param>
    /// <exception cref="PassphraseException">An identity is locked, and the passphrase is missing or wrong.</exception>
    /// <exception cref="FormatException">A line is not an identity; the message names file and line.</exception>
    /// <exception cref="IOException">The file cannot be read; <see cref="UnauthorizedAccessException"/> if that is not allowed, or is to too many.</exception>
    public static IReadOnlyList<Identity> LoadAll(string path, ReadOnlySpan<char> passphrase = default)
    {
        List<Identity> identities = [];
        byte[] given = passphrase.IsEmpty ? [] : LockedIdentity.Encode(passphrase);
        try
        {
            KeyFile.LoadSecret(path, line => identities.Add(Parse(line, given)));
            return identities;
        }
        catch
        {
            identities.ForEach(identity => identity.Dispose());
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(given);
        }
    }

    /// <summary>The identity as a string. Whoever has it opens every recording wrapped to it.</summary>
    public string ExportSecret() => Bech32.Encode(Prefix, _seed.Span);

    /// <summary>Writes an identity file that only its owner can read (mode 0600), with the recipient as a comment. Nothing is overwritten.</summary>
    /// <param name="path">A file that does not exist.</param>
    /// <param name="passphrase">Locks the identity: 1 to 1,024 bytes of UTF-8; whoever forgets it has lost the identity. Takes about half a second and 256 MiB of memory. Empty (the default) for none.</param>
    /// <exception cref="ArgumentException">The passphrase is too long, or not text.</exception>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    public void Save(string path, ReadOnlySpan<char> passphrase = default) =>
        KeyFile.Create(path, $"# recipient: {Recipient}\n{(passphrase.IsEmpty ? ExportSecret() : Lock(passphrase))}\n");

    /// <summary>Wipes the seed.</summary>
    public void Dispose() => _seed.Dispose();

    /// <summary>The type's name: never the key.</summary>
    public override string ToString() => nameof(Identity);

    internal static Identity Parse(ReadOnlySpan<char> text, ReadOnlySpan<byte> passphrase = default)
    {
        Span<byte> seed = stackalloc byte[XWing.SeedSize];
        try
        {
            if (LockedIdentity.Is(text))
            {
                Unlock(text, passphrase, seed);
            }
            else if (!Bech32.TryDecode(text, Prefix, seed))
            {
                throw KeyText.Refused(text, Prefix);
            }

            return new Identity(seed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    internal bool TryUnwrap(ReadOnlySpan<byte> info, ReadOnlySpan<byte> wrapped, Span<byte> key) => Hpke.TryUnwrap(_seed.Span, info, wrapped, key);

    private static void Unlock(ReadOnlySpan<char> text, ReadOnlySpan<byte> passphrase, Span<byte> seed)
    {
        if (passphrase.IsEmpty)
        {
            throw new PassphraseException("The identity is locked with a passphrase, and none was given.");
        }

        LockedIdentity.Unlock(text, passphrase, seed);
    }

    private string Lock(ReadOnlySpan<char> passphrase)
    {
        byte[] given = LockedIdentity.Encode(passphrase);
        try
        {
            return LockedIdentity.Lock(_seed.Span, given);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(given);
        }
    }
}
