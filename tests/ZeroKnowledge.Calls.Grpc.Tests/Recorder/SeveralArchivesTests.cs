using Grpc.Net.Client;
using ZeroKnowledge.Calls.Grpc.Tests.Audit;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>Two archives get everything, and neither waits for the other.</summary>
public sealed class SeveralArchivesTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly MemoryRegister _register = new();
    private RunningArchive _second = null!;
    private TrustList _trust = null!;

    private GrpcChannel Second => _second.Channel;

    public async Task InitializeAsync()
    {
        _second = new RunningArchive(Path.Combine(fixture.Folder, Guid.NewGuid().ToString("N")), Path.Combine(fixture.Folder, "gateways.txt"));
        await _second.StartAsync();
        _trust = TrustList.Of([.. fixture.Trust.Keys, RecorderFixture.Trusted(TrustedKeyKind.Archive, _second.Key)]);
    }

    public async Task DisposeAsync() => await _second.DisposeAsync();

    [Fact]
    public async Task Durable_OneOfTwo_CompletesWhileTheOtherIsAwayWhichIsCaughtUpLater()
    {
        await _second.StopAsync();
        await using CallRecorder recorder = await StartAsync(durable: 1);
        CallWriter call = recorder.Begin(OneLeg);
        List<string> said = await SpeakAsync(call, 30);
        call.Complete();
        await call.Durable.WaitAsync(Patience);
        Assert.True(recorder.SpooledBytes > 0);

        await _second.StartAsync();
        await recorder.DrainAsync().WaitAsync(Patience);
        Assert.Equal(0, recorder.SpooledBytes);
        await AssertCompleteAsync(call, said, fixture.Channel, Second);
        Assert.Equal(2, (await _register.FindAsync(call.RecordingId)).Single().Receipts.Count);
    }

    [Fact]
    public async Task Durable_BothAsked_WaitsForBoth()
    {
        await _second.StopAsync();
        await using CallRecorder recorder = await StartAsync();
        CallWriter call = recorder.Begin(OneLeg);
        List<string> said = await SpeakAsync(call, 10);
        call.Complete();
        await UntilAsync(async () => (await _register.FindAsync(call.RecordingId)).Single().Receipts.Count == 1);
        Assert.False(call.Durable.IsCompleted);

        await _second.StartAsync();
        await call.Durable.WaitAsync(Patience);
        await AssertCompleteAsync(call, said, fixture.Channel, Second);
    }

    [Fact]
    public async Task Archive_KilledMidCallAndReturned_BothAreComplete()
    {
        await using CallRecorder recorder = await StartAsync();
        CallWriter call = recorder.Begin(OneLeg);
        List<string> said = await SpeakAsync(call, 20);
        await _second.StopAsync();
        said.AddRange(await SpeakAsync(call, 20));
        await _second.StartAsync();
        said.AddRange(await SpeakAsync(call, 20));
        call.Complete();
        await call.Durable.WaitAsync(Patience);
        await AssertCompleteAsync(call, said, fixture.Channel, Second);
    }

    [Fact]
    public async Task Delete_InOneOfTwo_IsToldAndTheOtherHasTheCall()
    {
        await using CallRecorder recorder = await StartAsync();
        TaskCompletionSource<CallFailedEventArgs> failed = new();
        recorder.CallFailed += (_, e) => failed.TrySetResult(e);
        CallWriter call = recorder.Begin(OneLeg);
        List<string> said = await SpeakAsync(call, 20);
        CoreId coreId = (await _register.FindAsync(call.RecordingId)).Single().Header.CoreId;
        await new ArchiveClient(Second).DeleteAsync(coreId, _trust);
        said.AddRange(await SpeakAsync(call, 20));
        Assert.Contains("was deleted", (await failed.Task.WaitAsync(Patience)).Exception.Message, StringComparison.Ordinal);
        said.AddRange(await SpeakAsync(call, 10));
        call.Complete();
        await Assert.ThrowsAsync<ArchiveException>(() => call.Durable.WaitAsync(Patience));
        await recorder.DrainAsync().WaitAsync(Patience);
        await AssertCompleteAsync(call, said, fixture.Channel);
        await Assert.ThrowsAsync<ArchiveException>(() => AssertCompleteAsync(call, said, Second));
    }

    [Fact]
    public async Task Delete_InTheOnlyArchive_EndsTheCall()
    {
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(100), _register);
        CallWriter call = recorder.Begin(OneLeg);
        await SpeakAsync(call, 20);
        CoreId coreId = (await _register.FindAsync(call.RecordingId)).Single().Header.CoreId;
        await UntilAsync(async () =>
        {
            try
            {
                await new ArchiveClient(fixture.Channel).DeleteAsync(coreId, _trust);
                return true;
            }
            catch (ArchiveException)
            {
                return false;
            }
        });
        await UntilAsync(() => Task.FromResult(call.WriteRtp(0, RecorderFixture.Rtp(0, 0, 8, new byte[160])) == WriteResult.Dropped));
        await Assert.ThrowsAsync<ArchiveException>(() => call.Durable.WaitAsync(Patience));
        await UntilAsync(() => Task.FromResult(recorder.ActiveCalls == 0 && recorder.SpooledBytes == 0));
        await recorder.DrainAsync().WaitAsync(Patience);
    }

    private static CallMetadata OneLeg => new() { CallId = "two archives", Legs = [Leg.Pcma("a")] };

    private Task<CallRecorder> StartAsync(int? durable = null) => fixture.StartAsync(fixture.Policy(100), _register, second: Second, durable: durable, trust: _trust);

    private async Task AssertCompleteAsync(CallWriter call, List<string> said, params GrpcChannel[] archives)
    {
        foreach (GrpcChannel archive in archives)
        {
            await using Recording recording = await new ArchiveClient(archive).OpenAsync(call.RecordingId, fixture.Reader(register: _register));
            Assert.Equal(RecordingState.Complete, (await recording.VerifyAsync()).State);
            Assert.Equal(said, (await CallRecorderTests.Audio(recording)).Select(frame => frame.Payload));
        }
    }

    private static async Task<List<string>> SpeakAsync(CallWriter call, int frames)
    {
        List<string> said = [];
        await call.Started.WaitAsync(Patience);
        for (ushort i = 0; i < frames; i++)
        {
            byte[] payload = new byte[160];
            Random.Shared.NextBytes(payload);
            Assert.Equal(WriteResult.Accepted, call.WriteRtp(0, RecorderFixture.Rtp(i, i * 160u, 8, payload)));
            said.Add(Convert.ToHexString(payload));
            await Task.Delay(20);
        }

        return said;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using CancellationTokenSource timeout = new(Patience);
        while (!await condition())
        {
            await Task.Delay(20, timeout.Token);
        }
    }
}
