using FsCheck.Xunit;

namespace ZeroKnowledge.Calls.Tests;

public class ChunkRangesTests
{
    [Property(MaxTest = 500)]
    public void SubtractAndUnion_OfAnySets_AreThoseOfTheirChunks(byte[] first, byte[] second)
    {
        List<ChunkRange> a = ChunkRanges.Union(Ranges(first)), b = ChunkRanges.Union(Ranges(second));
        Assert.Equal(Chunks(Ranges(first)), Chunks(a));
        AssertNormal(a);
        List<ChunkRange> rest = ChunkRanges.Subtract(a, b);
        AssertNormal(rest);
        Assert.Equal(Chunks(a).Except(Chunks(b)).Order(), Chunks(rest));
        KeyNode[] nodes = [.. rest.SelectMany(range => KeyNode.Cover(range.First, range.End))];
        Assert.True(KeyNode.IsMinimal(nodes));
        Assert.Equal(rest, ChunkRanges.Of(nodes));
    }

    private static ChunkRange[] Ranges(byte[] bytes) => [.. bytes.Chunk(2).Where(pair => pair.Length == 2).Select(pair => new ChunkRange(pair[0], pair[0] + (pair[1] % 32) + 1))];

    private static int[] Chunks(IEnumerable<ChunkRange> ranges) => [.. ranges.SelectMany(range => Enumerable.Range(range.First, range.Count)).Distinct().Order()];

    private static void AssertNormal(List<ChunkRange> ranges) =>
        Assert.All(ranges.Zip(ranges.Skip(1)), pair => Assert.True(pair.First.End < pair.Second.First && pair.First.Count > 0));
}
