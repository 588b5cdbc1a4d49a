using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>The secrets of one running call, in a slab. Used by one thread at a time; disposal wipes and gives the slot back.</summary>
internal sealed class SecretSlot(SecretSlabs owner, int number, SecretBytes slab) : IDisposable
{
    /// <summary>Frontier, closing key, signing key: 1,280 bytes.</summary>
    public const int Size = KeyFrontier.Size + Format.KeySize + Ed25519.SecretKeySize;

    private bool _returned;

    public Span<byte> Frontier => Bytes[..KeyFrontier.Size];

    public Span<byte> ClosingKey => Bytes.Slice(KeyFrontier.Size, Format.KeySize);

    public Span<byte> SigningKey => Bytes[^Ed25519.SecretKeySize..];

    private Span<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_returned, this);
            return SecretSlabs.Slot(slab, number);
        }
    }

    public void Dispose()
    {
        if (!_returned)
        {
            _returned = true;
            owner.Return(number);
        }
    }

    public override string ToString() => nameof(SecretSlot);
}
