namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>What the application or its register does wrong does not stop a recorder.</summary>
public sealed class HandlerTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CallMetadata OneLeg => new() { CallId = "handlers", Legs = [Leg.Pcma("a")] };

    [Fact]
    public async Task CallFailed_HandlerThrows_OtherCallsAreRecorded()
    {
        MemoryRegister register = new();
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(50), register);
        recorder.CallFailed += (_, _) => throw new InvalidOperationException("A handler's mistake.");
        using GatewayKey broken = GatewayKey.Generate();
        RecordingPolicy unusable = new() { Recipients = fixture.Policy().Recipients, Gateway = broken };
        broken.Dispose();
        CallWriter fails = recorder.Begin(OneLeg, unusable);
        await Assert.ThrowsAnyAsync<Exception>(() => fails.Started.WaitAsync(Patience));

        CallWriter call = recorder.Begin(OneLeg);
        await call.Started.WaitAsync(Patience);
        call.Complete();
        await call.Durable.WaitAsync(Patience);
    }

    [Fact]
    public async Task Register_CancelsByItself_IsTriedAgain()
    {
        MemoryRegister register = new();
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(50), register);
        CallWriter call = recorder.Begin(OneLeg);
        await call.Started.WaitAsync(Patience);
        // As a database driver does when its own time is over.
        register.Failure = new TaskCanceledException();
        call.Complete();
        await call.Durable.WaitAsync(Patience);
        CallWriter during = recorder.Begin(OneLeg);
        await during.Started.WaitAsync(Patience);
        during.Complete();
        await during.Durable.WaitAsync(Patience);
        register.Failure = null;
        await recorder.DrainAsync().WaitAsync(Patience);
        Assert.Single((await register.FindAsync(call.RecordingId)).Single().Receipts);
        Assert.Single((await register.FindAsync(during.RecordingId)).Single().Receipts);
    }
}
