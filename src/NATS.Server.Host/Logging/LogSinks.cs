using NATS.Server.Core.Config;

namespace NATS.Server.Host.Logging;

/// <summary>Opens the sink that settings ask for: a file, else a syslog server, else the machine's syslog, else standard error. Thread-safe.</summary>
/// <param name="time">The clock of the lines.</param>
/// <param name="executableName">The tag of syslog messages.</param>
/// <param name="standardError">The stream of last resort.</param>
/// <param name="hasColors">Whether standard error is a terminal.</param>
internal sealed class LogSinks(TimeProvider time, string executableName, Stream standardError, bool hasColors)
{
    /// <summary>Opens what the settings ask for.</summary>
    /// <exception cref="LogSinkException">It cannot be opened.</exception>
    public ILogSink Open(LogSettings settings)
    {
        if (settings.LogFile.Length > 0)
            return OpenFile(settings);
        if (settings.RemoteSyslog.Length > 0)
        {
            return SyslogTarget.TryParse(settings.RemoteSyslog, out var target, out var error)
                ? OpenSyslog(target)
                : throw new LogSinkException(error);
        }
        return settings.Syslog ? OpenSyslog(SyslogTarget.Machine) : new StandardErrorSink(LineOf(settings, hasColors), standardError);
    }

    private FileSink OpenFile(LogSettings settings)
    {
        try
        {
            return new FileSink(settings.LogFile, settings.LogSizeLimit, settings.LogMaxFiles, LineOf(settings, withColors: false), time, ReportTrouble);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new LogSinkException($"error opening file: {ErrorText.FileError("open", settings.LogFile, exception)}", exception);
        }
    }

    private SyslogSink OpenSyslog(SyslogTarget target)
    {
        try
        {
            return new SyslogSink(target, executableName, time, ReportTrouble);
        }
        catch (SyslogException exception)
        {
            throw new LogSinkException($"error connecting to syslog: {GoFormat.Quote(exception.Message)}", exception);
        }
    }

    private LogLine LineOf(LogSettings settings, bool withColors) =>
        new(settings.Logtime ? time : null, settings.LogtimeUtc, withColors, Environment.ProcessId);

    private void ReportTrouble(string text) =>
        new StandardErrorSink(new LogLine(time, isUtc: false, hasColors, Environment.ProcessId), standardError).Write(Microsoft.Extensions.Logging.LogLevel.Error, text);
}
