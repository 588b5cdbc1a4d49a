using System.Runtime.InteropServices;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>Secret bytes outside the garbage collector's reach: locked as far as the system allows, not in core dumps, wiped on disposal.</summary>
internal sealed unsafe class SecretBytes : IDisposable
{
    private const int Page = 4096;
    private readonly nuint _reserved;
    private byte* _address;

    public SecretBytes(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        Length = length;
        _reserved = ((nuint)length + Page - 1) / Page * Page;
        _address = (byte*)NativeMemory.AlignedAlloc(_reserved, Page);
        NativeMemory.Clear(_address, _reserved);
        // Excludes the pages from core dumps, too, even where the lock is refused.
        IsLocked = Sodium.sodium_mlock(_address, _reserved) == 0;
    }

    public SecretBytes(ReadOnlySpan<byte> bytes)
        : this(bytes.Length) => bytes.CopyTo(Span);

    ~SecretBytes() => Free();

    public int Length { get; }

    public bool IsLocked { get; }

    public Span<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_address == null, this);
            return new Span<byte>(_address, Length);
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    public override string ToString() => nameof(SecretBytes);

    private void Free()
    {
        if (_address != null)
        {
            // Wipes first, then unlocks; wiped again here for the case that the lock was refused.
            _ = Sodium.sodium_munlock(_address, _reserved);
            NativeMemory.Clear(_address, _reserved);
            NativeMemory.AlignedFree(_address);
            _address = null;
        }
    }
}
