namespace ZeroKnowledge.Calls.Grpc.Tests;

public class ChunkPoolTests
{
    private const int Calls = 32_000;

    private readonly ChunkPool _pool = new(Format.MinPayloadSize + 60, 44, Format.MinPayloadSize);

    [Fact]
    public void Restock_WhileManySparesAreLeft_AllocatesNothing()
    {
        Use(Calls);
        _pool.Stock();
        Assert.Equal(Calls / 16, _pool.Free);

        // A late moment: media threads need a second buffer for some of the calls, and the pump makes none.
        List<ChunkBuffer> late = Take(Calls / 40);
        long before = GC.GetAllocatedBytesForCurrentThread();
        _pool.Restock();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        late.ForEach(_pool.Return);
        Assert.Equal(Calls / 16, _pool.Free);
    }

    [Fact]
    public void Restock_WhenFewSparesAreLeft_MakesMore()
    {
        Use(Calls);
        _pool.Stock();
        Take((Calls / 16) - 3);
        _pool.Restock();
        Assert.InRange(_pool.Free, Calls / 32, (Calls / 32) + 100);
    }

    [Fact]
    public void Restock_OfFewCalls_KeepsASpareForEach()
    {
        Use(10);
        _pool.Stock();
        Take(7);
        _pool.Restock();
        Assert.Equal(17, _pool.Free);
    }

    [Fact]
    public void Return_OfWhatABurstHasNeeded_LeavesLittleByLittle()
    {
        Use(Calls);
        for (int i = 0; i < 1_000; i++)
        {
            _pool.BeginSetup();
        }

        _pool.Stock();
        Assert.Equal((Calls / 16) + 4_000, _pool.Free);
        for (int i = 0; i < 1_000; i++)
        {
            _pool.EndSetup();
        }

        // Each call's tick: a buffer comes back, the next one is taken.
        for (int i = 0; i < Calls; i++)
        {
            _pool.Return(_pool.Rent());
        }

        int afterOneTick = _pool.Free;
        for (int i = 0; i < 10 * Calls; i++)
        {
            _pool.Return(_pool.Rent());
        }

        Assert.InRange(afterOneTick, (Calls / 16) + 1_500, (Calls / 16) + 2_500);
        Assert.InRange(_pool.Free, Calls / 16, (Calls / 16) + 256);
    }

    private void Use(int calls)
    {
        for (int i = 0; i < calls; i++)
        {
            _pool.Rent();
        }
    }

    private List<ChunkBuffer> Take(int count)
    {
        List<ChunkBuffer> taken = [.. Enumerable.Range(0, count).Select(_ => _pool.TryRent()).OfType<ChunkBuffer>()];
        Assert.Equal(count, taken.Count);
        return taken;
    }
}
