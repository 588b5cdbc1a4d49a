using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>Randomness that is fetched for many nonces at once is as good as one by one.</summary>
public sealed class NonceBatchTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(64)]
    [InlineData(100_000)]
    public void Fill_ManyAndOfBothSizes_GivesNoNonceTwice(int expected)
    {
        NonceBatch batch = new();
        HashSet<string> seen = [];
        HashSet<string> parts = [];
        for (int pass = 0; pass < 20; pass++)
        {
            batch.Begin(expected);
            for (int i = 0; i < 500; i++)
            {
                byte[] nonce = new byte[i % 3 == 0 ? 32 : 12];
                batch.Fill(nonce);
                Assert.True(seen.Add(Convert.ToHexString(nonce)));
                // Without the clock in front: the randomness itself is not used twice either.
                Assert.True(nonce.Length == 12 || parts.Add(Convert.ToHexString(nonce.AsSpan(8))));
            }

            batch.End();
        }
    }

    [Fact]
    public void End_Always_LeavesNoRandomnessBehind()
    {
        NonceBatch batch = new();
        batch.Begin(NonceBatch.Most);
        byte[] nonce = new byte[32];
        batch.Fill(nonce);
        byte[] held = (byte[])typeof(NonceBatch).GetField("_random", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!.GetValue(batch)!;
        // What was given is gone at once; what was not is still there.
        Assert.Equal(-1, held.AsSpan(0, 32).IndexOfAnyExcept((byte)0));
        Assert.NotEqual(-1, held.AsSpan().IndexOfAnyExcept((byte)0));
        batch.End();
        Assert.Equal(-1, held.AsSpan().IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void Fill_OnceWarm_AllocatesNothing()
    {
        NonceBatch batch = new();
        byte[] nonce = new byte[12];
        Assert.Equal(0, Allocations.Least(() =>
        {
            batch.Begin(100);
            for (int i = 0; i < 100; i++)
            {
                batch.Fill(nonce);
            }

            batch.End();
        }));
    }
}
