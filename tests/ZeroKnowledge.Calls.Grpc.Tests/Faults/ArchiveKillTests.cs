using ZeroKnowledge.Calls.Faults;

namespace ZeroKnowledge.Calls.Grpc.Tests.Faults;

/// <summary>A short version, with a fixed seed, of what <c>ZeroKnowledge.Calls.Faults archive-kills</c> does at length.</summary>
public sealed class ArchiveKillTests
{
    [Fact]
    public async Task Kill_FiveTimesUnderLoad_KeepsEveryAcknowledgedChunk()
    {
        FaultReport report = await ArchiveKills.RunAsync(5, seed: 20_260_801, TextWriter.Null);
        Assert.Empty(report.Violations);
    }
}
