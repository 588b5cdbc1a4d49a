using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>What gateway, owner and archive keys have in common: a secret Ed25519 key (RFC 8032) that signs. Thread-safe, except that it must not be disposed while in use.</summary>
public abstract class LongLivedKey : IDisposable
{
    private protected LongLivedKey(TrustedKeyKind kind) => Kind = kind;

    /// <summary>What the key may sign.</summary>
    public TrustedKeyKind Kind { get; }

    /// <summary>The public half, for trust lists; available after disposal too.</summary>
    public abstract VerifyKey PublicKey { get; }

    /// <summary>Signs a message.</summary>
    /// <param name="message">The message, of any length.</param>
    /// <param name="signature">Exactly 64 bytes, which are overwritten.</param>
    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    protected internal abstract void Sign(ReadOnlySpan<byte> message, Span<byte> signature);

    /// <summary>The secret key's string (docs/FORMAT.md, section 10). A string cannot be wiped: prefer <see cref="Save"/>.</summary>
    /// <exception cref="NotSupportedException">The key is in hardware that does not release it.</exception>
    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    public virtual string ExportSecret() => throw NotExportable();

    /// <summary>Writes the secret key to a new file that only its owner may read and write (mode 0600; on Windows the directory's rules), and syncs it.</summary>
    /// <param name="path">A file that does not exist yet: a key is never overwritten.</param>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    /// <exception cref="NotSupportedException">The key is in hardware that does not release it.</exception>
    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    public virtual void Save(string path) => throw NotExportable();

    /// <summary>Wipes the secret key.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The type's name, never the key.</summary>
    public sealed override string ToString() => $"{Kind}Key";

    /// <summary>Wipes the secret key.</summary>
    /// <param name="disposing">False when called by a finalizer.</param>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Signs, and checks the signature: one that was computed wrongly would be refused by every reader, and can betray an Ed25519 key.</summary>
    internal void SignChecked(ReadOnlySpan<byte> message, Span<byte> signature)
    {
        Sign(message, signature);
        if (!Ed25519.Verify(PublicKey.Span, message, signature))
        {
            signature.Clear();
            throw new CallRecordingException($"The {Kind}Key {PublicKey.ToString(Kind)} made a signature that does not verify. Check the hardware that holds it.");
        }
    }

    private NotSupportedException NotExportable() => new($"The secret of this {Kind}Key cannot be exported.");
}
