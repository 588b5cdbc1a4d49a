namespace ZeroKnowledge.Calls.Tool;

/// <summary>Files that a command writes: nothing is replaced, and only the user may read them, for they may hold speech.</summary>
internal static class NewFile
{
    /// <summary>Writes a file, or standard output for <c>-</c>.</summary>
    /// <exception cref="UserException">The file exists.</exception>
    public static async Task WriteAsync(string path, Func<Stream, Task> write)
    {
        Stream stream = path == "-" ? StandardOutput() : Create(path);
        await using (stream.ConfigureAwait(false))
        {
            await write(stream).ConfigureAwait(false);
        }
    }

    public static void Refuse(string path)
    {
        if (path != "-" && Path.Exists(path))
        {
            throw new UserException($"'{path}' exists, and nothing is replaced: give another name, or remove it.");
        }
    }

    private static FileStream Create(string path)
    {
        Refuse(path);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

#pragma warning disable RS0030 // a program, other than a library, has a console of its own
    private static Stream StandardOutput() => Console.OpenStandardOutput();
#pragma warning restore RS0030
}
