namespace NATS.Server.Monitoring.Http;

/// <summary>The head of one HTTP request. Immutable, thread-safe.</summary>
internal sealed record HttpRequest
{
    /// <summary>As sent; methods are case-sensitive.</summary>
    public required string Method { get; init; }

    /// <summary>The path as sent, percent-encoded; empty for <c>CONNECT host:port</c>, <c>*</c> for <c>OPTIONS *</c>.</summary>
    public required string RawPath { get; init; }

    /// <summary><see cref="RawPath"/> with its percent-encoding removed.</summary>
    public required string Path { get; init; }

    /// <summary>What follows the first question mark, as sent; see <see cref="UrlQuery"/>.</summary>
    public string RawQuery { get; init; } = "";

    /// <summary>Minor version of HTTP/1.x.</summary>
    public int MinorVersion { get; init; } = 1;

    /// <summary>Whether the connection may serve another request after this one.</summary>
    public bool KeepAlive { get; init; } = true;

    /// <summary>HTTP/1.0 clients that asked for a persistent connection must be told that they have it.</summary>
    public bool MustConfirmKeepAlive { get; init; }

    /// <summary>Bytes of body that follow the head and must be skipped before the next request.</summary>
    public long BodyBytes { get; init; }

    public bool IsHead => Method == "HEAD";

    public bool IsGetOrHead => Method is "GET" or "HEAD";
}
