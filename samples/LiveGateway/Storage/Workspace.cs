namespace LiveGateway.Storage;

/// <summary>The folders of a run. A temporary one is removed at the end.</summary>
internal sealed class Workspace : IDisposable
{
    private readonly bool _isTemporary;

    private Workspace(string data, bool isTemporary, string output, bool keepsOutput)
    {
        Data = data;
        Capture = Enumerable.Range(1, int.MaxValue).Select(run => Path.Combine(data, $"capture-{run}")).First(folder => !Path.Exists(folder));
        _isTemporary = isTemporary;
        Out = output;
        KeepsOut = keepsOutput;
    }

    public string Data { get; }

    /// <summary>The archive's files: what its operator sees.</summary>
    public string Archive => Path.Combine(Data, "archive");

    /// <summary>What was seen of the archive from outside: its process output, and the bytes on the wire. Each run has its own.</summary>
    public string Capture { get; }

    /// <summary>Copies of the archive's files, to be attacked; removed at the end.</summary>
    public string Attacks => Path.Combine(Data, "attacks");

    public string Register => Path.Combine(Data, "register.db");

    /// <summary>The gateway's spool.</summary>
    public string Spool => Path.Combine(Data, "spool");

    /// <summary>What belongs to the gateway that is killed; removed at the end.</summary>
    public string Killed => Path.Combine(Data, "killed");

    public string GatewayKey => Path.Combine(Data, "gateway.key");

    /// <summary>Where the archive looks for its signing key.</summary>
    public string ArchiveKey => Path.Combine(Archive, "archive.key");

    /// <summary>The trust list for the archive: the gateway alone.</summary>
    public string Gateways => Path.Combine(Data, "gateways.txt");

    /// <summary>Where recordings and WAVs go.</summary>
    public string Out { get; }

    /// <summary>Whether they are there after the end.</summary>
    public bool KeepsOut { get; }

    /// <exception cref="UserException">A folder cannot be used.</exception>
    public static Workspace Create(JobOptions options)
    {
        string data = Path.GetFullPath(options.Data ?? NewTemporary("zkcalls-data-"));
        string output = Path.GetFullPath(options.Out ?? (options.Json ? Path.Combine(data, "out") : NewTemporary("zkcalls-out-")));
        Workspace workspace = new(data, options.Data is null, output, options.Out is not null || !options.Json);
        try
        {
            MakeWritable(data);
            if (options.Archive is null && Path.Exists(workspace.Archive))
            {
                throw new UserException($"The folder '{data}' holds the archive of an earlier run: name another one with --data, or remove it.");
            }

            MakeWritable(workspace.Capture);
            MakeWritable(output);
            return Directory.EnumerateFileSystemEntries(output).Any()
                ? throw new UserException($"The folder '{output}' is not empty: nothing is overwritten, name another one with --out.")
                : workspace;
        }
        catch
        {
            workspace.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        string[] gone = _isTemporary ? [Data] : [Attacks, Killed];
        foreach (string folder in gone.Where(Directory.Exists))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string NewTemporary(string prefix) => Path.Combine(Path.GetTempPath(), prefix + Path.GetRandomFileName().Replace(".", "", StringComparison.Ordinal));

    private static void MakeWritable(string folder)
    {
        try
        {
            // Keys and audio lie here: for the user alone. A folder that exists keeps its mode.
            _ = OperatingSystem.IsWindows()
                ? Directory.CreateDirectory(folder)
                : Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            string probe = Path.Combine(folder, ".write-probe");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"The folder '{folder}' cannot be written: {e.Message}", e);
        }
    }
}
