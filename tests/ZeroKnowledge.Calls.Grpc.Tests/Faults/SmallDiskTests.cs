using ZeroKnowledge.Calls.Faults;

namespace ZeroKnowledge.Calls.Grpc.Tests.Faults;

/// <summary>The small disk is one: else a test that fills it shows nothing.</summary>
public sealed class SmallDiskTests
{
    [SkippableFact]
    public async Task Fill_WritingFailsWithNoSpace_UntilItIsEmptied()
    {
        await using SmallDisk disk = await Faulty.DiskAsync(2);
        string file = Path.Combine(disk.Path, "file");
        Assert.InRange(disk.FreeBytes, 1 << 20, 2 << 20);
        disk.Fill();
        // ENOSPC: not another trouble.
        Assert.Equal(28, Assert.Throws<IOException>(() => File.WriteAllBytes(file, new byte[4_096])).HResult & 0xFFFF);
        disk.Empty();
        await File.WriteAllBytesAsync(file, new byte[4_096]);
        disk.Fill(leave: 65_536);
        Assert.InRange(disk.FreeBytes, 32_768, 65_536);
    }
}
