using System.Text;
using Microsoft.Extensions.Logging;

namespace ZeroKnowledge.Calls.Native;

/// <summary>Hands the recorder's messages to a C function.</summary>
internal sealed unsafe class NativeLog(delegate* unmanaged<void*, int, int, byte*, void> callback, void* context) : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
        // There is one place to log to.
    }

    public void Dispose()
    {
        // The callback is the caller's.
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Debug and < LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        string message = formatter(state, exception);
        byte[] text = Encoding.UTF8.GetBytes((exception is null ? message : $"{message} {exception.Message}") + '\0');
        fixed (byte* pointer = text)
        {
            callback(context, (int)logLevel, eventId.Id, pointer);
        }
    }
}
