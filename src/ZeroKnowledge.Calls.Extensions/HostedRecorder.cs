using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Extensions;

/// <summary>The host's recorder: it runs from before the host's other services start until after they have stopped. Thread-safe.</summary>
public sealed class HostedRecorder : IHostedLifecycleService, IAsyncDisposable
{
    private readonly IOptions<CallRecorderSettings> _settings;
    private readonly ILoggerFactory _loggers;
    private ConfiguredRecorder? _running;

    /// <summary>Made by the host.</summary>
    public HostedRecorder(IOptions<CallRecorderSettings> settings, ILoggerFactory loggers)
    {
        _settings = settings;
        _loggers = loggers;
    }

    /// <summary>The recorder.</summary>
    /// <exception cref="InvalidOperationException">The host has not started.</exception>
    public CallRecorder Recorder => Running?.Recorder
        ?? throw new InvalidOperationException("The call recorder runs from the start of the host: ask for it after that, or take HostedRecorder and ask it when a call begins.");

    internal ConfiguredRecorder? Running => Volatile.Read(ref _running);

    // Starts the recorder, and recovers what an earlier life left in the spool.
    async Task IHostedLifecycleService.StartingAsync(CancellationToken cancellationToken) =>
        _running = await ConfiguredRecorder.StartAsync(_settings.Value, _loggers, cancellationToken).ConfigureAwait(false);

    Task IHostedService.StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Services that stop may still end their calls well.
    Task IHostedLifecycleService.StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedService.StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Seals calls that are still live as aborted, and sends until all is stored or the host's shutdown timeout ends. The rest waits in the spool.
    async Task IHostedLifecycleService.StoppedAsync(CancellationToken cancellationToken)
    {
        if (Running is { } running)
        {
            await running.Recorder.StopAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Closes the register and the channels.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _running, null) is { } running)
        {
            await running.DisposeAsync().ConfigureAwait(false);
        }
    }
}
