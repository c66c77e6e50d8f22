using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Delivery;

/// <summary>
/// Whether a request asks for its latency to be measured, by the headers of distributed tracing: Jaeger's <c>Uber-Trace-Id</c>, Zipkin's <c>X-B3-…</c> and
/// <c>b3</c>, W3C's <c>Traceparent</c>; the first of them that is there decides. Pure.
/// </summary>
internal static class LatencySampling
{
    private const string UberTrace = "Uber-Trace-Id";
    private const string UberContextPrefix = "Uberctx-";
    private const string TraceParent = "Traceparent";
    private const string TraceState = "Tracestate";
    private const string B3 = "B3";
    private const string B3Sampled = "X-B3-Sampled";
    private const string B3TraceId = "X-B3-Traceid";
    private const string B3ParentSpanId = "X-B3-Parentspanid";
    private const string B3SpanId = "X-B3-Spanid";

    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = GoJsonEncoder.Instance, SkipValidation = true };

    /// <summary>Reads a header block.</summary>
    /// <param name="block">The request's headers; empty without.</param>
    /// <param name="json">The headers that decided, as a JSON object of lists, for the measurement; null when it is not asked for.</param>
    public static bool IsAskedFor(ReadOnlySpan<byte> block, out byte[]? json)
    {
        json = null;
        if (block.IsEmpty) return false;
        SortedDictionary<string, List<string>> headers = Read(block);
        Func<string, bool>? isPart = Decide(headers);
        if (isPart is null) return false;
        json = ToJson(headers.Where(header => isPart(header.Key)));
        return true;
    }

    /// <summary>Which headers belong to the measurement; null when there is to be none.</summary>
    private static Func<string, bool>? Decide(SortedDictionary<string, List<string>> headers)
    {
        if (headers.TryGetValue(UberTrace, out List<string>? uber))
        {
            return UberSamples(uber[0]) ? static key => key == UberTrace || key.StartsWith(UberContextPrefix, StringComparison.Ordinal) : null;
        }

        if (headers.TryGetValue(B3Sampled, out List<string>? sampled) && sampled[0] is "0" or "1") return sampled[0] == "1" ? IsB3Part : null;
        if (headers.ContainsKey(B3TraceId)) return IsB3Part;
        if (headers.TryGetValue(B3, out List<string>? b3))
        {
            string[] parts = b3[0].Split('-');
            bool denied = (parts.Length > 2 && parts[2] == "0") || (parts.Length == 1 && parts[0] == "0");
            return denied ? null : static key => key == B3;
        }

        if (headers.TryGetValue(TraceParent, out List<string>? parent))
        {
            return TraceParentSamples(parent[0]) ? static key => key is TraceParent or TraceState : null;
        }

        return null;
    }

    private static bool IsB3Part(string key) => key is B3Sampled or B3TraceId or B3ParentSpanId or B3SpanId;

    // 479fefe9525eddb:5adb976bfc1f95c1:479fefe9525eddb:1
    private static bool UberSamples(string value) =>
        value.Split(':') is [_, _, _, { Length: 1 or 2 } flags]
        && byte.TryParse(flags, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte bits) && (bits & 1) == 1;

    // 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01; flags above 7f are no number to the reference.
    private static bool TraceParentSamples(string value) =>
        value.Split('-') is [_, _, _, { Length: 2 } flags]
        && byte.TryParse(flags, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte bits) && bits <= 0x7F && (bits & 1) == 1;

    private static SortedDictionary<string, List<string>> Read(ReadOnlySpan<byte> block)
    {
        SortedDictionary<string, List<string>> headers = new(StringComparer.Ordinal);
        foreach (MessageHeaders.MessageHeader header in MessageHeaders.Enumerate(block))
        {
            string key = Canonical(Encoding.Latin1.GetString(header.Key));
            if (!headers.TryGetValue(key, out List<string>? values)) headers[key] = values = [];
            values.Add(Encoding.UTF8.GetString(header.Value.Trim(" \t"u8)));
        }

        return headers;
    }

    /// <summary>Upper case at the start and behind every hyphen, lower case elsewhere.</summary>
    private static string Canonical(string key) => string.Create(key.Length, key, static (text, from) =>
    {
        bool upper = true;
        for (int i = 0; i < from.Length; i++)
        {
            text[i] = upper ? char.ToUpperInvariant(from[i]) : char.ToLowerInvariant(from[i]);
            upper = from[i] == '-';
        }
    });

    private static byte[] ToJson(IEnumerable<KeyValuePair<string, List<string>>> headers)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(buffer, JsonOptions);
        writer.WriteStartObject();
        foreach ((string key, List<string> values) in headers)
        {
            writer.WriteStartArray(key);
            foreach (string value in values) writer.WriteStringValue(value);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
