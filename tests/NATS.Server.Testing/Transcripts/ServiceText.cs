using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace NATS.Server.Testing.Transcripts;

/// <summary>
/// Thread-safe. Puts placeholders for what differs between any two runs of requests to services: reply subjects, and the times, ids and keys in JSON that
/// the server writes.
/// </summary>
internal static partial class ServiceText
{
    private const string InfoKey = "\r\nNats-Request-Info: {";

    private static readonly HashSet<string> VaryingFields = new(StringComparer.Ordinal)
    {
        "start", "stop", "timestamp", "time", "rtt", "id", "seq", "service", "system", "total", "ts", "cid",
    };

    // The reference lists subjects of permissions in any order.
    private static readonly HashSet<string> UnorderedFields = new(StringComparer.Ordinal) { "allow", "deny" };

    public static string Normalise(string received)
    {
        received = ServiceReply().Replace(received, reply => "_R_.REPLY" + (reply.Groups["mark"].Success ? ".MEASURED" : ""));
        received = NobodyAnswers().Replace(received, "${head} N N${status}");
        if (received.Contains(InfoKey, StringComparison.Ordinal)) received = Request().Replace(received, NormaliseRequest);
        return ServerJson().Replace(received, message => $"{message.Groups["head"].Value} N\r\n{Json(message.Groups["json"].Value)}\r\n");
    }

    // The sizes are compared without the header's value.
    private static string NormaliseRequest(Match message)
    {
        int headerSize = int.Parse(message.Groups["headers"].ValueSpan, CultureInfo.InvariantCulture);
        int size = int.Parse(message.Groups["size"].ValueSpan, CultureInfo.InvariantCulture);
        string block = message.Groups["block"].Value;
        int start = block.IndexOf(InfoKey, StringComparison.Ordinal);
        if (start < 0) return message.Value;
        start += InfoKey.Length - 1;
        int end = block.IndexOf("\r\n", start, StringComparison.Ordinal);
        string json = block[start..end];
        return $"{message.Groups["head"].Value} {headerSize - json.Length}+ {size - json.Length}+\r\n{block[..start]}{Json(json)}{block[end..]}";
    }

    private static string Json(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            var note = new StringBuilder();
            Append(note, document.RootElement);
            return note.ToString();
        }
        catch (JsonException)
        {
            return text;
        }
    }

    private static void Append(StringBuilder note, JsonElement element)
    {
        string separator = "";
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                note.Append('{');
                foreach (JsonProperty field in element.EnumerateObject())
                {
                    note.Append(separator).Append(field.Name).Append('=');
                    if (VaryingFields.Contains(field.Name)) note.Append(field.Value.ValueKind.ToString().ToUpperInvariant());
                    else if (UnorderedFields.Contains(field.Name)) note.AppendJoin('|', field.Value.EnumerateArray().Select(item => item.GetRawText()).Order(StringComparer.Ordinal));
                    else Append(note, field.Value);
                    separator = ", ";
                }

                note.Append('}');
                break;
            case JsonValueKind.Array:
                note.Append('[');
                foreach (JsonElement item in element.EnumerateArray())
                {
                    note.Append(separator);
                    Append(note, item);
                    separator = ", ";
                }

                note.Append(']');
                break;
            default:
                note.Append(ServerKey().Replace(element.GetRawText(), "KEY"));
                break;
        }
    }

    // The status names the subject, whose length is the server's own business.
    [GeneratedRegex(@"(?<head>HMSG \S+ \S+) \d+ \d+(?<status>\r\nNATS/1\.0 503\r\nNats-Subject: _R_\.REPLY)", RegexOptions.ExplicitCapture)]
    private static partial Regex NobodyAnswers();

    [GeneratedRegex(@"\b_R_\.[0-9A-Za-z]{6}\.[0-9A-Za-z]+(?<mark>\.[0-9A-Za-z]{8}\.T)?")]
    private static partial Regex ServiceReply();

    [GeneratedRegex(@"(?<head>HMSG [^\r\n]+?) (?<headers>\d+) (?<size>\d+)\r\n(?<block>NATS/1\.0.*?\r\n\r\n)", RegexOptions.Singleline)]
    private static partial Regex Request();

    // The reference puts a second blank where a reply subject would stand.
    [GeneratedRegex(@"(?<head>MSG [^\r\n ]+ [^\r\n ]+(?: [^\r\n ]+)?) {1,2}\d+\r\n(?<json>\{""(?:type"":""io\.nats\.|server"":\{)[^\r\n]*)\r\n")]
    private static partial Regex ServerJson();

    [GeneratedRegex("N[A-Z2-7]{55}")]
    private static partial Regex ServerKey();
}
