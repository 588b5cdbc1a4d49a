using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>
/// Gives libsodium, and with it everything that the library draws at random, a stream that begins anew in every process with the same seed: what a virtual
/// machine sees whose snapshot is started twice. For a process of its own only: it cannot be taken back.
/// </summary>
internal static unsafe partial class ReplayedRandomness
{
    private static readonly Lock Gate = new();
    private static ulong _state;

    public static void Begin(int seed)
    {
        _state = unchecked(((ulong)(uint)seed * 2) + 1);
        Implementation* implementation = (Implementation*)NativeMemory.AllocZeroed((nuint)sizeof(Implementation));
        implementation->Name = &Name;
        implementation->Random = &Next;
        implementation->Fill = &Fill;
        if (randombytes_set_implementation(implementation) != 0)
        {
            throw new InvalidOperationException("libsodium kept its own randomness.");
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* Name() => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference("replayed"u8));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static uint Next()
    {
        uint value;
        Take(new Span<byte>(&value, sizeof(uint)));
        return value;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Fill(void* buffer, nuint size) => Take(new Span<byte>(buffer, (int)size));

    private static void Take(Span<byte> bytes)
    {
        lock (Gate)
        {
            foreach (ref byte b in bytes)
            {
                _state ^= _state << 13;
                _state ^= _state >> 7;
                _state ^= _state << 17;
                b = unchecked((byte)(_state >> 32));
            }
        }
    }

    [LibraryImport("libsodium")]
    private static partial int randombytes_set_implementation(Implementation* implementation);

    // struct randombytes_implementation of libsodium's randombytes.h. What is null is not called, or done with Fill.
    [StructLayout(LayoutKind.Sequential)]
    private struct Implementation
    {
        public delegate* unmanaged[Cdecl]<byte*> Name;
        public delegate* unmanaged[Cdecl]<uint> Random;
        public nint Stir;
        public nint Uniform;
        public delegate* unmanaged[Cdecl]<void*, nuint, void> Fill;
        public nint Close;
    }
}
