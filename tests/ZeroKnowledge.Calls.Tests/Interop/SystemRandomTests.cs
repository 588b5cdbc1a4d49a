using System.Buffers.Binary;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls.Tests;

public class SystemRandomTests
{
    [Theory]
    [InlineData(12)]
    [InlineData(32)]
    public void FillNonce_AMillionTimes_GivesNoNonceTwice(int size)
    {
        const int Count = 1_000_000;
        byte[] nonces = new byte[Count * size];
        for (int i = 0; i < Count; i++)
        {
            SystemRandom.FillNonce(nonces.AsSpan(i * size, size));
        }

        // Already 96 bits of a nonce differ; of no two of a million are even 64 the same, but for one in 36 million times.
        HashSet<UInt128> seen = new(Count);
        for (int i = 0; i < Count; i++)
        {
            ReadOnlySpan<byte> nonce = nonces.AsSpan(i * size, size);
            Assert.True(seen.Add(new UInt128(BinaryPrimitives.ReadUInt32BigEndian(nonce[8..]), BinaryPrimitives.ReadUInt64BigEndian(nonce))));
        }
    }

    // Nonces of a copied process, whose random bytes are those of the original: the clock alone makes them differ.
    [Fact]
    public void MixClock_OfTheSameRandomBytes_DiffersByTheTime()
    {
        byte[] first = new byte[12], second = new byte[12];
        ulong before = Now();
        SystemRandom.MixClock(first);
        Thread.Sleep(2);
        SystemRandom.MixClock(second);
        ulong after = Now();

        ulong a = BinaryPrimitives.ReadUInt64BigEndian(first), b = BinaryPrimitives.ReadUInt64BigEndian(second);
        Assert.InRange(a, before, after);
        Assert.InRange(b, a + 1_000_000, after);
        Assert.Equal(new byte[4], first[8..]);
    }

    [Fact]
    public void FillNonce_Always_ChangesEveryByte()
    {
        byte[] seen = new byte[32];
        byte[] nonce = new byte[32];
        for (int i = 0; i < 64; i++)
        {
            nonce.AsSpan().Clear();
            SystemRandom.FillNonce(nonce);
            for (int at = 0; at < nonce.Length; at++)
            {
                seen[at] |= nonce[at];
            }
        }

        Assert.DoesNotContain((byte)0, seen);
    }

    private static ulong Now() => (ulong)(DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
}
