using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>A program in a process of its own, to be killed. It ends with the one that started it.</summary>
internal sealed class ChildProgram : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const int KeptErrors = 20_000;

    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private readonly Task _readingErrors;

    private ChildProgram(Process process)
    {
        _process = process;
        // Nobody else would end it if this process was told to stop in the middle of a run.
        AppDomain.CurrentDomain.ProcessExit += KillAtExit;
        _readingErrors = ReadErrorsAsync();
    }

    public int Id => _process.Id;

    public StreamWriter Input => _process.StandardInput;

    /// <summary>What it said on standard error, its last part.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString().Trim();
            }
        }
    }

    /// <summary>Starts a program that lies beside this one.</summary>
    /// <param name="assembly">For example <c>ArchiveService.dll</c>.</param>
    /// <param name="arguments">Its arguments.</param>
    public static ChildProgram Start(string assembly, params string[] arguments) => StartUnder([], assembly, arguments);

    /// <summary>Starts a program under another one, such as strace.</summary>
    public static ChildProgram StartUnder(string[] program, string assembly, params string[] arguments)
    {
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string[] command = [.. program, host, "exec", Path.Combine(AppContext.BaseDirectory, assembly), .. arguments];
        ProcessStartInfo start = new(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        return new ChildProgram(Process.Start(start) ?? throw new InvalidOperationException($"{assembly} did not start."));
    }

    /// <summary>A line of its standard output; null when it has ended.</summary>
    public async Task<string?> ReadLineAsync()
    {
        using CancellationTokenSource patience = new(Patience);
        return await _process.StandardOutput.ReadLineAsync(patience.Token);
    }

    /// <summary>Reads lines until one begins so, and gives its rest.</summary>
    public async Task<string> ExpectAsync(string beginning)
    {
        while (await ReadLineAsync() is { } line)
        {
            if (line.StartsWith(beginning, StringComparison.Ordinal))
            {
                return line[beginning.Length..];
            }
        }

        await _process.WaitForExitAsync();
        throw new InvalidOperationException(string.Create(
            CultureInfo.InvariantCulture, $"The process ended with {_process.ExitCode} before it said '{beginning}': {Errors}"));
    }

    /// <summary>Says a line to its standard input, and waits for the answer.</summary>
    public async Task<string> AskAsync(string line, string answer)
    {
        await Input.WriteLineAsync(line);
        await Input.FlushAsync();
        return await ExpectAsync(answer);
    }

    /// <summary>SIGKILL: nothing is written, flushed or closed any more.</summary>
    /// <returns>The time stamp (<see cref="Stopwatch"/>) just before.</returns>
    public async Task<long> KillAsync()
    {
        long at = Stopwatch.GetTimestamp();
        _process.Kill();
        await _process.WaitForExitAsync();
        return at;
    }

    public async Task<int> ExitAsync()
    {
        using CancellationTokenSource patience = new(Patience);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= KillAtExit;
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        await _readingErrors;
        _process.Dispose();
    }

    private void KillAtExit(object? sender, EventArgs e)
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
    }

    // A full pipe would stop the child.
    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lock (_errors)
            {
                _errors.AppendLine(line);
                _errors.Remove(0, Math.Max(0, _errors.Length - KeptErrors));
            }
        }
    }
}
