namespace NATS.Server.Monitoring.Http;

/// <summary>What <see cref="HttpRequestParser"/> found in the bytes received so far.</summary>
internal enum HttpParseStatus
{
    /// <summary>The head is not complete yet, and nothing is wrong with what is there.</summary>
    Incomplete,
    Complete,

    /// <summary>The request is answered with an error and the connection is closed.</summary>
    Invalid,
}

/// <summary>The parser's decision. Either a request and its length, or an error, or neither.</summary>
internal readonly struct HttpParseResult
{
    private HttpParseResult(HttpParseStatus status, HttpRequest? request, int headBytes, int errorCode, string errorText)
    {
        Status = status;
        Request = request;
        HeadBytes = headBytes;
        ErrorCode = errorCode;
        ErrorText = errorText;
    }

    public static HttpParseResult Incomplete => default;

    public HttpParseStatus Status { get; }

    /// <summary>Set when <see cref="Status"/> is <see cref="HttpParseStatus.Complete"/>.</summary>
    public HttpRequest? Request { get; }

    /// <summary>Length of the head including the empty line that ends it.</summary>
    public int HeadBytes { get; }

    /// <summary>HTTP status code of an invalid request.</summary>
    public int ErrorCode { get; }

    /// <summary>Body of the answer to an invalid request.</summary>
    public string ErrorText { get; } = "";

    public static HttpParseResult Complete(HttpRequest request, int headBytes) => new(HttpParseStatus.Complete, request, headBytes, 0, "");

    public static HttpParseResult Invalid(int code, string text) => new(HttpParseStatus.Invalid, null, 0, code, text);
}
