using FsCheck.Xunit;

namespace ZeroKnowledge.Calls.Tests;

public class KeyFrontierTests
{
    [Fact]
    public void Take_OneAfterTheOther_GivesTheKeysOfTheTree()
    {
        byte[] state = Started();
        using RecordingKeys keys = KeyTree.Holding(new KeyNode(0, 0));
        byte[] taken = new byte[32], expected = new byte[32];
        for (int chunk = 0; chunk <= 5_000; chunk++)
        {
            KeyFrontier.Take(state, chunk, taken);
            Assert.True(keys.TryChunkKey(chunk, expected));
            Assert.Equal(expected, taken);
        }
    }

    // Where the path changes most: just before and at every power of four, and at the end of the tree.
    [Theory]
    [InlineData(255)]
    [InlineData(4_095)]
    [InlineData(65_535)]
    [InlineData(1_048_575)]
    [InlineData(12_582_911)]
    [InlineData(16_777_214)]
    public void Take_FromTheMiddle_GivesTheKeysOfTheTree(int first)
    {
        byte[] state = At(first);
        byte[] taken = new byte[32];
        for (int chunk = first; chunk < Math.Min(first + 3, Format.MaxChunks); chunk++)
        {
            KeyFrontier.Take(state, chunk, taken);
            Assert.Equal(KeyTree.ChunkKey(KeyTree.Root, chunk), taken);
        }
    }

    [Property(MaxTest = 60)]
    public void Take_OfAnyChunk_GivesTheKeyOfTheTree(uint random)
    {
        int chunk = (int)(unchecked(random * 2_654_435_761u) >> 8);
        byte[] taken = new byte[32];
        KeyFrontier.Take(At(chunk), chunk, taken);
        Assert.Equal(KeyTree.ChunkKey(KeyTree.Root, chunk), taken);
    }

    [Fact]
    public void Take_AtAnyTime_LeavesAtMost36Nodes()
    {
        byte[] state = Started();
        byte[] key = new byte[32];
        int most = 0;
        for (int chunk = 0; chunk < 300; chunk++)
        {
            KeyFrontier.Take(state, chunk, key);
            int held = state.Chunk(32).Count(node => node.AsSpan().IndexOfAnyExcept((byte)0) >= 0);
            Assert.Equal(KeyNode.Cover(chunk + 1, Format.MaxChunks).Count, held);
            most = Math.Max(most, held);
        }

        Assert.Equal(36, most);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(63)]
    [InlineData(64)]
    public void Take_Twice_Throws(int chunk)
    {
        byte[] state = At(chunk);
        byte[] key = new byte[32];
        KeyFrontier.Take(state, chunk, key);
        key.AsSpan().Clear();

        Assert.Throws<InvalidOperationException>(() => KeyFrontier.Take(state, chunk, key));
        Assert.Equal(new byte[32], key);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(17)]
    public void Take_Afterwards_NoWindowOfTheStateLeadsToAnEarlierKey(int taken)
    {
        byte[] state = Started();
        byte[] key = new byte[32];
        HashSet<string> used = [];
        for (int chunk = 0; chunk < taken; chunk++)
        {
            KeyFrontier.Take(state, chunk, key);
            used.Add(Convert.ToHexString(key));
        }

        bool leads = ForwardSecrecy.AnyWindowLeadsTo(state, used, taken);
        Assert.False(leads);
        // The same search finds the next key, so it would have found an earlier one.
        Assert.True(ForwardSecrecy.AnyWindowLeadsTo(state, [Convert.ToHexString(KeyTree.ChunkKey(KeyTree.Root, taken))], taken + 1));
    }

    private static byte[] Started()
    {
        byte[] state = new byte[KeyFrontier.Size];
        KeyFrontier.Start(state, KeyTree.Root);
        return state;
    }

    // What a frontier is when its next chunk is this one: digit d of level l is held if d is above the path's, and the path's own digits
    // have been taken. A chunk whose key hangs from a node is reached through that node.
    private static byte[] At(int chunk)
    {
        byte[] state = new byte[KeyFrontier.Size];
        if (chunk == 0)
        {
            return Started();
        }

        foreach (KeyNode node in KeyNode.Cover(chunk, Format.MaxChunks))
        {
            KeyTree.Node(KeyTree.Root, node).CopyTo(state, ((3 * (node.Level - 1)) + (node.Index & 3) - 1) * 32);
        }

        return state;
    }
}
