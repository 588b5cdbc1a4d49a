using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace ZeroKnowledge.Calls.Tests;

public class RangeProofTests
{
    private const int H = 32;

    [Fact]
    public void TryVerify_OfEveryRangeUpTo33_IsTrueAndNothingElseIs()
    {
        for (int n = 1; n <= 33; n++)
        {
            byte[] leaves = Leaves(n);
            byte[] root = Root(leaves);
            for (int first = 0; first < n; first++)
            {
                for (int end = first + 1; end <= n; end++)
                {
                    byte[] proof = RangeProof.Create(leaves, first, end);
                    byte[] range = leaves[(first * H)..(end * H)];
                    Assert.Equal(Walk(leaves, first, end), proof);
                    Assert.Equal(proof.Length / H, RangeProof.Count(n, first, end));
                    Assert.True(proof.Length <= RangeProof.MaxHashes * H);
                    Assert.True(RangeProof.TryVerify(n, first, range, proof, root), $"[{first}, {end}) of {n}");
                    AssertNothingElseVerifies(n, first, range, proof, root);
                }
            }
        }
    }

    [Property(MaxTest = 200)]
    public Property TryVerify_OfLargerTrees_IsTrue() => Prop.ForAll(Ranges().ToArbitrary(), r =>
    {
        byte[] leaves = Leaves(r.N);
        byte[] proof = RangeProof.Create(leaves, r.First, r.End);
        byte[] again = RangeProof.Create(r.N, r.First, r.End, (low, high, hash) => MerkleTree.Root(leaves.AsSpan(low * H, (high - low) * H), hash));
        byte[] range = leaves[(r.First * H)..(r.End * H)];
        byte[] root = Root(leaves);
        bool good = RangeProof.TryVerify(r.N, r.First, range, proof, root);
        AssertNothingElseVerifies(r.N, r.First, range, proof, root);
        return good && proof.SequenceEqual(again) && proof.SequenceEqual(Walk(leaves, r.First, r.End));
    });

    // No tree of this size is built: the subtree's hash is its own limits.
    [Property(MaxTest = 500)]
    public Property Create_OfTheLargestTrees_HasAtMost48HashesInOrder() => Prop.ForAll(Ranges(RangeSizes.Largest).ToArbitrary(), r =>
    {
        int end = -1;
        int calls = 0;
        byte[] proof = RangeProof.Create(r.N, r.First, r.End, (low, high, _) =>
        {
            Assert.True(low > end - 1 && high > low && (high <= r.First || low >= r.End));
            end = high;
            calls++;
        });
        return proof.Length == calls * H && calls <= RangeProof.MaxHashes && calls == RangeProof.Count(r.N, r.First, r.End);
    });

    [Fact]
    public void TryVerify_OfBadArguments_IsFalse()
    {
        byte[] leaves = Leaves(5);
        byte[] root = Root(leaves);
        byte[] proof = RangeProof.Create(leaves, 2, 4);
        byte[] range = leaves[(2 * H)..(4 * H)];
        Assert.True(RangeProof.TryVerify(5, 2, range, proof, root));
        Assert.False(RangeProof.TryVerify(0, 0, [], [], MerkleTree.EmptyRoot));
        Assert.False(RangeProof.TryVerify(5, 2, [], proof, root));
        Assert.False(RangeProof.TryVerify(-5, 2, range, proof, root));
        Assert.False(RangeProof.TryVerify(int.MaxValue, int.MaxValue, range, proof, root));
        Assert.False(RangeProof.TryVerify(5, int.MinValue, range, proof, root));
        Assert.False(RangeProof.TryVerify(5, 4, range, proof, root));
        Assert.False(RangeProof.TryVerify(5, 2, range.AsSpan(1), proof, root));
        Assert.False(RangeProof.TryVerify(5, 2, range, proof.AsSpan(1), root));
        Assert.False(RangeProof.TryVerify(5, 2, range, proof, root.AsSpan(1)));
        Assert.False(RangeProof.TryVerify((1 << 24) + 1, 2, range, proof, root));
        Assert.False(RangeProof.TryVerify(5, 2, range, new byte[4096 * H], root));
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(5, -1, 1)]
    [InlineData(5, 2, 2)]
    [InlineData(5, 3, 2)]
    [InlineData(5, 3, 6)]
    [InlineData((1 << 24) + 1, 0, 1)]
    public void Create_OfNoRange_Throws(int treeSize, int first, int end)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => RangeProof.Create(treeSize, first, end, (_, _, _) => { }));
        Assert.Throws<ArgumentOutOfRangeException>(() => RangeProof.Count(treeSize, first, end));
    }

    private static void AssertNothingElseVerifies(int n, int first, byte[] range, byte[] proof, byte[] root)
    {
        for (int hash = 0; hash < proof.Length / H; hash++)
        {
            byte[] flipped = [.. proof];
            flipped[(hash * H) + (hash % H)] ^= 0x10;
            Assert.False(RangeProof.TryVerify(n, first, range, flipped, root));
            Assert.False(RangeProof.TryVerify(n, first, range, [.. proof[..(hash * H)], .. proof[((hash + 1) * H)..]], root));
            if (hash > 0)
            {
                byte[] swapped = [.. proof[..((hash - 1) * H)], .. proof[(hash * H)..((hash + 1) * H)], .. proof[((hash - 1) * H)..(hash * H)], .. proof[((hash + 1) * H)..]];
                Assert.False(RangeProof.TryVerify(n, first, range, swapped, root));
            }
        }

        Assert.False(RangeProof.TryVerify(n, first, range, [.. proof, .. root], root));
        Assert.False(RangeProof.TryVerify(n, first, range, [.. root, .. proof], root));
        Assert.False(RangeProof.TryVerify(n, first + 1, range, proof, root));
        Assert.False(RangeProof.TryVerify(n, first - 1, range, proof, root));
        byte[] other = [.. range];
        other[^1] ^= 1;
        Assert.False(RangeProof.TryVerify(n, first, other, proof, root));
        byte[] otherRoot = [.. root];
        otherRoot[0] ^= 1;
        Assert.False(RangeProof.TryVerify(n, first, range, proof, otherRoot));
        // A chunk more, also one beyond the end of the tree.
        Assert.False(RangeProof.TryVerify(n, first, [.. range, .. range[^H..]], proof, root));
        if (range.Length > H)
        {
            Assert.False(RangeProof.TryVerify(n, first, range.AsSpan(H), proof, root));
            Assert.False(RangeProof.TryVerify(n, first, range.AsSpan(0, range.Length - H), proof, root));
        }
    }

    // The specification's walk, written a second time, naively.
    private static byte[] Walk(byte[] leaves, int first, int end)
    {
        var emitted = new List<byte>();
        Step(0, leaves.Length / H);
        return [.. emitted];

        void Step(int low, int high)
        {
            if (!Enumerable.Range(low, high - low).Any(i => i >= first && i < end))
            {
                emitted.AddRange(NaiveTree.Root(leaves.AsSpan(low * H, (high - low) * H)));
            }
            else if (low < first || high > end)
            {
                int k = 1;
                while (k * 2 < high - low)
                {
                    k *= 2;
                }

                Step(low, low + k);
                Step(low + k, high);
            }
        }
    }

    private static byte[] Leaves(int count)
    {
        byte[] hashes = new byte[count * H];
        for (int i = 0; i < count; i++)
        {
            MerkleTree.LeafHash(BitConverter.GetBytes(i), hashes.AsSpan(i * H, H));
        }

        return hashes;
    }

    private static byte[] Root(byte[] leaves)
    {
        byte[] root = new byte[H];
        MerkleTree.Root(leaves, root);
        return root;
    }

    private static Gen<(int N, int First, int End)> Ranges(RangeSizes sizes = RangeSizes.Larger) =>
        from n in sizes == RangeSizes.Larger ? Gen.Choose(34, 700) : Gen.Frequency((3, Gen.Choose(1, 1 << 24)), (1, Gen.Choose((1 << 24) - 2, 1 << 24)))
        from first in Gen.Choose(0, n - 1)
        from end in Gen.OneOf(Gen.Choose(first + 1, n), Gen.Choose(first + 1, Math.Min(n, first + 4)))
        select (n, first, end);

    private enum RangeSizes
    {
        Larger,
        Largest,
    }
}
