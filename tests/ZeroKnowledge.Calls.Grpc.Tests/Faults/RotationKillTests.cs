using ZeroKnowledge.Calls.Faults;

namespace ZeroKnowledge.Calls.Grpc.Tests.Faults;

/// <summary>A short version, with a fixed seed, of what <c>ZeroKnowledge.Calls.Faults rotation-kills</c> does with 100,000 envelopes.</summary>
public sealed class RotationKillTests
{
    [Fact]
    public async Task Kill_TwiceInOneRotation_LosesNoneAndLeavesNoneOnTheOldKey()
    {
        FaultReport report = await RotationKills.RunAsync(1_500, kills: 2, seed: 20_261_123, TextWriter.Null);
        Assert.Empty(report.Violations);
    }
}
