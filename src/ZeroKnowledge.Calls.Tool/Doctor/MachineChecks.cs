using System.Globalization;
using ArmAes = System.Runtime.Intrinsics.Arm.Aes;
using X86Aes = System.Runtime.Intrinsics.X86.Aes;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>What a gateway's machine should have. Most of it can be seen on Linux only.</summary>
/// <param name="root">Where the system's files are: <c>/</c>, but in tests.</param>
internal sealed class MachineChecks(string root = "/")
{
    // What the secrets of one running call take (docs/OPERATIONS.md).
    private const double LockedBytesPerCall = 1_280;
    private const long FewFiles = 4_096;

    public IEnumerable<Diagnosis> Run()
    {
        yield return HardwareAes(X86Aes.IsSupported || ArmAes.IsSupported);
        if (!OperatingSystem.IsLinux())
        {
            yield return Diagnosis.NotChecked("limits, swap, virtual machine", "these can be seen on Linux only");
            yield break;
        }

        yield return LockedMemory();
        yield return OpenFiles();
        yield return Swap();
        yield return VirtualMachine();
    }

    public static Diagnosis HardwareAes(bool isThere) => isThere
        ? Diagnosis.Ok("hardware AES", "the processor has it")
        : Diagnosis.Warning("hardware AES", "the processor has no AES instructions: encryption costs several times as much; take another machine for many calls");

    public Diagnosis LockedMemory() => Limit("Max locked memory") switch
    {
        null => Diagnosis.NotChecked("locked memory", "the limit cannot be read"),
        long.MaxValue => Diagnosis.Ok("locked memory", "no limit"),
        long bytes => Diagnosis.Ok("locked memory", string.Create(
            CultureInfo.InvariantCulture, $"{bytes >> 10:N0} KiB: the secrets of about {bytes / LockedBytesPerCall:N0} calls at once stay out of swap; more need a higher 'ulimit -l'")),
    };

    public Diagnosis OpenFiles() => Limit("Max open files") switch
    {
        null => Diagnosis.NotChecked("open files", "the limit cannot be read"),
        < FewFiles and long count => Diagnosis.Warning("open files", $"the limit is {count}: an archive needs more ('ulimit -n 65536')"),
        long.MaxValue => Diagnosis.Ok("open files", "no limit"),
        long count => Diagnosis.Ok("open files", $"up to {count}"),
    };

    public Diagnosis Swap()
    {
        if (Read("proc/swaps") is not { } text)
        {
            return Diagnosis.NotChecked("swap", "it cannot be read");
        }

        string[] devices = [.. text.Split('\n').Skip(1).Select(line => line.Split(' ', '\t')[0]).Where(name => name.Length > 0)];
        string[] open = [.. devices.Where(name => !IsCompressedMemory(name) && !IsEncrypted(name))];
        return devices.Length == 0 ? Diagnosis.Ok("swap", "there is none")
            : open.Length == 0 ? Diagnosis.Ok("swap", "in memory, or encrypted")
            : Diagnosis.Warning("swap", $"{string.Join(", ", open)} is not encrypted: audio of running calls may be written to it. Turn it off ('swapoff -a'), or encrypt it");
    }

    public Diagnosis VirtualMachine()
    {
        if (Read("proc/cpuinfo") is not { } cpu)
        {
            return Diagnosis.NotChecked("virtual machine", "the processor's flags cannot be read");
        }

        bool isVirtual = cpu.Split('\n').Any(line => line.StartsWith("flags", StringComparison.Ordinal) && line.Split(' ').Contains("hypervisor"));
        return !isVirtual ? Diagnosis.Ok("virtual machine", "none is seen")
            : HasGenerationId() ? Diagnosis.Ok("virtual machine", "with a generation id (vmgenid): the system notices when it is cloned or rolled back")
            : Diagnosis.Warning("virtual machine", "without a generation id (vmgenid): never start a snapshot twice, and never roll back one that recorded. Have the host provide vmgenid");
    }

    // The ACPI device has the id VMGENCTR; its driver seeds the kernel's random generator anew.
    private bool HasGenerationId()
    {
        string devices = Path.Combine(root, "sys/bus/acpi/devices"), driver = Path.Combine(root, "sys/bus/acpi/drivers/vmgenid");
        try
        {
            return (Directory.Exists(driver) && Directory.EnumerateFileSystemEntries(driver).Any(entry => entry.Contains("VMGEN", StringComparison.OrdinalIgnoreCase)))
                || (Directory.Exists(devices) && Directory.EnumerateFileSystemEntries(devices).Any(entry => Path.GetFileName(entry).StartsWith("VMGEN", StringComparison.OrdinalIgnoreCase)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsCompressedMemory(string device) => Path.GetFileName(device).StartsWith("zram", StringComparison.Ordinal);

    private bool IsEncrypted(string device) =>
        Read($"sys/block/{Path.GetFileName(device)}/dm/uuid")?.StartsWith("CRYPT-", StringComparison.Ordinal) == true;

    private long? Limit(string name)
    {
        string? line = Read("proc/self/limits")?.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        string? soft = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return soft == "unlimited" ? long.MaxValue : long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out long limit) ? limit : null;
    }

    private string? Read(string path)
    {
        try
        {
            return File.ReadAllText(Path.Combine(root, path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
