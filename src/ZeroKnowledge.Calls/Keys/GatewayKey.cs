namespace ZeroKnowledge.Calls;

/// <summary>The secret Ed25519 key of a gateway, which signs headers and recoveries, and nothing else. Derive from it to sign in hardware. Thread-safe, except that it must not be disposed while in use.</summary>
public abstract class GatewayKey : LongLivedKey
{
    /// <summary>For a key in hardware.</summary>
    protected GatewayKey()
        : base(TrustedKeyKind.Gateway)
    {
    }

    /// <summary>Makes a new key from the operating system's randomness.</summary>
    public static GatewayKey Generate() => new Software(SoftwareKey.Generate(TrustedKeyKind.Gateway));

    /// <summary>Reads a secret key's string, <c>ZKC-GATEWAY-KEY-1…</c> (docs/FORMAT.md, section 10).</summary>
    /// <param name="text">The string, in upper case.</param>
    /// <exception cref="FormatException"><paramref name="text"/> is anything else; the message does not repeat it.</exception>
    public static GatewayKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new Software(SoftwareKey.Parse(TrustedKeyKind.Gateway, text));
    }

    /// <summary>Reads a file that holds one secret key and perhaps comments, of at most 1,048,576 bytes (docs/FORMAT.md, sections 1 and 10).</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FormatException">The file holds something else; the message names file and line.</exception>
    /// <exception cref="IOException">The file cannot be read; <see cref="UnauthorizedAccessException"/> if that is not allowed.</exception>
    public static GatewayKey Load(string path) => new Software(SoftwareKey.Load(TrustedKeyKind.Gateway, path));

    private sealed class Software(SoftwareKey key) : GatewayKey
    {
        public override VerifyKey PublicKey => key.PublicKey;

        public override string ExportSecret() => key.ExportSecret();

        public override void Save(string path) => key.Save(path);

        protected internal override void Sign(ReadOnlySpan<byte> message, Span<byte> signature) => key.Sign(message, signature);

        protected override void Dispose(bool disposing)
        {
            key.Dispose();
            base.Dispose(disposing);
        }
    }
}
