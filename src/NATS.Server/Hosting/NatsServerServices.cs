using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Server.Auth;

namespace NATS.Server;

/// <summary>What an embedder may give a server beside its options.</summary>
public sealed record NatsServerServices
{
    /// <summary>Where the server logs; nowhere by default.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>The clock of all deadlines and times shown.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Makes the meter <c>Nats.Server</c>; without one the server makes it itself, and disposes it when it stops.</summary>
    public IMeterFactory? MeterFactory { get; init; }

    /// <summary>The command line that monitoring shows, without secrets; empty: none is shown.</summary>
    public IReadOnlyList<string> CommandLine { get; init; } = [];

    /// <summary>An embedder's own authentication; replaces what is configured.</summary>
    public AuthenticationDelegate? Authentication { get; init; }

    /// <summary>The same for an embedder that waits for others; it goes before <see cref="Authentication"/>.</summary>
    public AsyncAuthenticationDelegate? AsyncAuthentication { get; init; }

    /// <summary>
    /// Does what the server is asked to by <c>$SYS.REQ.SERVER.ID.RELOAD</c>: reads the configuration anew and passes it to <see cref="NatsServer.Reload"/>. Says why
    /// that failed; null when it did not. Without it such requests are refused.
    /// </summary>
    public Func<string?>? Reload { get; init; }
}

/// <summary>A server could not be started; the message says why, in the reference's words where it has some.</summary>
public sealed class NatsServerException : Exception
{
    public NatsServerException()
    {
    }

    public NatsServerException(string message)
        : base(message)
    {
    }

    public NatsServerException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
