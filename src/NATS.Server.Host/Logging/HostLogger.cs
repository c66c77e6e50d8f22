using Microsoft.Extensions.Logging;

namespace NATS.Server.Host.Logging;

/// <summary>
/// The process's log: one logger for all categories over one sink, both changed at run time by <see cref="Apply"/>. Thread-safe; logging never throws.
/// </summary>
internal sealed class HostLogger : ILoggerFactory, ILogger
{
    private readonly LogSinks _sinks;
    private readonly Lock _lock = new();
    private ILogSink _sink;
    private LogSettings _settings;
    private volatile bool _isDebug;
    private volatile bool _isTrace;

    /// <summary>Opens the sink.</summary>
    /// <exception cref="LogSinkException">The sink cannot be opened.</exception>
    public HostLogger(LogSinks sinks, LogSettings settings)
    {
        _sinks = sinks;
        _settings = settings;
        _sink = sinks.Open(settings);
        _isDebug = settings.Debug;
        _isTrace = settings.Trace;
    }

    public ILogger CreateLogger(string categoryName) => this;

    /// <summary>Not possible: this process has one sink.</summary>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("the server process has one log sink, chosen by its options");

    /// <summary>Changes levels and sink. The new sink is open before the old one is closed; no line is lost.</summary>
    /// <exception cref="LogSinkException">The new sink cannot be opened; nothing has changed.</exception>
    public void Apply(LogSettings settings)
    {
        lock (_lock)
        {
            if (!_settings.HasSameSink(settings))
                Replace(settings);
            _settings = settings;
            _isDebug = settings.Debug;
            _isTrace = settings.Trace;
        }
    }

    /// <summary>Closes and opens the log file, after a tool has moved it away; says so in the log.</summary>
    /// <exception cref="LogSinkException">The file cannot be opened; the old one stays open.</exception>
    public void Reopen()
    {
        lock (_lock)
        {
            var isFile = _settings.LogFile.Length > 0;
            if (isFile)
                Replace(_settings);
            _sink.Write(LogLevel.Information, isFile ? "File log re-opened" : "File log re-open ignored, not a file logger");
        }
    }

    public bool IsEnabled(LogLevel logLevel) => logLevel switch
    {
        LogLevel.None => false,
        LogLevel.Trace => _isTrace,
        LogLevel.Debug => _isDebug,
        _ => true,
    };

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;
        var text = formatter(state, exception);
        if (exception is not null)
            text = $"{text}: {exception}";
        lock (_lock)
            _sink.Write(logLevel, text);
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose()
    {
        lock (_lock)
            _sink.Dispose();
    }

    private void Replace(LogSettings settings)
    {
        var old = _sink;
        _sink = _sinks.Open(settings);
        old.Dispose();
    }
}
