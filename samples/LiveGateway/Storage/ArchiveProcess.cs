using System.Diagnostics;
using System.Runtime.InteropServices;

namespace LiveGateway.Storage;

/// <summary>The reference archive in a process of its own, on a loopback port. Everything it prints is kept in files.</summary>
internal sealed partial class ArchiveProcess : IAsyncDisposable
{
    private const string Ready = "Now listening on: ";
    private const int SigTerm = 15;
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(15);

    private readonly Process _process;
    private readonly string _name;
    private readonly TaskCompletionSource<Uri> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _output;
    private readonly Task _error;

    private ArchiveProcess(Process process, string output, string error, string name)
    {
        _process = process;
        _name = name;

        // The last resort: whatever way this program ends, the archive ends too.
        AppDomain.CurrentDomain.ProcessExit += Kill;
        _output = CaptureAsync(process.StandardOutput.BaseStream, output, LookForAddress);
        _error = CaptureAsync(process.StandardError.BaseStream, error, null);
    }

    public Uri Address => _ready.Task.Result;

    public int Id => _process.Id;

    /// <summary>Starts an archive and waits until it listens.</summary>
    /// <param name="workspace">Where its output is kept.</param>
    /// <param name="data">The archive's folder.</param>
    /// <param name="gateways">The trust list of gateways.</param>
    /// <param name="name">Names the files with its output.</param>
    /// <param name="cancellationToken">Ends the waiting and the archive.</param>
    public static async Task<ArchiveProcess> StartAsync(Workspace workspace, string data, string gateways, string name, CancellationToken cancellationToken)
    {
        string[] arguments =
        [
            "--data", data, "--gateways", gateways, "--urls", "http://127.0.0.1:0",
            "--region", "loopback", "--operator", "LiveGateway", "--reserve", "16",
        ];
        Process process = ProgramBeside.Start("ArchiveService", arguments);
        string error = Path.Combine(workspace.Capture, $"{name}.stderr");
        ArchiveProcess archive = new(process, Path.Combine(workspace.Capture, $"{name}.stdout"), error, name);
        try
        {
            Task first = await Task.WhenAny(archive._ready.Task, process.WaitForExitAsync(cancellationToken)).WaitAsync(StartPatience, cancellationToken);
            if (first != archive._ready.Task)
            {
                await archive._error;
                throw new UserException($"The archive did not start: {(await File.ReadAllTextAsync(error, cancellationToken)).Trim()}");
            }

            return archive;
        }
        catch (Exception e)
        {
            await archive.DisposeAsync();
            throw e is TimeoutException ? new IOException($"The archive did not listen within {StartPatience.TotalSeconds:N0} s.", e) : e;
        }
    }

    /// <summary>SIGKILL, as the system does that runs out of memory: nothing is written, flushed or closed any more.</summary>
    public async Task KillAsync()
    {
        Kill(this, EventArgs.Empty);
        await DisposeAsync();
    }

    /// <summary>Stops the archive as an operator does, and waits until its output is complete.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited && !OperatingSystem.IsWindows())
        {
            _ = SendSignal(_process.Id, SigTerm);
            using CancellationTokenSource patience = new(StopPatience);
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                // It is killed below.
            }
        }

        Kill(this, EventArgs.Empty);
        await _process.WaitForExitAsync();
        await Task.WhenAll(_output, _error);
        AppDomain.CurrentDomain.ProcessExit -= Kill;
        _process.Dispose();
    }

    public override string ToString() => $"archive '{_name}', process {_process.Id}";

    private void Kill(object? sender, EventArgs e)
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }
    }

    private void LookForAddress(string text)
    {
        int at = text.IndexOf(Ready, StringComparison.Ordinal);
        int end = at < 0 ? -1 : text.IndexOf('\n', at);
        if (end > 0)
        {
            _ready.TrySetResult(new Uri(text[(at + Ready.Length)..end].Trim()));
        }
    }

    private static async Task CaptureAsync(Stream from, string path, Action<string>? look)
    {
        await using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.Read);
        byte[] buffer = new byte[4096];
        string seen = "";
        for (int read = await from.ReadAsync(buffer); read > 0; read = await from.ReadAsync(buffer))
        {
            await file.WriteAsync(buffer.AsMemory(0, read));
            await file.FlushAsync();
            if (look is not null && seen.Length < 4 * buffer.Length)
            {
                seen += System.Text.Encoding.UTF8.GetString(buffer, 0, read);
                look(seen);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
