using System.Diagnostics;
using System.Globalization;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>The program ZeroKnowledge.Calls.Child in a process of its own, killed when the test ends.</summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly Task<string> _errors;

    private ChildProcess(ProcessStartInfo start)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    public StreamWriter Input => _process.StandardInput;

    public static ChildProcess Start(params string[] arguments) => new(new ProcessStartInfo(Host, [Program(AppContext.BaseDirectory), .. arguments]));

    /// <summary>With variables that native libraries read.</summary>
    public static ChildProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        ProcessStartInfo start = new(Host, [Program(AppContext.BaseDirectory), .. arguments]);
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new ChildProcess(start);
    }

    /// <summary>As an ordinary user who may lock so much memory. Of a privileged test it drops every privilege first.</summary>
    public static ChildProcess StartOrdinary(int lockedKilobytes, params string[] arguments)
    {
        Engines.Require(OperatingSystem.IsLinux() && Engines.Find("setpriv") is not null, "setpriv (Debian: util-linux) is needed to take privileges away.");
        string[] limited = ["-c", string.Create(CultureInfo.InvariantCulture, $"ulimit -l {lockedKilobytes}; exec \"$@\""), "sh"];
        string[] ordinary = Environment.IsPrivilegedProcess
            ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"]
            : ["setpriv", "--no-new-privs"];
        ProcessStartInfo start = new("/bin/sh", [.. limited, .. ordinary, Host, Program(Readable()), .. arguments]) { WorkingDirectory = "/" };
        start.Environment["HOME"] = "/nonexistent";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return new ChildProcess(start);
    }

    public async Task<string> ReadLineAsync()
    {
        using CancellationTokenSource patience = new(Patience);
        return await _process.StandardOutput.ReadLineAsync(patience.Token)
            ?? throw new InvalidOperationException($"The child ended without an answer: {await _errors}");
    }

    public async Task<(int Code, string Output, string Errors)> ExitAsync()
    {
        using CancellationTokenSource patience = new(Patience);
        string output = await _process.StandardOutput.ReadToEndAsync(patience.Token);
        await _process.WaitForExitAsync(patience.Token);
        return (_process.ExitCode, output, await _errors);
    }

    public void Dispose()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }

        _process.Dispose();
    }

    private static string Host => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? Engines.Find("dotnet") ?? "dotnet";

    private static string Program(string folder) => Path.Combine(folder, "ZeroKnowledge.Calls.Child.dll");

    // Another user may not be allowed into the folder of the build.
    private static string Readable()
    {
        string folder = Directory.CreateTempSubdirectory("zkcalls-child-").FullName;
        foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories))
        {
            string name = Path.GetRelativePath(AppContext.BaseDirectory, file);
            bool needed = name.StartsWith("ZeroKnowledge.Calls.", StringComparison.Ordinal) || name is "NSec.Cryptography.dll" or "Google.Protobuf.dll"
                || name.Contains("libsodium", StringComparison.Ordinal);
            if (needed)
            {
                string copy = Path.Combine(folder, name);
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }

        if (!OperatingSystem.IsWindows())
        {
            foreach (string path in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Append(folder))
            {
                File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
            }
        }

        return folder;
    }
}
