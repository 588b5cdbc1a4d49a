using Microsoft.Extensions.Logging;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>The application's logger. What it throws, as on a full disk, must not end a recording or a thread: then nothing was logged.</summary>
internal sealed class QuietLogger(ILogger logger) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => Quietly(() => logger.BeginScope(state));

    public bool IsEnabled(LogLevel logLevel) => Quietly(() => logger.IsEnabled(logLevel));

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Quietly(() =>
        {
            logger.Log(logLevel, eventId, state, exception, formatter);
            return true;
        });

    private static T? Quietly<T>(Func<T> act)
    {
        try
        {
            return act();
        }
#pragma warning disable CA1031 // It may throw anything.
        catch (Exception)
#pragma warning restore CA1031
        {
            return default;
        }
    }
}
