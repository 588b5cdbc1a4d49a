using ZeroKnowledge.Calls.Faults;

namespace ZeroKnowledge.Calls.Grpc.Tests.Faults;

/// <summary>A short version, without any bound on time, of what <c>ZeroKnowledge.Calls.Faults outage</c> does at length.</summary>
public sealed class OutageTests
{
    [Fact]
    public async Task ArchiveAway_UnderFiftyCalls_NoFrameIsLost()
    {
        FaultReport report = await OutageRun.RunAsync(
            new OutageOptions { Calls = 50, Seconds = 2, Seed = 20_260_803, TickMs = 200, WarmUpSeconds = 1, AfterSeconds = 0 }, TextWriter.Null);
        Assert.Empty(report.Violations);
    }
}
