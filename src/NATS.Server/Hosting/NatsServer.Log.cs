using Microsoft.Extensions.Logging;

namespace NATS.Server;

/// <summary>Log lines of the server's life, in the reference's words: scripts wait for them.</summary>
public sealed partial class NatsServer
{
    private static partial class Log
    {
        [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Starting nats-server")]
        public static partial void Starting(ILogger logger);

        [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "  Version:  {Version}")]
        public static partial void Version(ILogger logger, string version);

        [LoggerMessage(EventId = 3, Level = LogLevel.Information, Message = "  Git:      [{Commit}]")]
        public static partial void Git(ILogger logger, string commit);

        [LoggerMessage(EventId = 4, Level = LogLevel.Debug, Message = "  Go build: {Runtime}")]
        public static partial void Runtime(ILogger logger, string runtime);

        [LoggerMessage(EventId = 5, Level = LogLevel.Information, Message = "  Name:     {Name}")]
        public static partial void Name(ILogger logger, string name);

        [LoggerMessage(EventId = 36, Level = LogLevel.Information, Message = "  Node:     {Node}")]
        public static partial void Node(ILogger logger, string node);

        [LoggerMessage(EventId = 37, Level = LogLevel.Warning, Message = "The option `default_js_domain` is a temporary backwards compatibility measure and will be removed")]
        public static partial void DefaultDomains(ILogger logger);

        [LoggerMessage(EventId = 6, Level = LogLevel.Information, Message = "  ID:       {Id}")]
        public static partial void Id(ILogger logger, string id);

        [LoggerMessage(EventId = 7, Level = LogLevel.Information, Message = "Using configuration file: {File} {Digest}")]
        public static partial void ConfigFile(ILogger logger, string file, string digest);

        [LoggerMessage(EventId = 8, Level = LogLevel.Information, Message = "Listening for client connections on {Address}")]
        public static partial void Listening(ILogger logger, string address);

        [LoggerMessage(EventId = 9, Level = LogLevel.Information, Message = "Server is ready")]
        public static partial void Ready(ILogger logger);

        [LoggerMessage(EventId = 10, Level = LogLevel.Error, Message = "Temporary Client Accept Error({Error}), sleeping {Milliseconds}ms")]
        public static partial void AcceptError(ILogger logger, string error, long milliseconds);

        [LoggerMessage(EventId = 11, Level = LogLevel.Information, Message = "Initiating Shutdown...")]
        public static partial void InitiatingShutdown(ILogger logger);

        [LoggerMessage(EventId = 12, Level = LogLevel.Information, Message = "Server Exiting..")]
        public static partial void Exiting(ILogger logger);

        [LoggerMessage(EventId = 13, Level = LogLevel.Information, Message = "Entering lame duck mode, stop accepting new clients")]
        public static partial void EnteringLameDuck(ILogger logger);

        [LoggerMessage(EventId = 14, Level = LogLevel.Information, Message = "Closing existing clients")]
        public static partial void ClosingClients(ILogger logger);

        [LoggerMessage(EventId = 15, Level = LogLevel.Warning, Message = "Plaintext passwords detected, use nkeys or bcrypt")]
        public static partial void PlaintextPasswords(ILogger logger);

        [LoggerMessage(EventId = 16, Level = LogLevel.Information, Message = "  Feature flag: {Name}={Value}")]
        public static partial void FeatureFlag(ILogger logger, string name, bool value);

        [LoggerMessage(EventId = 18, Level = LogLevel.Information, Message = "{Notice}")]
        public static partial void Reloaded(ILogger logger, string notice);

        [LoggerMessage(EventId = 19, Level = LogLevel.Error, Message = "{Problem}")]
        public static partial void AccountProblem(ILogger logger, string problem);

        [LoggerMessage(EventId = 30, Level = LogLevel.Information, Message = "TLS available for client connections")]
        public static partial void TlsAvailable(ILogger logger);

        [LoggerMessage(EventId = 31, Level = LogLevel.Information, Message = "TLS required for client connections")]
        public static partial void TlsRequired(ILogger logger);

        [LoggerMessage(EventId = 32, Level = LogLevel.Warning, Message = "Clients that are not using \"TLS Handshake First\" option will fail to connect")]
        public static partial void TlsHandshakeFirst(ILogger logger);

        [LoggerMessage(EventId = 33, Level = LogLevel.Warning, Message = "Rejected {Count} connections due to TLS rate limiting")]
        public static partial void RefusedHandshakes(ILogger logger, long count);

        [LoggerMessage(EventId = 34, Level = LogLevel.Information, Message = "OCSP peer cache online, type [{Kind}]")]
        public static partial void OcspCacheOnline(ILogger logger, string kind);

        [LoggerMessage(EventId = 35, Message = "{Text}")]
        public static partial void Notice(ILogger logger, LogLevel level, string text);

        [LoggerMessage(EventId = 17, Level = LogLevel.Error, Message = "Internal error: the connection it came from is closed")]
        public static partial void Fault(ILogger logger, Exception exception);
    }
}
