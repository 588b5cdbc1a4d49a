using Microsoft.Extensions.Logging;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>What a recorder warns of, on standard error.</summary>
internal sealed class StandardErrorLog : ILoggerFactory, ILogger
{
    public static readonly StandardErrorLog Instance = new();

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Console.Error.WriteLine($"{logLevel} {eventId.Id}: {formatter(state, exception)} {exception}");
}
