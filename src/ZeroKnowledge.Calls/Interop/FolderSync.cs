using System.Runtime.InteropServices;

namespace ZeroKnowledge.Calls.Interop;

/// <summary>Makes the names in a folder durable: a file that is synced may still be without a name after a power cut.</summary>
internal static partial class FolderSync
{
    /// <summary>Syncs the folder that has the file.</summary>
    /// <exception cref="IOException">The folder cannot be synced.</exception>
    public static void SyncFolderOf(string path) => Sync(Path.GetDirectoryName(Path.GetFullPath(path))!);

    /// <exception cref="IOException">The folder cannot be synced.</exception>
    public static void Sync(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            // NTFS journals names by itself, and has no such call.
            return;
        }

        int descriptor = Open(folder, 0);
        if (descriptor < 0)
        {
            throw new IOException($"The folder {folder} cannot be opened to sync it: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        int result = Fsync(descriptor);
        string? message = result == 0 ? null : Marshal.GetLastPInvokeErrorMessage();
        _ = Close(descriptor);
        if (message is not null)
        {
            throw new IOException($"The folder {folder} cannot be synced: {message}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
