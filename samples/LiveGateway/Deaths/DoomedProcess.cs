using System.Diagnostics;
using LiveGateway.Storage;
using ZeroKnowledge.Calls;

namespace LiveGateway.Deaths;

/// <summary>A process that is started to be killed, and is in any case.</summary>
internal sealed class DoomedProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private DoomedProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
        AppDomain.CurrentDomain.ProcessExit += KillAtExit;
    }

    /// <summary>The time stamp (<see cref="Stopwatch"/>) just before it was killed.</summary>
    public long KilledAt { get; private set; }

    public static DoomedProcess Start(string program, IEnumerable<string> arguments) => new(ProgramBeside.Start(program, arguments));

    /// <summary>Waits until it says a line.</summary>
    /// <exception cref="CallRecordingException">It ended before that.</exception>
    public async Task ReadAsync(string expected, TimeSpan patience, CancellationToken cancellationToken)
    {
        string? line = await _process.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(patience, cancellationToken);
        if (line != expected)
        {
            throw new CallRecordingException($"The gateway that was to be killed ended by itself: {(await _errors).Trim()}");
        }
    }

    /// <summary>SIGKILL: nothing is written, flushed or closed any more.</summary>
    public void Kill()
    {
        KilledAt = Stopwatch.GetTimestamp();
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.WaitForExit();
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= KillAtExit;
        Kill();
        _process.Dispose();
    }

    private void KillAtExit(object? sender, EventArgs e) => Kill();
}
