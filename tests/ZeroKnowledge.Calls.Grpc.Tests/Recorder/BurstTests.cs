namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>Many calls that begin at once, on top of many that run. The benchmark <c>-- burst</c> does it with 5,000 on top of 20,000.</summary>
public sealed class BurstTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>
{
    private const int Running = 500;
    private const int New = 200;

    // Less than a chunk has room for: however long a busy machine takes to set a call up, none of its frames needs another one.
    private const int Frames = 45;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Begin_ManyAtOnceOnTopOfMany_LosesNoFrame()
    {
        RecordingPolicy policy = fixture.Policy(1_000);
        await using CallRecorder recorder = await fixture.StartAsync(policy);
        CallWriter[] running = Begin(recorder, Running);
        await Task.WhenAll(running.Select(call => call.Started)).WaitAsync(Patience);

        byte[] packet = new byte[172];
        CallWriter[] all = running;
        for (ushort i = 0; i < Frames; i++)
        {
            if (i == 1)
            {
                all = [.. running, .. Begin(recorder, New)];
            }

            RecorderFixture.Rtp(i, (uint)(i * 160), 8, new byte[160]).CopyTo(packet, 0);
            foreach (CallWriter call in all)
            {
                Assert.Equal(WriteResult.Accepted, call.WriteRtp(0, packet));
            }

            await Task.Delay(10);
        }

        Array.ForEach(all, call => call.Complete());
        Receipt[] receipts = await Task.WhenAll(all.Select(call => call.Durable)).WaitAsync(Patience);

        Assert.All(receipts, receipt => Assert.True(receipt.ChunkCount > 0));
        Assert.All(all, call => Assert.Equal(0, call.DroppedFrames));
        Assert.Equal((Running * Frames) + (New * (Frames - 1)), all.Sum(call => call.Life.Frames));
    }

    [Fact]
    public async Task Write_BeforeTheCallIsSetUp_LosesNoFrame()
    {
        using ManualResetEventSlim blocked = new();
        MemoryRegister register = new() { Blocked = blocked };
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(50), register);
        CallWriter call = recorder.Begin(new CallMetadata { CallId = "waits", Legs = [Leg.Pcma("caller")] });

        // As it is spoken, for many ticks.
        const int Many = 45;
        for (ushort i = 0; i < Many; i++)
        {
            Assert.Equal(WriteResult.Accepted, call.WriteRtp(0, RecorderFixture.Rtp(i, (uint)(i * 160), 8, new byte[160])));
            await Task.Delay(20);
        }

        blocked.Set();
        call.Complete();
        Receipt receipt = await call.Durable.WaitAsync(Patience);
        Assert.True(receipt.ChunkCount > 2, $"{receipt.ChunkCount} chunks");
        Assert.Equal((0, Many), (call.DroppedFrames, call.Life.Frames));
    }

    private static CallWriter[] Begin(CallRecorder recorder, int count) =>
        [.. Enumerable.Range(0, count).Select(i => recorder.Begin(new CallMetadata { CallId = $"burst-{i}", Legs = [Leg.Pcma("caller")] }))];
}
