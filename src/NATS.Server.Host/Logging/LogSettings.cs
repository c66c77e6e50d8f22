using NATS.Server.Options;

namespace NATS.Server.Host.Logging;

/// <summary>The options that say what is logged, where, and how. Immutable; equal settings need no change.</summary>
internal sealed record LogSettings
{
    public string LogFile { get; init; } = "";

    /// <summary>Bytes after which the file is rotated; 0 never.</summary>
    public long LogSizeLimit { get; init; }

    /// <summary>Files kept, the current one included; 0 keeps all.</summary>
    public long LogMaxFiles { get; init; }

    public bool Syslog { get; init; }

    /// <summary>URL of a syslog server; empty: none.</summary>
    public string RemoteSyslog { get; init; } = "";
    public bool Logtime { get; init; } = true;
    public bool LogtimeUtc { get; init; }
    public bool Debug { get; init; }
    public bool Trace { get; init; }

    public static LogSettings From(ServerOptions options) => new()
    {
        LogFile = options.LogFile,
        LogSizeLimit = options.LogSizeLimit,
        LogMaxFiles = options.LogMaxFiles,
        Syslog = options.Syslog,
        RemoteSyslog = options.RemoteSyslog,
        Logtime = options.Logtime,
        LogtimeUtc = options.LogtimeUtc,
        Debug = options.Debug,
        Trace = options.Trace,
    };

    /// <summary>Whether both write to the same place in the same form, so that the open sink can stay.</summary>
    public bool HasSameSink(LogSettings other) => this with { Debug = other.Debug, Trace = other.Trace } == other;
}
