namespace NATS.Server.Host.Logging;

/// <summary>A syslog daemon could not be reached; the message says which and why.</summary>
internal sealed class SyslogException(string message, Exception? inner = null) : Exception(message, inner);
