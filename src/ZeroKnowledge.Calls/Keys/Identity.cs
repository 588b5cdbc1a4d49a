using System.Security.Cryptography;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>
/// The private half of a <see cref="Calls.Recipient"/>: opens the recordings that were wrapped to it. 32 bytes in locked memory: an X-Wing seed in the string form
/// of age's post-quantum identities, <c>AGE-SECRET-KEY-PQ-1…</c>, or a P-256 key, <c>ZKC-P256-IDENTITY-1…</c>; or a P-256 key that stays in its HSM or smart card
/// (<see cref="Of"/>). Thread-safe until disposed; disposal wipes what is in memory. While a P-256 key agrees, the platform's library has a copy in ordinary memory.
/// </summary>
public sealed class Identity : IDisposable
{
    // One of the two. A device does one thing at a time, and the base class library promises nothing about threads.
    private readonly SecretBytes? _secret;
    private readonly ECDiffieHellman? _device;
    private readonly Lock _deviceGate = new();

    private Identity(Recipient recipient, SecretBytes? secret, ECDiffieHellman? device)
    {
        Recipient = recipient;
        _secret = secret;
        _device = device;
    }

    /// <summary>The public half.</summary>
    public Recipient Recipient { get; }

    /// <summary>Makes a new X-Wing identity from the operating system's random bytes.</summary>
    public static Identity Generate()
    {
        Span<byte> seed = stackalloc byte[XWing.SeedSize];
        SystemRandom.Fill(seed);
        return FromSecret(StanzaKind.XWing, seed);
    }

    /// <summary>Makes a new P-256 identity in software: classical, so for trying out what a key in hardware will do.</summary>
    public static Identity GenerateP256()
    {
        Span<byte> secret = stackalloc byte[P256.SecretSize];
        P256.Generate(secret);
        return FromSecret(StanzaKind.P256, secret);
    }

    /// <summary>Takes a P-256 key that stays where it is: in an HSM, a smart card, a TPM or the system's key store.</summary>
    /// <param name="key">Does the key agreement, one at a time; must support <see cref="ECDiffieHellman.DeriveRawSecretAgreement"/>. Belongs to the caller, who disposes of it after the identity.</param>
    /// <exception cref="ArgumentException">It is a key of another curve.</exception>
    /// <exception cref="CallRecordingException">The device does not give the public key (<see cref="ECAlgorithm.ExportParameters(bool)"/>); the cause is the inner exception.</exception>
    public static Identity Of(ECDiffieHellman key)
    {
        ArgumentNullException.ThrowIfNull(key);
        Span<byte> publicKey = stackalloc byte[P256.PublicKeySize];
        try
        {
            return P256.TryExportPublicKey(key, publicKey)
                ? new Identity(new Recipient(StanzaKind.P256, publicKey), null, key)
                : throw new ArgumentException("The key is not one of the named curve P-256.", nameof(key));
        }
        catch (Exception e) when (IsDeviceFault(e))
        {
            throw new CallRecordingException($"The device does not give the public key: {e.Message}", e);
        }
    }

    /// <summary>Reads an identity string.</summary>
    /// <param name="text"><c>AGE-SECRET-KEY-PQ-1…</c>, as made by <c>age-keygen -pq</c>, or <c>ZKC-P256-IDENTITY-1…</c>; as <see cref="ExportSecret"/> gives them; not a locked one.</param>
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
    /// <exception cref="InvalidOperationException">The key stays in its device (<see cref="Of"/>).</exception>
    public string ExportSecret() => Bech32.Encode(Kem.IdentityPrefix(Recipient.Kind), Secret.Span);

    /// <summary>Writes an identity file that only its owner can read (mode 0600), with the recipient as a comment. Nothing is overwritten.</summary>
    /// <param name="path">A file that does not exist.</param>
    /// <param name="passphrase">Locks the identity: 1 to 1,024 bytes of UTF-8; whoever forgets it has lost the identity. Takes about half a second and 256 MiB of memory. Empty (the default) for none.</param>
    /// <exception cref="ArgumentException">The passphrase is too long, or not text.</exception>
    /// <exception cref="InvalidOperationException">The key stays in its device (<see cref="Of"/>).</exception>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    public void Save(string path, ReadOnlySpan<char> passphrase = default) =>
        KeyFile.Create(path, $"# recipient: {Recipient}\n{(passphrase.IsEmpty ? ExportSecret() : Lock(passphrase))}\n");

    /// <summary>Wipes the secret; a key in a device is left as it is.</summary>
    public void Dispose() => _secret?.Dispose();

    /// <summary>The type's name: never the key.</summary>
    public override string ToString() => nameof(Identity);

    internal static Identity Parse(ReadOnlySpan<char> text, ReadOnlySpan<byte> passphrase = default)
    {
        StanzaKind kind = Kem.KindOf(text);
        Span<byte> secret = stackalloc byte[Kem.SecretSize];
        try
        {
            if (LockedIdentity.Is(text))
            {
                Unlock(text, passphrase, secret);
            }
            else if (!Bech32.TryDecode(text, Kem.IdentityPrefix(kind), secret))
            {
                throw KeyText.Refused(text, Kem.IdentityPrefix(kind));
            }

            return FromSecret(kind, secret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>Unwraps what was wrapped to <see cref="Recipient"/>.</summary>
    /// <returns>False for what was wrapped to somebody else, or altered.</returns>
    /// <exception cref="CallRecordingException">The device does not do it.</exception>
    internal bool TryUnwrap(ReadOnlySpan<byte> info, ReadOnlySpan<byte> wrapped, Span<byte> key)
    {
        StanzaKind kind = Recipient.Kind;
        Span<byte> shared = stackalloc byte[Kem.SharedSecretSize];
        try
        {
            return wrapped.Length == Kem.WrappedSize(kind) && TryDecapsulate(wrapped[..Kem.EncSize(kind)], shared)
                && Hpke.TryUnwrap(kind, shared, info, wrapped, key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
        }
    }

    private SecretBytes Secret => _secret ?? throw new InvalidOperationException("The identity's private key stays in its device, and cannot be exported.");

    private static Identity FromSecret(StanzaKind kind, Span<byte> secret)
    {
        Span<byte> publicKey = stackalloc byte[Kem.PublicKeySize(kind)];
        try
        {
            return Kem.TryPublicKey(kind, secret, publicKey)
                ? new Identity(new Recipient(kind, publicKey), new SecretBytes(secret), null)
                : throw new FormatException("The identity's bytes are not a private key of P-256.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private static void Unlock(ReadOnlySpan<char> text, ReadOnlySpan<byte> passphrase, Span<byte> secret)
    {
        if (passphrase.IsEmpty)
        {
            throw new PassphraseException("The identity is locked with a passphrase, and none was given.");
        }

        LockedIdentity.Unlock(text, passphrase, secret);
    }

    private bool TryDecapsulate(ReadOnlySpan<byte> enc, Span<byte> shared)
    {
        if (_device is null)
        {
            return Kem.TryDecapsulate(Recipient.Kind, Secret.Span, Recipient.PublicKey, enc, shared);
        }

        try
        {
            lock (_deviceGate)
            {
                return P256.TryDecapsulate(_device, Recipient.PublicKey, enc, shared);
            }
        }
        catch (Exception e) when (IsDeviceFault(e))
        {
            // Not the same as a key that does not fit: the next recording would fail, too.
            throw new CallRecordingException($"The device with the private key of {Recipient} does not do the key agreement: {e.Message}", e);
        }
    }

    private static bool IsDeviceFault(Exception e) => e is CryptographicException or NotSupportedException or NotImplementedException;

    private string Lock(ReadOnlySpan<char> passphrase)
    {
        byte[] given = LockedIdentity.Encode(passphrase);
        try
        {
            return LockedIdentity.Lock(Recipient.Kind, Secret.Span, given);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(given);
        }
    }
}
