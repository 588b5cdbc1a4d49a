using System.Buffers;
using System.Security.Cryptography;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls.Tests;

public class SealingTests
{
    private static readonly byte[] Key = SHA256.HashData("key"u8);

    public static TheoryData<Suite> Suites => [Suite.Aes256Gcm, Suite.Aegis256];

    [Theory]
    [MemberData(nameof(Suites))]
    public void TryOpen_OfSealed_GivesTheMessage(Suite suite)
    {
        foreach (int size in new[] { 0, 1, 31, 32, 33, 4_096 })
        {
            byte[] message = RandomNumberGenerator.GetBytes(size), opened = new byte[size];
            byte[] stored = Sealing.Seal(suite, Key, message);
            Assert.Equal(size + Format.Overhead(suite), stored.Length);
            Assert.True(Sealing.TryOpen(suite, Key, stored, opened));
            Assert.Equal(message, opened);
        }
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void TryOpen_WithAnyBitFlipped_ReleasesNothing(Suite suite)
    {
        byte[] stored = Sealing.Seal(suite, Key, "sixteen bytes .."u8), opened = new byte[16];
        for (int bit = 0; bit < stored.Length * 8; bit++)
        {
            stored[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Sealing.TryOpen(suite, Key, stored, opened));
            Assert.Equal(new byte[16], opened);
            stored[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void TryOpen_OfAnotherLengthOrKey_ReleasesNothing(Suite suite)
    {
        byte[] stored = Sealing.Seal(suite, Key, "sixteen bytes .."u8), opened = new byte[16];
        Assert.False(Sealing.TryOpen(suite, new byte[32], stored, opened));
        Assert.False(Sealing.TryOpen(suite, Key, stored.AsSpan(1), opened));
        Assert.False(Sealing.TryOpen(suite, Key, [.. stored, 0], opened));
        Assert.False(Sealing.TryOpen(suite, Key, stored, new byte[15]));
        Assert.False(Sealing.TryOpen(suite, Key, [], opened));
        Assert.False(Sealing.TryOpen(suite, Key, new byte[Format.Overhead(suite) - 1], []));
        Assert.Equal(new byte[16], opened);
    }

    // Whoever holds a key can make a ciphertext whose tag is right and whose zeros are not: one that opens under two keys is such a one.
    [Theory]
    [MemberData(nameof(Suites))]
    public void TryOpen_WithoutTheZeros_ReleasesNothing(Suite suite)
    {
        int nonce = Format.NonceSize(suite);
        for (int wrong = 0; wrong <= 32; wrong++)
        {
            byte[] plain = [.. new byte[32], .. "sixteen bytes .."u8];
            byte[] stored = new byte[plain.Length + nonce + Format.TagSize(suite)];
            if (wrong < 32)
            {
                plain[wrong] = 0x80;
            }

            Aead.Encrypt(suite, Key, stored.AsSpan(0, nonce), plain, stored.AsSpan(nonce, plain.Length), stored.AsSpan(nonce + plain.Length));
            byte[] opened = new byte[16];
            Assert.Equal(wrong == 32, Sealing.TryOpen(suite, Key, stored, opened));
            Assert.Equal(wrong == 32 ? plain[32..] : new byte[16], opened);
        }
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void Seal_OfTheSameMessage_NeverGivesTheSameNonce(Suite suite)
    {
        HashSet<string> nonces = [];
        for (int i = 0; i < 10_000; i++)
        {
            Assert.True(nonces.Add(Convert.ToHexString(Sealing.Seal(suite, Key, [1]).AsSpan(0, Format.NonceSize(suite)))));
        }
    }

    // The nonce is taken anew inside of the call: what a caller left in the buffer has no part in it.
    [Theory]
    [MemberData(nameof(Suites))]
    public void SealInPlace_OfTheSameBuffer_TakesANewNonce(Suite suite)
    {
        byte[] first = new byte[Format.Overhead(suite) + 1];
        byte[] second = new byte[first.Length];
        Sealing.SealInPlace(suite, Key, first);
        Sealing.SealInPlace(suite, Key, second);
        Assert.NotEqual(first[..Format.NonceSize(suite)], second[..Format.NonceSize(suite)]);
        Assert.NotEqual(first, second);
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void TryOpen_OfGoodAndBad_LeavesNothingInThePool(Suite suite)
    {
        byte[] message = [.. Enumerable.Repeat((byte)0xa5, 900)], opened = new byte[900];
        byte[] stored = Sealing.Seal(suite, Key, message);
        Assert.True(Sealing.TryOpen(suite, Key, stored, opened));
        AssertPoolIsWiped(932);
        stored[^1] ^= 1;
        Assert.False(Sealing.TryOpen(suite, Key, stored, opened));
        AssertPoolIsWiped(932);
    }

    [Fact]
    public void Open_OfAChunk_LeavesNothingInThePool()
    {
        using TestKeys keys = new();
        TestRecording recording = TestRecording.Small(keys, 1);
        using RecordingKeys opened = recording.OpenKeys();
        ChunkOpener opener = new(recording.ParsedHeader, opened);
        Assert.Single(opener.Open(0, recording.Chunks[0])!.Frames.Audio());
        AssertPoolIsWiped(recording.ParsedHeader.PayloadSize);
    }

    // The pool gives a thread what it returned last.
    private static void AssertPoolIsWiped(int size)
    {
        byte[] last = ArrayPool<byte>.Shared.Rent(size);
        Assert.True(last.AsSpan(0, size).IndexOfAnyExcept((byte)0) < 0);
        ArrayPool<byte>.Shared.Return(last);
    }
}
