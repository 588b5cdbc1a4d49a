using FsCheck.Xunit;

namespace ZeroKnowledge.Calls.Tests;

public class RecordingKeysTests
{
    // What was derived last must never leak into what is derived next.
    [Property(MaxTest = 40)]
    public void TryNodeKey_InAnyOrder_GivesTheKeysOfTheTree(int seed)
    {
        KeyNode[] held = [new(10, 3), new(12, 4_096), new(12, 4_097), new(6, 2), new(1, 2)];
        using RecordingKeys keys = KeyTree.Holding(held);
        Random random = new(seed);
        byte[] key = new byte[32];
        for (int i = 0; i < 60; i++)
        {
            KeyNode top = held[random.Next(held.Length)];
            // Near the last one, or anywhere; a leaf, or a node above one.
            int chunk = random.Next(2) == 0 ? top.First + random.Next(Math.Min(6, top.End - top.First)) : random.Next(top.First, top.End);
            KeyNode wanted = KeyNode.On(random.Next(3) == 0 ? random.Next(top.Level, 13) : 12, chunk);
            Assert.True(keys.TryNodeKey(wanted, key));
            Assert.Equal(KeyTree.Node(KeyTree.Root, wanted), key);
            Assert.True(keys.HasChunkKey(chunk));
        }
    }

    [Fact]
    public void TryChunkKey_OfWhatIsNotCovered_GivesNothing()
    {
        using RecordingKeys keys = KeyTree.Holding([new(10, 3), new(12, 70)]);
        foreach (int chunk in new[] { -1, 0, 47, 64, 69, 71, Format.MaxChunks - 1, Format.MaxChunks, int.MaxValue })
        {
            byte[] key = new byte[32];
            Assert.False(keys.TryChunkKey(chunk, key));
            Assert.False(keys.HasChunkKey(chunk));
            Assert.Equal(new byte[32], key);
        }
    }

    // A grant or an erasure takes the keys of a cover from what is held: never a node that covers more than that.
    [Fact]
    public void TryNodeKey_AboveWhatIsHeld_GivesNothing()
    {
        // The first nodes below others, so that these begin with a chunk whose key is there.
        using RecordingKeys keys = KeyTree.Holding([new(10, 4), new(12, 128)]);
        byte[] key = new byte[32];
        foreach (KeyNode wanted in new KeyNode[] { new(9, 1), new(8, 0), new(0, 0), new(11, 32), new(10, 8), new(13, 0), new(13, 256), new(-1, 0) })
        {
            Assert.False(keys.TryNodeKey(wanted, key));
            Assert.Equal(new byte[32], key);
        }

        Assert.True(keys.TryNodeKey(new KeyNode(10, 4), key));
        Assert.Equal(KeyTree.Node(KeyTree.Root, new KeyNode(10, 4)), key);
    }

    [Property(MaxTest = 30)]
    public void TryNodeKey_OfACover_GivesNodesThatOpenExactlyTheRange(ushort a, ushort b)
    {
        int first = Math.Min(a, b), end = Math.Max(a, b) + 1;
        using RecordingKeys whole = KeyTree.Holding([new KeyNode(0, 0)]);
        List<KeyNode> cover = KeyNode.Cover(first, end);
        byte[] nodes = new byte[cover.Count * 32];
        for (int i = 0; i < cover.Count; i++)
        {
            Assert.True(whole.TryNodeKey(cover[i], nodes.AsSpan(i * 32, 32)));
        }

        using RecordingKeys part = RecordingKeys.Part(EnvelopeForm.PartErased, [.. cover], nodes, default, default);
        byte[] key = new byte[32];
        foreach (int chunk in new[] { first, (first + end) / 2, end - 1 })
        {
            Assert.True(part.TryChunkKey(chunk, key));
            Assert.Equal(KeyTree.ChunkKey(KeyTree.Root, chunk), key);
        }

        Assert.False(part.HasChunkKey(first - 1));
        Assert.False(part.HasChunkKey(end));
    }

    [Fact]
    public void MetadataKeys_OfPartsWithoutThem_AreEmpty()
    {
        using RecordingKeys none = RecordingKeys.None();
        Assert.False(none.HasMetadataKeys);
        Assert.True(none.OpeningKey.IsEmpty);
        Assert.True(none.ClosingKey.IsEmpty);
        Assert.False(none.HasChunkKey(0));
    }

    [Fact]
    public void TryChunkKey_AfterDisposal_Throws()
    {
        RecordingKeys keys = KeyTree.Holding(new KeyNode(0, 0));
        keys.Dispose();
        Assert.Throws<ObjectDisposedException>(() => keys.TryChunkKey(0, new byte[32]));
    }
}
