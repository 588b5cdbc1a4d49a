using ZeroKnowledge.Calls.Faults;

namespace ZeroKnowledge.Calls.Grpc.Tests.Faults;

/// <summary>A short version, with a fixed seed, of what <c>ZeroKnowledge.Calls.Faults gateway-kills</c> does at length.</summary>
public sealed class GatewayKillTests
{
    [Fact]
    public async Task Kill_TenTimesUnderFiftyCalls_EveryRecordingOpensAndEveryFrameOfThePromiseIsThereOnce()
    {
        FaultReport report = await GatewayKills.RunAsync(10, seed: 20_260_802, TextWriter.Null);
        Assert.Empty(report.Violations);
    }
}
