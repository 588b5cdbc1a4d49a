using FsCheck.Xunit;

namespace ZeroKnowledge.Calls.Tests;

public class KeyNodeTests
{
    [Property(MaxTest = 500)]
    public void Cover_OfAnyRange_IsExactAndMinimal(uint a, uint b)
    {
        int x = Spread(a), y = Spread(b);
        AssertCovers(Math.Min(x, y), Math.Max(x, y));
    }

    [Fact]
    public void Cover_OfEveryRangeNearACorner_IsExactAndMinimal()
    {
        int[] corners = [0, 4, 16, 64, 4_096, Format.MaxChunks / 4, Format.MaxChunks];
        int[] near = [.. corners.SelectMany(corner => Enumerable.Range(corner - 2, 5)).Where(i => i is >= 0 and <= Format.MaxChunks).Distinct()];
        foreach (int first in near)
        {
            foreach (int end in near.Where(end => end >= first))
            {
                AssertCovers(first, end);
            }
        }
    }

    // Of a small tree every set of leaves has exactly one cover that IsMinimal accepts: the smallest.
    [Fact]
    public void IsMinimal_OfAllListsThatCoverARange_HoldsForTheCoverOnly()
    {
        for (int first = 0; first < 16; first++)
        {
            for (int end = first + 1; end <= 16; end++)
            {
                List<List<KeyNode>> lists = ListsOver(first, end);
                KeyNode[][] minimal = [.. lists.Select(list => list.ToArray()).Where(list => KeyNode.IsMinimal(list))];
                Assert.Equal([.. KeyNode.Cover(first, end)], Assert.Single(minimal));
                Assert.Equal(lists.Min(list => list.Count), minimal[0].Length);
            }
        }
    }

    [Fact]
    public void IsMinimal_OfWhatIsNotOne_IsFalse()
    {
        KeyNode leaf = new(12, 5);
        Assert.True(KeyNode.IsMinimal([leaf]));
        Assert.False(KeyNode.IsMinimal([leaf, leaf]));
        Assert.False(KeyNode.IsMinimal([new(12, 6), leaf]));
        Assert.False(KeyNode.IsMinimal([new(11, 1), leaf]));
        Assert.False(KeyNode.IsMinimal([leaf, new(11, 1)]));
        Assert.False(KeyNode.IsMinimal([new(12, 4), leaf, new(12, 6), new(12, 7)]));
        Assert.True(KeyNode.IsMinimal([leaf, new(12, 6), new(12, 7), new(12, 8)]));
        Assert.True(KeyNode.IsMinimal([new(0, 0)]));
        Assert.False(KeyNode.IsMinimal([new(0, 0), new(12, 1)]));
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(13, 0)]
    [InlineData(255, 0)]
    [InlineData(0, 1)]
    [InlineData(1, 4)]
    [InlineData(12, 16_777_216)]
    [InlineData(12, -1)]
    [InlineData(3, int.MinValue)]
    public void IsMinimal_OfANameThatDoesNotExist_IsFalse(int level, int index) => Assert.False(KeyNode.IsMinimal([new(level, index)]));

    [Fact]
    public void Cover_BeyondTheTree_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => KeyNode.Cover(-1, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => KeyNode.Cover(0, Format.MaxChunks + 1));
        Assert.Empty(KeyNode.Cover(7, 7));
    }

    private static int Spread(uint random) => (int)((ulong)unchecked(random * 2_654_435_761u) * (Format.MaxChunks + 1UL) >> 32);

    private static void AssertCovers(int first, int end)
    {
        List<KeyNode> cover = KeyNode.Cover(first, end);
        Assert.True(KeyNode.IsMinimal(cover.ToArray()));
        Assert.True(cover.Count <= 72);
        int next = first;
        foreach (KeyNode node in cover)
        {
            Assert.Equal(next, node.First);
            next = node.End;
        }

        Assert.Equal(end, next);
    }

    private static List<List<KeyNode>> ListsOver(int first, int end)
    {
        if (first == end)
        {
            return [[]];
        }

        List<List<KeyNode>> lists = [];
        foreach (int level in new[] { 10, 11, 12 })
        {
            KeyNode node = KeyNode.On(level, first);
            if (node.First == first && node.End <= end)
            {
                lists.AddRange(ListsOver(node.End, end).Select(rest => (List<KeyNode>)[node, .. rest]));
            }
        }

        return lists;
    }
}
