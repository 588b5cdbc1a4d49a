using ZeroKnowledge.Calls.Faults;

namespace ZeroKnowledge.Calls.Grpc.Tests.Faults;

/// <summary>What tests of faults need of their machine: without it a test is skipped with the reason, or fails where all engines are required.</summary>
internal static class Faulty
{
    public static async Task<SmallDisk> DiskAsync(int mebibytes)
    {
        (SmallDisk? disk, string reason) = await SmallDisk.TryCreateAsync(mebibytes);
        Require(disk is not null, reason);
        return disk!;
    }

    public static void Require(bool present, string reason)
    {
        Assert.True(present || Environment.GetEnvironmentVariable("ZKCALLS_REQUIRE_ENGINES") != "1", reason);
        Skip.IfNot(present, reason);
    }
}
