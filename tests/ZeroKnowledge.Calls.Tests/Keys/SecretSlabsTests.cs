namespace ZeroKnowledge.Calls.Tests;

public class SecretSlabsTests
{
    [Fact]
    public void Rent_AfterReturn_GivesAWipedSlot()
    {
        using SecretSlabs slabs = new(LockedMemory.Preferred);
        SecretSlot slot = slabs.Rent();
        slot.Frontier.Fill(1);
        slot.ClosingKey.Fill(2);
        slot.SigningKey.Fill(3);
        SecretBytes slab = Assert.Single(RecordingWriterTests.SlabsOf(slabs));
        Assert.Equal(SecretSlot.Size, slab.Span.Count((byte)1) + slab.Span.Count((byte)2) + slab.Span.Count((byte)3));
        slot.Dispose();
        Assert.True(slab.Span.IndexOfAnyExcept((byte)0) < 0);

        using SecretSlot next = slabs.Rent();
        Assert.True(next.Frontier.IndexOfAnyExcept((byte)0) < 0);
        Assert.Throws<ObjectDisposedException>(() => slot.Frontier.Length);
    }

    [Fact]
    public void Rent_OfManySlots_GivesEachItsOwnMemory()
    {
        using SecretSlabs slabs = new(LockedMemory.Preferred);
        SecretSlot[] slots = [.. Enumerable.Range(0, (2 * SecretSlabs.SlotsPerSlab) + 1).Select(_ => slabs.Rent())];
        for (int i = 0; i < slots.Length; i++)
        {
            slots[i].Frontier.Fill((byte)(i & 255));
            slots[i].ClosingKey.Fill((byte)(i >> 8));
            slots[i].SigningKey.Fill((byte)(255 - (i & 255)));
        }

        for (int i = 0; i < slots.Length; i++)
        {
            Assert.True(slots[i].Frontier.IndexOfAnyExcept((byte)(i & 255)) < 0);
            Assert.True(slots[i].ClosingKey.IndexOfAnyExcept((byte)(i >> 8)) < 0);
            Assert.True(slots[i].SigningKey.IndexOfAnyExcept((byte)(255 - (i & 255))) < 0);
        }

        Assert.Equal(3, RecordingWriterTests.SlabsOf(slabs).Count);
        Array.ForEach(slots, slot => slot.Dispose());
        Assert.All(RecordingWriterTests.SlabsOf(slabs), slab => Assert.True(slab.Span.IndexOfAnyExcept((byte)0) < 0));
        using SecretSlot again = slabs.Rent();
        Assert.Equal(3, RecordingWriterTests.SlabsOf(slabs).Count);
    }

    [Fact]
    public void Dispose_OfASlotTwice_ReturnsItOnce()
    {
        using SecretSlabs slabs = new(LockedMemory.Preferred);
        SecretSlot slot = slabs.Rent();
        slot.Dispose();
        slot.Dispose();
        using SecretSlot a = slabs.Rent();
        using SecretSlot b = slabs.Rent();
        a.ClosingKey.Fill(1);
        Assert.True(b.ClosingKey.IndexOfAnyExcept((byte)0) < 0);
    }

    // It threw: the slot looked for its memory in slabs that were gone.
    [Fact]
    public void Dispose_OfASlotAfterItsSlabs_DoesNothing()
    {
        SecretSlabs slabs = new(LockedMemory.Preferred);
        SecretSlot slot = slabs.Rent();
        slabs.Dispose();
        slot.Dispose();
        Assert.Throws<ObjectDisposedException>(() => slot.Frontier.Length);
        Assert.Throws<ObjectDisposedException>(() => slabs.Rent());
    }

    [Fact]
    public void Rent_FromManyThreads_GivesNoSlotTwice()
    {
        using SecretSlabs slabs = new(LockedMemory.Preferred);
        Parallel.For(0, 64, number =>
        {
            for (int i = 0; i < 200; i++)
            {
                using SecretSlot slot = slabs.Rent();
                Assert.True(slot.Frontier.IndexOfAnyExcept((byte)0) < 0);
                slot.Frontier.Fill((byte)(number + 1));
                Thread.SpinWait(20);
                Assert.True(slot.Frontier.IndexOfAnyExcept((byte)(number + 1)) < 0);
            }
        });
    }

    [Theory]
    [InlineData(LockedMemory.None)]
    [InlineData((LockedMemory)3)]
    public void Constructor_WithoutAChoice_Throws(LockedMemory locked) => Assert.Throws<ArgumentOutOfRangeException>(nameof(locked), () => new SecretSlabs(locked));
}
