namespace NATS.Server.Host.Signals;

/// <summary>What a signal asks a running server to do.</summary>
internal enum ServerSignal : byte
{
    /// <summary>SIGINT: shut down, also in lame duck mode.</summary>
    Interrupt,

    /// <summary>SIGTERM: shut down, unless a lame duck shutdown is under way.</summary>
    Terminate,

    /// <summary>SIGHUP: read the configuration again.</summary>
    Reload,

    /// <summary>SIGUSR1: reopen the log file.</summary>
    ReopenLog,

    /// <summary>SIGUSR2: enter lame duck mode.</summary>
    LameDuck,
}
