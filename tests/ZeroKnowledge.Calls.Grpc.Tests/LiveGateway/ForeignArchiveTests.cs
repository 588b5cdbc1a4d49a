namespace ZeroKnowledge.Calls.Grpc.Tests.LiveGateway;

/// <summary>The main job with an archive that somebody else runs.</summary>
[Collection(LiveGatewayRuns.Name)]
public sealed class ForeignArchiveTests(RecorderFixture archive) : IClassFixture<RecorderFixture>, IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("zkcalls").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Archive_ThatTrustsTheGateway_HoldsAllOfIt()
    {
        archive.Gateway.Save(Path.Combine(_data, "gateway.key"));

        Ran ran = await LiveGatewayProgram.RunAsync("--json", "--seconds", "2", "--calls", "2", "--archive", archive.Address, "--data", _data);

        Assert.True(ran.ExitCode == 0, ran.ToString());
        LiveGatewayTests.CheckCounts(ran, calls: 2, seconds: 2, archiveKills: 0);
    }

    [Fact]
    public async Task Archive_ThatDoesNotTrustTheGateway_IsTold()
    {
        Ran ran = await LiveGatewayProgram.RunAsync("--json", "--seconds", "2", "--calls", "2", "--archive", archive.Address, "--data", _data);

        Assert.True(ran.ExitCode == 2, ran.ToString());
        Assert.Contains("zkcgateway1", ran.Error, StringComparison.Ordinal);
        Assert.Single(ran.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(ran.Output);

        // What the archive's operator is to be given.
        Assert.Single(TrustList.Load(Path.Combine(_data, "gateways.txt")).Keys);
    }

    [Fact]
    public async Task Archive_WithoutData_IsRefused()
    {
        Ran ran = await LiveGatewayProgram.RunAsync("--archive", archive.Address);

        Assert.True(ran.ExitCode == 2, ran.ToString());
        Assert.Contains("--data", ran.Error, StringComparison.Ordinal);
    }
}
