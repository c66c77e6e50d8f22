namespace NATS.Server.Host.Logging;

/// <summary>The configured log cannot be opened; the message says which and why.</summary>
internal sealed class LogSinkException(string message, Exception? inner = null) : Exception(message, inner);
