using System.Text;

namespace NATS.Server.Monitoring.Http;

/// <summary>One answer, complete in memory. Owned by the task that serves the request; disposing it returns the body's buffer.</summary>
internal sealed class HttpResponse : IDisposable
{
    public const string PlainText = "text/plain; charset=utf-8";
    public const string Html = "text/html; charset=utf-8";
    public const string Json = "application/json";

    private readonly PooledBuffer? _pooled;
    private readonly ReadOnlyMemory<byte> _bytes;

    public HttpResponse(int status, string? contentType, ReadOnlyMemory<byte> body)
    {
        Status = status;
        ContentType = contentType;
        _bytes = body;
    }

    public HttpResponse(int status, string? contentType, PooledBuffer body)
    {
        Status = status;
        ContentType = contentType;
        _pooled = body;
    }

    public int Status { get; }

    public string? ContentType { get; }

    /// <summary>Further header lines, each ended by CRLF.</summary>
    public string ExtraHeaders { get; init; } = "";

    /// <summary>Called once when the response has been written or given up.</summary>
    public Action? Disposed { get; set; }

    public ReadOnlyMemory<byte> Body => _pooled?.WrittenMemory ?? _bytes;

    public static HttpResponse Text(int status, string text) => new(status, text.Length > 0 ? PlainText : null, Encoding.UTF8.GetBytes(text));

    /// <summary>The status line and headers, to be followed by <see cref="Body"/>.</summary>
    public byte[] Head(HttpRequest? request, DateTimeOffset now)
    {
        bool keepAlive = request is { KeepAlive: true };
        var head = new StringBuilder(256);
        head.Append(request is { MinorVersion: 0 } ? "HTTP/1.0 " : "HTTP/1.1 ").Append(Status).Append(' ').Append(ReasonPhrase(Status)).Append("\r\n");
        head.Append(ExtraHeaders);
        if (ContentType is not null) head.Append("Content-Type: ").Append(ContentType).Append("\r\n");
        head.Append("Date: ").Append(now.ToString("r")).Append("\r\n");
        head.Append("Content-Length: ").Append(Body.Length).Append("\r\n");
        if (!keepAlive) head.Append("Connection: close\r\n");
        else if (request!.MustConfirmKeepAlive) head.Append("Connection: keep-alive\r\n");
        head.Append("\r\n");
        return Encoding.ASCII.GetBytes(head.ToString());
    }

    public void Dispose()
    {
        _pooled?.Dispose();
        Action? disposed = Disposed;
        Disposed = null;
        disposed?.Invoke();
    }

    private static string ReasonPhrase(int status) => status switch
    {
        200 => "OK",
        301 => "Moved Permanently",
        400 => "Bad Request",
        404 => "Not Found",
        417 => "Expectation Failed",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Status",
    };
}
