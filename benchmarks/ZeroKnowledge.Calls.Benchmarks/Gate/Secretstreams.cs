using System.Runtime.InteropServices;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>libsodium's crypto_secretstream_xchacha20poly1305, of the library that NSec brings.</summary>
internal static unsafe partial class Secretstreams
{
    /// <summary>sizeof(crypto_secretstream_xchacha20poly1305_state): key 32, nonce 12, padding 8.</summary>
    public const int StateSize = 52;

    private const int HeaderSize = 24;
    private const int Overhead = 17;

    public static void Begin(Span<byte> state, ReadOnlySpan<byte> key)
    {
        byte* header = stackalloc byte[HeaderSize];
        fixed (byte* s = state, k = key)
        {
            _ = crypto_secretstream_xchacha20poly1305_init_push(s, header, k);
        }
    }

    /// <returns>Bytes of the ciphertext.</returns>
    public static int Push(Span<byte> state, ReadOnlySpan<byte> message, Span<byte> ciphertext)
    {
        fixed (byte* s = state, m = message, c = ciphertext)
        {
            _ = crypto_secretstream_xchacha20poly1305_push(s, c, null, m, (ulong)message.Length, null, 0, 0);
        }

        return message.Length + Overhead;
    }

    [LibraryImport("libsodium")]
    private static partial int crypto_secretstream_xchacha20poly1305_init_push(byte* state, byte* header, byte* k);

    [LibraryImport("libsodium")]
    private static partial int crypto_secretstream_xchacha20poly1305_push(byte* state, byte* c, ulong* clen, byte* m, ulong mlen, byte* ad, ulong adlen, byte tag);
}
