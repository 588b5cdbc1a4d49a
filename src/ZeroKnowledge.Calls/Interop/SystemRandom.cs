using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace ZeroKnowledge.Calls.Interop;

/// <summary>Random bytes from the operating system, by libsodium: unlike a generator in the process, a copied process does not repeat them.</summary>
internal static unsafe class SystemRandom
{
    private const ulong UnixEpochTicks = 621_355_968_000_000_000;

    public static void Fill(Span<byte> destination)
    {
        fixed (byte* bytes = destination)
        {
            Sodium.randombytes_buf(bytes, (nuint)destination.Length);
        }
    }

    /// <summary>
    /// A nonce of 12 or 32 bytes: random, with the real clock (ns since 1970) XORed into its first 8. A virtual machine that
    /// was rolled back may repeat the random bytes and the key; it does not repeat the time.
    /// </summary>
    public static void FillNonce(Span<byte> nonce)
    {
        Fill(nonce);
        MixClock(nonce);
    }

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "Never a TimeProvider: a test's or a caller's clock may stand still.")]
    internal static void MixClock(Span<byte> nonce)
    {
        ulong clock = unchecked(((ulong)DateTime.UtcNow.Ticks - UnixEpochTicks) * 100);
        BinaryPrimitives.WriteUInt64BigEndian(nonce, BinaryPrimitives.ReadUInt64BigEndian(nonce) ^ clock);
    }
}
