using System.Diagnostics;
using System.Globalization;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>
/// A folder on a file system of its own that holds a few MiB: a tmpfs in the mount namespace of a process that only waits. It needs no privilege where
/// users may make namespaces, and else root.
/// </summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _holder;
    private readonly string _mountPoint;
    private readonly string _ballast;

    private SmallDisk(Process holder, string mountPoint)
    {
        _holder = holder;
        _mountPoint = mountPoint;
        // The holder's namespace, seen from here.
        Path = string.Create(CultureInfo.InvariantCulture, $"/proc/{holder.Id}/root{mountPoint}");
        _ballast = System.IO.Path.Combine(Path, "ballast");
    }

    /// <summary>The folder, for as long as this is not disposed of.</summary>
    public string Path { get; }

    public long FreeBytes => new DriveInfo(Path).AvailableFreeSpace;

    /// <summary>Makes a small disk.</summary>
    /// <param name="mebibytes">Its size.</param>
    /// <returns>The disk, or why this machine has none.</returns>
    public static async Task<(SmallDisk? Disk, string Reason)> TryCreateAsync(int mebibytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            return (null, "A small disk is a tmpfs, which Linux has.");
        }

        List<string> reasons = [];
        foreach (string[] unshare in new string[][] { ["--user", "--map-root-user", "--mount"], ["--mount"] })
        {
            (SmallDisk? disk, string reason) = await TryCreateAsync(mebibytes, unshare);
            if (disk is not null)
            {
                return (disk, "");
            }

            reasons.Add(reason);
        }

        return (null, $"No small disk can be made here: neither in a user namespace ({reasons[0]}) nor as root ({reasons[1]}).");
    }

    /// <summary>Takes all space that is left but so much.</summary>
    public void Fill(long leave = 0)
    {
        using FileStream file = new(_ballast, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] page = new byte[4_096];
        try
        {
            for (long room = FreeBytes - leave; room > 0; room -= page.Length)
            {
                file.Write(page);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>Gives back the space that <see cref="Fill"/> took.</summary>
    public void Empty() => File.Delete(_ballast);

    public async ValueTask DisposeAsync()
    {
        // The end of its input ends the holder, and with it the file system.
        _holder.StandardInput.Close();
        await _holder.WaitForExitAsync();
        _holder.Dispose();
        Directory.Delete(_mountPoint);
    }

    private static async Task<(SmallDisk? Disk, string Reason)> TryCreateAsync(int mebibytes, string[] unshare)
    {
        string mountPoint = Directory.CreateTempSubdirectory("zkcalls-disk-").FullName;
        string script = string.Create(CultureInfo.InvariantCulture, $"mount -t tmpfs -o size={mebibytes}m,mode=0700 tmpfs '{mountPoint}' && echo mounted && exec cat");
        Process? holder = null;
        string reason;
        try
        {
            holder = Process.Start(new ProcessStartInfo("unshare", [.. unshare, "sh", "-c", script])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            if (await holder.StandardOutput.ReadLineAsync().WaitAsync(Patience) == "mounted")
            {
                SmallDisk disk = new(holder, mountPoint);
                await File.WriteAllTextAsync(disk._ballast, "");
                disk.Empty();
                return (disk, "");
            }

            reason = (await holder.StandardError.ReadToEndAsync().WaitAsync(Patience)).Trim();
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException or UnauthorizedAccessException or TimeoutException)
        {
            reason = e.Message;
        }

        holder?.Kill();
        holder?.Dispose();
        Directory.Delete(mountPoint);
        return (null, reason);
    }
}
