namespace ZeroKnowledge.Calls.Tool.Tests;

/// <summary>The doctor before the files of other machines.</summary>
public sealed class MachineChecksTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void HardwareAes_IsOkOrAWarning()
    {
        Assert.Equal(Severity.Ok, MachineChecks.HardwareAes(true).Severity);
        Assert.Equal(Severity.Warning, MachineChecks.HardwareAes(false).Severity);
    }

    [Theory]
    [InlineData("Max locked memory         8388608              8388608              bytes", "8,192 KiB: the secrets of about 6,554 calls")]
    [InlineData("Max locked memory         unlimited            unlimited            bytes", "no limit")]
    public void LockedMemory_OfALimit_SaysForHowManyCalls(string line, string message)
    {
        Write("proc/self/limits", $"Limit                     Soft Limit           Hard Limit           Units\n{line}\n");
        Assert.Contains(message, new MachineChecks(_root.Path).LockedMemory().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenFiles_OfFew_IsAWarning()
    {
        Write("proc/self/limits", "Max open files            1024                 524288               files\n");
        Diagnosis found = new MachineChecks(_root.Path).OpenFiles();
        Assert.Equal(Severity.Warning, found.Severity);
        Assert.Contains("1024", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Swap_IsAWarningUnlessItIsEncryptedOrInMemory()
    {
        const string head = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
        Write("proc/swaps", head);
        Assert.Equal(Severity.Ok, new MachineChecks(_root.Path).Swap().Severity);
        Write("proc/swaps", head + "/dev/zram0                              partition\t8388604\t\t0\t\t100\n/dev/dm-1  partition 1 0 -2\n");
        Write("sys/block/dm-1/dm/uuid", "CRYPT-PLAIN-swap\n");
        Assert.Equal(Severity.Ok, new MachineChecks(_root.Path).Swap().Severity);
        Write("sys/block/dm-1/dm/uuid", "LVM-x\n");
        Assert.Contains("/dev/dm-1 is not encrypted", new MachineChecks(_root.Path).Swap().Message, StringComparison.Ordinal);
        Write("proc/swaps", head + "/swapfile file 1 0 -2\n");
        Assert.Equal(Severity.Warning, new MachineChecks(_root.Path).Swap().Severity);
    }

    [Fact]
    public void VirtualMachine_WithoutAGenerationId_IsAWarning()
    {
        Write("proc/cpuinfo", "flags\t\t: fpu aes\n");
        Assert.Equal(Severity.Ok, new MachineChecks(_root.Path).VirtualMachine().Severity);
        Write("proc/cpuinfo", "flags\t\t: fpu aes hypervisor avx\n");
        Assert.Equal(Severity.Warning, new MachineChecks(_root.Path).VirtualMachine().Severity);
        Write("sys/bus/acpi/drivers/vmgenid/VMGENCTR:00", "");
        Assert.Equal(Severity.Ok, new MachineChecks(_root.Path).VirtualMachine().Severity);
    }

    [Fact]
    public void Run_WithoutAnyFile_ChecksNothingAndFailsNothing() =>
        Assert.DoesNotContain(new MachineChecks(_root.Path).Run(), found => found.Severity is Severity.Fault or Severity.None);

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_root.File(path))!);
        _root.Write(path, text);
    }
}
