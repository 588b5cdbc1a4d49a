using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace ZeroKnowledge.Calls.Tests;

public class MerklePeaksTests
{
    [Fact]
    public void Root_AfterEachAppend_IsThatOfTheTree()
    {
        var peaks = new MerklePeaks();
        byte[] leaves = RandomNumberGenerator.GetBytes(32 * 300);
        byte[] root = new byte[32];
        for (int i = 0; i <= 300; i++)
        {
            peaks.Root(root);
            Assert.Equal(NaiveTree.Root(leaves.AsSpan(0, i * 32)), root);
            Assert.Equal(4 + (32 * BitOperations.PopCount((uint)i)), peaks.Size);
            if (i < 300)
            {
                peaks.Append(leaves.AsSpan(i * 32, 32));
            }
        }
    }

    [Fact]
    public void Clone_AfterFurtherAppends_StaysAsItWas()
    {
        MerklePeaks peaks = Of(11);
        MerklePeaks clone = peaks.Clone();
        byte[] before = clone.ToArray();
        peaks.AppendChunk("x"u8);
        Assert.Equal(before, clone.ToArray());
        Assert.Equal(11, clone.Count);
        clone.AppendChunk("x"u8);
        Assert.Equal(peaks.ToArray(), clone.ToArray());
        peaks.Clear();
        Assert.True(peaks.HasRoot(MerkleTree.EmptyRoot));
        peaks.CopyFrom(clone);
        Assert.Equal(clone.ToArray(), peaks.ToArray());
    }

    [Property]
    public bool TryParse_OfWritten_GoesOnTheSame(NonNegativeInt count)
    {
        MerklePeaks peaks = Of(count.Get);
        Assert.True(MerklePeaks.TryParse(peaks.ToArray(), out MerklePeaks? parsed, out string? error), error);
        peaks.AppendChunk("x"u8);
        parsed.AppendChunk("x"u8);
        byte[] root = new byte[32];
        peaks.Root(root);
        return parsed.HasRoot(root) && parsed.Count == peaks.Count;
    }

    [Property(MaxTest = 1000)]
    public Property TryParse_OfAnything_GivesTheSameBytesOrRefuses() => Prop.ForAll(
        Gen.Zip(Gen.Choose(0, 40), Gen.OneOf(Gen.Choose(0, 7), Gen.Choose(1 << 24, (1 << 24) + 1), Gen.Constant(-1))).ToArbitrary(),
        t =>
        {
            byte[] bytes = new byte[4 + (t.Item1 * 8)];
            BinaryPrimitives.WriteInt32BigEndian(bytes, t.Item2);
            return MerklePeaks.TryParse(bytes, out MerklePeaks? peaks, out string? error) ? peaks.ToArray().SequenceEqual(bytes) : error is not null;
        });

    [Fact]
    public void TryParse_OfWrongLengths_IsRefused()
    {
        byte[] bytes = Of(7).ToArray();
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.False(MerklePeaks.TryParse(bytes.AsSpan(0, length), out _, out string? error));
            Assert.NotNull(error);
        }

        Assert.False(MerklePeaks.TryParse([.. bytes, 0], out _, out _));
        Assert.False(MerklePeaks.TryParse([1, 0, 0, 1, .. new byte[64]], out _, out _));
        Assert.True(MerklePeaks.TryParse([1, 0, 0, 0, .. new byte[32]], out MerklePeaks? full, out _));
        Assert.Throws<InvalidOperationException>(() => full.Append(new byte[32]));
        Assert.True(MerklePeaks.TryParse([0, 0xff, 0xff, 0xff, .. new byte[24 * 32]], out MerklePeaks? last, out _));
        last.Append(new byte[32]);
        Assert.Equal(MerklePeaks.MaxCount, last.Count);
        Assert.Equal(36, last.Size);
    }

    [Fact]
    public void WrongLengths_Throw()
    {
        MerklePeaks peaks = Of(3);
        Assert.Throws<ArgumentException>("leafHash", () => peaks.Append(new byte[31]));
        Assert.Throws<ArgumentException>("destination", () => peaks.Root(new byte[33]));
        Assert.Throws<ArgumentException>("root", () => peaks.HasRoot(new byte[33]));
        Assert.Throws<ArgumentException>("destination", () => peaks.CopyTo(new byte[67]));
        peaks.CopyTo(new byte[68]);
    }

    private static MerklePeaks Of(int count)
    {
        var peaks = new MerklePeaks();
        for (int i = 0; i < count; i++)
        {
            peaks.AppendChunk(BitConverter.GetBytes(i));
        }

        return peaks;
    }
}
