namespace ZeroKnowledge.Calls;

/// <summary>The secret Ed25519 key of an archive, which signs receipts, deletion certificates and archive infos. Derive from it to sign in hardware. Thread-safe, except that it must not be disposed while in use.</summary>
public abstract class ArchiveKey : LongLivedKey
{
    /// <summary>For a key in hardware.</summary>
    protected ArchiveKey()
        : base(TrustedKeyKind.Archive)
    {
    }

    /// <summary>Makes a new key from the operating system's randomness.</summary>
    public static ArchiveKey Generate() => new Software(SoftwareKey.Generate(TrustedKeyKind.Archive));

    /// <summary>Reads a secret key's string, <c>ZKC-ARCHIVE-KEY-1…</c> (docs/FORMAT.md, section 10).</summary>
    /// <param name="text">The string, in upper case.</param>
    /// <exception cref="FormatException"><paramref name="text"/> is anything else; the message does not repeat it.</exception>
    public static ArchiveKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new Software(SoftwareKey.Parse(TrustedKeyKind.Archive, text));
    }

    /// <summary>Reads a file that holds one secret key and perhaps comments, of at most 1,048,576 bytes (docs/FORMAT.md, sections 1 and 10).</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FormatException">The file holds something else; the message names file and line.</exception>
    /// <exception cref="IOException">The file cannot be read; <see cref="UnauthorizedAccessException"/> if that is not allowed.</exception>
    public static ArchiveKey Load(string path) => new Software(SoftwareKey.Load(TrustedKeyKind.Archive, path));

    private sealed class Software(SoftwareKey key) : ArchiveKey
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
