namespace ZeroKnowledge.Calls.Tests;

/// <summary>A directory of its own for files, removed afterwards.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("zkcalls-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string Write(string name, string text) => Write(name, System.Text.Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] bytes)
    {
        string path = File(name);
        System.IO.File.WriteAllBytes(path, bytes);

        // It may be a secret key, which is refused if others can read it.
        AllowAlso(path, UnixFileMode.None);
        return path;
    }

    /// <summary>What others may do with a file, beside its owner.</summary>
    public static void AllowAlso(string path, UnixFileMode others)
    {
        if (!OperatingSystem.IsWindows())
        {
            System.IO.File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | others);
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
