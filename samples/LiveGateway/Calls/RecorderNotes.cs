using Microsoft.Extensions.Logging;

namespace LiveGateway.Calls;

/// <summary>What the recorder logs as a warning or worse, for the screen: a gateway would send it to its log.</summary>
internal sealed class RecorderNotes : ILoggerFactory, ILogger
{
    private readonly Dictionary<int, (string First, int Count)> _notes = [];
    private readonly TaskCompletionSource<string> _firstError = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The first thing that went wrong.</summary>
    public Task<string> FirstError => _firstError.Task;

    /// <summary>The first of each kind, and how many there were.</summary>
    public IReadOnlyList<string> All
    {
        get
        {
            lock (_notes)
            {
                return [.. _notes.Values.Select(note => note.Count == 1 ? note.First : $"{note.First} ({note.Count - 1} more of this kind.)")];
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
            _notes[eventId.Id] = _notes.TryGetValue(eventId.Id, out (string First, int Count) known) ? (known.First, known.Count + 1) : (note, 1);
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
