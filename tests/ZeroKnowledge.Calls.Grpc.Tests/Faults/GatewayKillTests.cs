using ZeroKnowledge.Calls.Faults;

namespace ZeroKnowledge.Calls.Grpc.Tests.Faults;

/// <summary>A short version, with a fixed seed, of what <c>ZeroKnowledge.Calls.Faults gateway-kills</c> does at length; and what that run has found.</summary>
public sealed class GatewayKillTests
{
    private const int Tick = 200;

    [Fact]
    public async Task Kill_TenTimesUnderFiftyCalls_EveryRecordingOpensAndEveryFrameOfThePromiseIsThereOnce()
    {
        FaultReport report = await GatewayKills.RunAsync(10, seed: 20_260_802, TextWriter.Null);
        Assert.Empty(report.Violations);
    }

    /// <summary>gateway-kills --seed 77: a life that uploaded what it had recovered, and died before a call went on, had left nothing to link it to.</summary>
    [Fact]
    public async Task Kill_AfterTheRecoveryWasUploaded_CallsThatGoOnLaterAreStillLinked()
    {
        await using GatewayScene scene = new();
        await scene.StartAsync();
        ExpectedFrames expected = new(TimeSpan.FromMilliseconds(Tick));
        List<int> running = await LiveAsync(scene, expected, life: 1, calls: 5, goOn: [], gateway => Task.Delay(3 * Tick));
        await LiveAsync(scene, expected, life: 2, calls: 0, goOn: [], gateway => gateway.AskAsync("drain", GatewayProgram.Drained));
        await LiveAsync(scene, expected, life: 3, calls: 5, running, gateway => Task.Delay(3 * Tick));
        await LiveAsync(scene, expected, life: 4, calls: 0, goOn: [], gateway => gateway.AskAsync("drain", GatewayProgram.Drained));

        (IReadOnlyList<string> violations, RecordingsCheck check) = await scene.CheckAsync(0, expected);
        Assert.Empty(violations);
        Assert.Equal(5, check.Seams);
    }

    /// <returns>The calls that it was in the middle of when it was killed.</returns>
    private static async Task<List<int>> LiveAsync(
        GatewayScene scene, ExpectedFrames expected, int life, int calls, IReadOnlyList<int> goOn, Func<ChildProgram, Task> live)
    {
        string path = scene.Folder.Ledger(life);
        using FrameLedger ledger = FrameLedger.Create(path, 100, 1_000);
        await using ChildProgram gateway = scene.StartGateway(
            path, "--calls", GatewayScene.Text(calls), "--life", GatewayScene.Text(life), "--tick", GatewayScene.Text(Tick), "--seed", "1",
            "--shortest", "10000", "--longest", "10000", "--go-on", string.Join(',', goOn));
        await gateway.ExpectAsync(GatewayProgram.Ready);
        long begun = Environment.TickCount64;
        while (ledger.Used < calls || Enumerable.Range(0, calls).Any(i => ledger[i].Started == 0))
        {
            Assert.True(Environment.TickCount64 - begun < 60_000, "The calls do not begin.");
            await Task.Delay(10);
        }

        await live(gateway);
        return expected.AddKilled(ledger, await gateway.KillAsync());
    }
}
