namespace ZeroKnowledge.Calls;

/// <summary>The secret Ed25519 key of a owner, which signs grants and erasure certificates. Derive from it to sign in hardware. Thread-safe, except that it must not be disposed while in use.</summary>
public abstract class OwnerKey : LongLivedKey
{
    /// <summary>For a key in hardware.</summary>
    protected OwnerKey()
        : base(TrustedKeyKind.Owner)
    {
    }

    /// <summary>Makes a new key from the operating system's randomness.</summary>
    public static OwnerKey Generate() => new Software(SoftwareKey.Generate(TrustedKeyKind.Owner));

    /// <summary>Reads a secret key's string, <c>ZKC-OWNER-KEY-1…</c> (docs/FORMAT.md, section 10).</summary>
    /// <param name="text">The string, in upper case.</param>
    /// <exception cref="FormatException"><paramref name="text"/> is anything else; the message does not repeat it.</exception>
    public static OwnerKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new Software(SoftwareKey.Parse(TrustedKeyKind.Owner, text));
    }

    /// <summary>Reads a file that holds one secret key and perhaps comments, of at most 1,048,576 bytes (docs/FORMAT.md, sections 1 and 10).</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FormatException">The file holds something else; the message names file and line.</exception>
    /// <exception cref="IOException">The file cannot be read; <see cref="UnauthorizedAccessException"/> if that is not allowed.</exception>
    public static OwnerKey Load(string path) => new Software(SoftwareKey.Load(TrustedKeyKind.Owner, path));

    private sealed class Software(SoftwareKey key) : OwnerKey
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
