namespace NATS.Server.Connections.Tls;

/// <summary>A handshake failed.</summary>
/// <param name="message">What the log shows, in the reference's words where it has some.</param>
/// <param name="inner">Where it came from.</param>
internal sealed class TlsHandshakeException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>More for the debug log; empty when there is none.</summary>
    public string Detail { get; init; } = "";

    /// <summary>Caused by something that is no client at all, such as a port scan: not worth an error in the log.</summary>
    public bool IsProbe { get; init; }

    /// <summary>For who asks why the connection was closed.</summary>
    public CloseDetail ToCloseDetail() => new(Detail.Length == 0 ? Message : $"{Message} ({Detail})");
}
