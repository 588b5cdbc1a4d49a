using Microsoft.Extensions.Logging;

namespace LiveGateway.Calls;

/// <summary>What the recorder logs as a warning or worse, for the screen: a gateway would send it to its log.</summary>
internal sealed class RecorderNotes : ILoggerFactory, ILogger
{
    private const int MaxNotes = 20;

    private readonly List<string> _notes = [];
    private readonly TaskCompletionSource<string> _firstError = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The first thing that went wrong.</summary>
    public Task<string> FirstError => _firstError.Task;

    public IReadOnlyList<string> All
    {
        get
        {
            lock (_notes)
            {
                return [.. _notes];
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string note = exception is null ? formatter(state, exception) : $"{formatter(state, exception)} {exception.Message}";
        lock (_notes)
        {
            if (_notes.Count < MaxNotes && !_notes.Contains(note))
            {
                _notes.Add(note);
            }
        }

        if (logLevel >= LogLevel.Error)
        {
            _firstError.TrySetResult(note);
        }
    }

    public void Dispose()
    {
    }
}
