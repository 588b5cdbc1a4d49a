using System.Security.Cryptography;
using System.Text;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>Files that the user names, or that have their usual name.</summary>
internal static class InputFile
{
    private const int MaxText = 1_048_576;

    /// <param name="what">The option, or what the file is.</param>
    /// <param name="path">The file.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="missing">What to do if it is not there.</param>
    /// <exception cref="UserException">The file cannot be read, or is not what it should be.</exception>
    public static T Read<T>(string what, string path, Func<string, T> read, string missing = "")
    {
        try
        {
            return File.Exists(path) ? read(path) : throw new UserException($"{what} '{path}' is not there.{(missing.Length > 0 ? " " + missing : "")}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or CryptographicException
            or (CallRecordingException and not (PassphraseException or TamperedException or NoMatchingKeyException)))
        {
            throw new UserException($"{what} '{path}' cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Reads a file of keys or the like, which has at most 1 MiB.</summary>
    /// <exception cref="FormatException">It is larger.</exception>
    public static string ReadText(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        byte[] bytes = new byte[file.CanSeek && file.Length < MaxText ? (int)file.Length + 1 : MaxText + 1];
        int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length < bytes.Length ? Encoding.UTF8.GetString(bytes, 0, length) : throw new FormatException($"It has more than {MaxText:N0} bytes, or grows while it is read.");
    }

    /// <summary>Opens a file that holds a secret: others must not be able to read or change it.</summary>
    /// <exception cref="UserException">They are, or it cannot be read.</exception>
    public static FileStream OpenSecret(string what, string path) => Read(what, path, name =>
    {
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        FileStream file = new(name, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        if (!OperatingSystem.IsWindows() && file.CanSeek && (File.GetUnixFileMode(file.SafeFileHandle) & others) != 0)
        {
            file.Dispose();
            throw new UserException($"{what} '{name}' can be read or changed by others on this machine. Make it yours alone: chmod 600 {name}");
        }

        return file;
    });
}
