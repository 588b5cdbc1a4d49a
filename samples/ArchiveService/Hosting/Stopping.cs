namespace ArchiveService;

/// <summary>
/// A stop in two steps: first the uploads end, and their answers are sent; then the server closes its connections. At once, a connection whose last call ends while it
/// is being closed stays open for the whole shutdown timeout: the server looks at it again only when its client sends something.
/// </summary>
internal sealed class Stopping : IHostedLifecycleService, IDisposable
{
    // From the end of a response to its last frame, which nothing reports.
    private static readonly TimeSpan LastFrames = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenRegistration _registration;
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private int _uploads;

    public Stopping(IHostApplicationLifetime lifetime, TimeProvider clock)
    {
        _clock = clock;
        _registration = lifetime.ApplicationStopping.Register(_stopping.Cancel);
    }

    /// <summary>Cancelled from the beginning of a stop.</summary>
    public CancellationToken Token => _stopping.Token;

    /// <summary>An upload has begun; it is over when its response is sent.</summary>
    public void Add(HttpResponse response)
    {
        lock (_lock)
        {
            _uploads++;
        }

        response.OnCompleted(() =>
        {
            lock (_lock)
            {
                _uploads--;
                Check();
            }

            return Task.CompletedTask;
        });
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        bool hasUploads;
        lock (_lock)
        {
            hasUploads = _uploads > 0;
            Check();
        }

        await _idle.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (hasUploads)
        {
            await Task.Delay(LastFrames, _clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _registration.Dispose();
        _stopping.Dispose();
    }

    private void Check()
    {
        if (_uploads == 0 && _stopping.IsCancellationRequested)
        {
            _idle.TrySetResult();
        }
    }
}
