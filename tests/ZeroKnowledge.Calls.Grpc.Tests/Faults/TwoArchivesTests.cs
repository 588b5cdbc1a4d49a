using ZeroKnowledge.Calls.Faults;

namespace ZeroKnowledge.Calls.Grpc.Tests.Faults;

/// <summary>Two archives, one of which is not there for a while: both have everything in the end, and the other one never waits.</summary>
public sealed class TwoArchivesTests
{
    private const int Calls = 20;
    private const int TickMs = 200;
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task OneKilledMidCallAndReturned_BothAreCompleteInTheEnd()
    {
        await using GatewayScene scene = new(archives: 2);
        await RunAsync(
            scene,
            () => scene.Archives[1].KillAsync(),
            () => scene.RestartAsync(1));
    }

    [Fact]
    public async Task OneSilentMidCallAndReturned_BothAreCompleteInTheEnd()
    {
        await using GatewayScene scene = new(archives: 2);
        await RunAsync(
            scene,
            () =>
            {
                // Its connections stay, and nothing goes through them: nobody is told.
                scene.Wires[1].IsHalfOpen = true;
                return Task.CompletedTask;
            },
            () =>
            {
                scene.Wires[1].IsHalfOpen = false;
                return Task.CompletedTask;
            });
    }

    private static async Task RunAsync(GatewayScene scene, Func<Task> take, Func<Task> giveBack)
    {
        await scene.StartAsync();
        string path = scene.Folder.Ledger(1);
        using FrameLedger ledger = FrameLedger.Create(path, 500, 10_000);
        await using ChildProgram gateway = scene.StartGateway(path, "--calls", GatewayScene.Text(Calls), "--tick", GatewayScene.Text(TickMs), "--longest", "150", "--seed", "1");
        await gateway.ExpectAsync(GatewayProgram.Ready);
        await Task.Delay(Away);
        await take();
        await Task.Delay(Away);
        int before = await ChunksAsync(scene, 0);
        await Task.Delay(Away);

        // The other archive gets what is recorded meanwhile.
        Assert.True(await ChunksAsync(scene, 0) > before);
        await giveBack();
        await gateway.AskAsync("end", GatewayProgram.Ended);
        await gateway.AskAsync("drain", GatewayProgram.Drained);
        await gateway.AskAsync("stop", GatewayProgram.Stopped);
        for (int archive = 0; archive < 2; archive++)
        {
            ExpectedFrames expected = new(TimeSpan.FromMilliseconds(TickMs));
            expected.AddStopped(ledger);
            (IReadOnlyList<string> violations, RecordingsCheck check) = await scene.CheckAsync(archive, expected);
            Assert.Empty(violations);
            Assert.Equal(RecordingState.Complete, Assert.Single(check.States).Key);
            Assert.Equal(ledger.Used + GatewayProgram.WarmUpCalls, check.Recordings);
        }
    }

    private static async Task<int> ChunksAsync(GatewayScene scene, int archive)
    {
        using var channel = scene.Archives[archive].Connect();
        int chunks = 0;
        await foreach (ArchivedRecording recording in new ArchiveClient(channel).ListAsync())
        {
            chunks += recording.Chunks;
        }

        return chunks;
    }
}
