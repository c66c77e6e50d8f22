using Microsoft.Extensions.Logging;

namespace NATS.Server.ServerTests.Hosting;

/// <summary>Thread-safe. Keeps what a server logs, as <c>Level: text</c>.</summary>
internal sealed class LogLines : ILoggerFactory, ILogger
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly List<Exception> _exceptions = [];

    public IReadOnlyList<string> All
    {
        get
        {
            lock (_gate) return [.. _lines];
        }
    }

    /// <summary>What was logged together with an exception: internal errors.</summary>
    public IReadOnlyList<Exception> Exceptions
    {
        get
        {
            lock (_gate) return [.. _exceptions];
        }
    }

    public bool Contains(string text) => All.Any(line => line.Contains(text, StringComparison.Ordinal));

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string line = $"{logLevel}: {formatter(state, exception)}";
        lock (_gate)
        {
            _lines.Add(line);
            if (exception is not null) _exceptions.Add(exception);
        }
    }

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose()
    {
    }
}
