using System.Runtime.InteropServices;
using System.Security.Cryptography;
using NSec.Cryptography;

namespace ZeroKnowledge.Calls;

// An Ed25519 key in NSec's guarded memory. NSec makes an operating-system object of every key: right for the handful of
// long-lived keys of a process, wrong for the key of a recording.
internal sealed class SoftwareKey : IDisposable
{
    private const int SeedSize = 32;

    private readonly Key _key;
    private readonly TrustedKeyKind _kind;

    private SoftwareKey(Key key, TrustedKeyKind kind)
    {
        _key = key;
        _kind = kind;
        PublicKey = new VerifyKey(key.Export(KeyBlobFormat.RawPublicKey));
    }

    public VerifyKey PublicKey { get; }

    public static SoftwareKey Generate(TrustedKeyKind kind) => new(Key.Create(SignatureAlgorithm.Ed25519, Exportable), kind);

    public static SoftwareKey Parse(TrustedKeyKind kind, ReadOnlySpan<char> text)
    {
        Span<byte> seed = stackalloc byte[SeedSize];
        try
        {
            KeyText.ParseSecret(kind, text, seed);
            return new SoftwareKey(Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey, Exportable), kind);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    public static SoftwareKey Load(TrustedKeyKind kind, string path)
    {
        SoftwareKey? key = null;
        try
        {
            KeyFile.LoadSecret(path, line =>
            {
                if (key is not null)
                {
                    throw new FormatException("The file holds a second key; one is expected.");
                }

                key = Parse(kind, line);
            });
            return key ?? throw new FormatException($"{path}: The file holds no key; one {KeyText.SecretPrefix(kind)}1… string is expected.");
        }
        catch
        {
            key?.Dispose();
            throw;
        }
    }

    public void Sign(ReadOnlySpan<byte> message, Span<byte> signature) => SignatureAlgorithm.Ed25519.Sign(_key, message, signature);

    public string ExportSecret()
    {
        byte[] seed = _key.Export(KeyBlobFormat.RawPrivateKey);
        try
        {
            return Bech32.Encode(KeyText.SecretPrefix(_kind), seed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    public void Save(string path)
    {
        string head = $"# public key: {PublicKey.ToString(_kind)}\n";
        string prefix = KeyText.SecretPrefix(_kind);
        byte[] seed = _key.Export(KeyBlobFormat.RawPrivateKey);
        char[] text = new char[head.Length + Bech32.EncodedLength(prefix.Length, SeedSize) + 1];
        try
        {
            head.CopyTo(text);
            Bech32.Encode(prefix, seed, text.AsSpan(head.Length));
            text[^1] = '\n';
            KeyFile.Create(path, text);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(text.AsSpan()));
        }
    }

    public void Dispose() => _key.Dispose();

    private static KeyCreationParameters Exportable => new() { ExportPolicy = KeyExportPolicies.AllowPlaintextExport };
}
