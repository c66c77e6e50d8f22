using System.Buffers;
using System.Text;

namespace NATS.Server.Monitoring.Http;

/// <summary>
/// Reads the head of an HTTP/1.x request: bytes in, decision out. Pure, thread-safe. Accepts and refuses what the reference's HTTP library does:
/// lines may end in a bare LF, header lines may be folded, any method is a request.
/// </summary>
internal static class HttpRequestParser
{
    private const string BadRequest = "400 Bad Request";

    // RFC 9110 token characters: methods and header names.
    private static readonly SearchValues<byte> TokenBytes = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> HostBytes =
        SearchValues.Create("!$%&()*+,-.:;='[]_~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Looks for one complete request head at the start of <paramref name="input"/>.</summary>
    /// <param name="input">Everything received and not consumed yet; may go on behind the head.</param>
    /// <param name="maxHeadBytes">A head that is longer is refused with 431.</param>
    public static HttpParseResult Parse(ReadOnlySpan<byte> input, int maxHeadBytes)
    {
        int lineEnd = input.IndexOf((byte)'\n');
        if (lineEnd < 0) return input.Length > maxHeadBytes ? TooLarge() : HttpParseResult.Incomplete;

        // The request line is judged as soon as it is there: a peer that does not speak HTTP learns it at once.
        HeadFields fields = default;
        HttpRequest? request = ParseRequestLine(TrimCarriageReturn(input[..lineEnd]), ref fields);
        if (request is null) return Invalid(BadRequest);

        int position = lineEnd + 1;
        bool isFirst = true;
        while (true)
        {
            int length = input[position..].IndexOf((byte)'\n');
            if (length < 0) return input.Length > maxHeadBytes ? TooLarge() : HttpParseResult.Incomplete;
            ReadOnlySpan<byte> line = TrimCarriageReturn(input.Slice(position, length));
            position += length + 1;
            if (position > maxHeadBytes) return TooLarge();
            if (line.IsEmpty) break;

            bool isFolded = line[0] is (byte)' ' or (byte)'\t';
            if (isFolded ? isFirst || !IsFieldValue(line) : !ParseField(line, ref fields)) return Invalid(fields.Error ?? BadRequest);
            if (isFolded && fields.LastMatters) return Invalid(BadRequest);
            isFirst = false;
        }

        return Finish(request, fields, position);
    }

    private static HttpRequest? ParseRequestLine(ReadOnlySpan<byte> line, ref HeadFields fields)
    {
        int methodEnd = line.IndexOf((byte)' ');
        if (methodEnd <= 0) return null;
        ReadOnlySpan<byte> method = line[..methodEnd];
        ReadOnlySpan<byte> rest = line[(methodEnd + 1)..];
        int targetEnd = rest.IndexOf((byte)' ');
        if (targetEnd < 0) return null;
        ReadOnlySpan<byte> target = rest[..targetEnd];
        ReadOnlySpan<byte> version = rest[(targetEnd + 1)..];
        if (method.ContainsAnyExcept(TokenBytes)) return null;
        if (version.Length != 8 || !version.StartsWith("HTTP/"u8) || version[6] != '.' || !IsDigit(version[5]) || !IsDigit(version[7])) return null;
        if (target.IsEmpty || ContainsControl(target)) return null;

        int minor = version[7] - '0';
        fields.IsSupportedVersion = version[5] == '1';
        string methodText = Encoding.ASCII.GetString(method);
        if (methodText == "CONNECT" && target[0] != '/')
        {
            return new HttpRequest { Method = methodText, RawPath = "", Path = "", MinorVersion = minor, KeepAlive = false };
        }

        if (target is [(byte)'*'])
        {
            return methodText == "OPTIONS" ? new HttpRequest { Method = methodText, RawPath = "*", Path = "*", MinorVersion = minor } : null;
        }

        if (target[0] != '/' && !TrySkipAuthority(ref target)) return null;
        int question = target.IndexOf((byte)'?');
        ReadOnlySpan<byte> rawPath = question < 0 ? target : target[..question];
        ReadOnlySpan<byte> rawQuery = question < 0 ? default : target[(question + 1)..];
        if (!UrlPath.TryDecode(rawPath, out string path)) return null;

        return new HttpRequest
        {
            Method = methodText,
            RawPath = Encoding.Latin1.GetString(rawPath),
            Path = path,
            RawQuery = Encoding.Latin1.GetString(rawQuery),
            MinorVersion = minor,
        };
    }

    // absolute-form: a proxy's way to write a target, scheme://authority/path
    private static bool TrySkipAuthority(ref ReadOnlySpan<byte> target)
    {
        int scheme = target.IndexOf("://"u8);
        if (scheme <= 0 || !char.IsAsciiLetter((char)target[0])) return false;
        foreach (byte b in target[..scheme])
        {
            if (!char.IsAsciiLetterOrDigit((char)b) && b is not ((byte)'+' or (byte)'-' or (byte)'.')) return false;
        }

        ReadOnlySpan<byte> authorityAndPath = target[(scheme + 3)..];
        int path = authorityAndPath.IndexOfAny((byte)'/', (byte)'?');
        target = path < 0 ? default : authorityAndPath[path..];
        return true;
    }

    private static bool ParseField(ReadOnlySpan<byte> line, ref HeadFields fields)
    {
        int colon = line.IndexOf((byte)':');
        if (colon <= 0) return false;
        ReadOnlySpan<byte> name = line[..colon];
        if (name.ContainsAnyExcept(TokenBytes))
        {
            // Space before the colon is the classic way to smuggle a header past a proxy.
            if (name.TrimEnd((byte)' ').IndexOfAnyExcept(TokenBytes) < 0) fields.Error = "400 Bad Request: invalid header name";
            return false;
        }

        ReadOnlySpan<byte> value = line[(colon + 1)..].Trim(" \t"u8);
        if (!IsFieldValue(value)) return false;

        fields.LastMatters = true;
        if (Ascii.EqualsIgnoreCase(name, "host"u8))
        {
            fields.HostCount++;
            fields.IsHostMalformed |= value.ContainsAnyExcept(HostBytes);
        }
        else if (Ascii.EqualsIgnoreCase(name, "connection"u8))
        {
            foreach (Range range in value.Split((byte)','))
            {
                ReadOnlySpan<byte> option = value[range].Trim(" \t"u8);
                fields.AskedToClose |= Ascii.EqualsIgnoreCase(option, "close"u8);
                fields.AskedToKeepAlive |= Ascii.EqualsIgnoreCase(option, "keep-alive"u8);
            }
        }
        else if (Ascii.EqualsIgnoreCase(name, "content-length"u8))
        {
            if (!TryReadLength(value, out long length) || (fields.HasContentLength && fields.ContentLength != length)) return false;
            fields.HasContentLength = true;
            fields.ContentLength = length;
        }
        else if (Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8))
        {
            if (fields.IsChunked) return false;
            fields.IsChunked = Ascii.EqualsIgnoreCase(value, "chunked"u8);
            fields.IsUnknownEncoding |= !fields.IsChunked;
        }
        else if (Ascii.EqualsIgnoreCase(name, "expect"u8))
        {
            fields.ExpectsContinue = Ascii.EqualsIgnoreCase(value, "100-continue"u8);
            fields.IsUnknownExpectation |= !fields.ExpectsContinue;
        }
        else
        {
            fields.LastMatters = false;
        }

        return true;
    }

    private static HttpParseResult Finish(HttpRequest request, HeadFields fields, int headBytes)
    {
        if (!fields.IsSupportedVersion) return HttpParseResult.Invalid(505, "505 HTTP Version Not Supported: unsupported protocol version");
        if (fields.IsUnknownEncoding) return HttpParseResult.Invalid(501, "Unsupported transfer encoding");
        if (fields.HostCount > 1) return Invalid(BadRequest);
        if (fields.HostCount == 0 && request.MinorVersion > 0 && request.Method != "CONNECT")
        {
            return Invalid("400 Bad Request: missing required Host header");
        }

        if (fields.IsHostMalformed) return Invalid("400 Bad Request: malformed Host header");
        if (fields.IsUnknownExpectation) return HttpParseResult.Invalid(417, "");

        // Nothing served here has a use for a body. One with a known length is skipped; behind a chunked one, or one that waits for our word, the
        // connection is closed instead, which also leaves nothing to smuggle in.
        bool isPersistent = request.MinorVersion > 0 ? !fields.AskedToClose : fields.AskedToKeepAlive && !fields.AskedToClose;
        bool isBodySkippable = !fields.IsChunked && !fields.ExpectsContinue;
        return HttpParseResult.Complete(
            request with
            {
                KeepAlive = request.KeepAlive && isPersistent && isBodySkippable && request.Method != "CONNECT",
                MustConfirmKeepAlive = request.MinorVersion == 0 && isPersistent && isBodySkippable,
                BodyBytes = isBodySkippable ? fields.ContentLength : 0,
            },
            headBytes);
    }

    private static bool TryReadLength(ReadOnlySpan<byte> value, out long length)
    {
        length = 0;
        if (value.IsEmpty || value.Length > 18) return false;
        foreach (byte b in value)
        {
            if (!IsDigit(b)) return false;
            length = (length * 10) + (b - '0');
        }

        return true;
    }

    private static ReadOnlySpan<byte> TrimCarriageReturn(ReadOnlySpan<byte> line) => line is [.., (byte)'\r'] ? line[..^1] : line;

    private static bool ContainsControl(ReadOnlySpan<byte> text)
    {
        foreach (byte b in text)
        {
            if (b < 0x20 || b == 0x7f) return true;
        }

        return false;
    }

    private static bool IsFieldValue(ReadOnlySpan<byte> value)
    {
        foreach (byte b in value)
        {
            if ((b < 0x20 && b != '\t') || b == 0x7f) return false;
        }

        return true;
    }

    private static bool IsDigit(byte b) => b is >= (byte)'0' and <= (byte)'9';

    private static HttpParseResult Invalid(string text) => HttpParseResult.Invalid(400, text);

    private static HttpParseResult TooLarge() => HttpParseResult.Invalid(431, "431 Request Header Fields Too Large");

    /// <summary>The header fields that decide about the request; all others are only checked for their form.</summary>
    private ref struct HeadFields
    {
        public bool IsSupportedVersion;
        public int HostCount;
        public bool IsHostMalformed;
        public bool AskedToClose;
        public bool AskedToKeepAlive;
        public bool HasContentLength;
        public long ContentLength;
        public bool IsChunked;
        public bool IsUnknownEncoding;
        public bool ExpectsContinue;
        public bool IsUnknownExpectation;

        // The previous line was one of the fields above: folding it would change a value that was already judged.
        public bool LastMatters;
        public string? Error;
    }
}
