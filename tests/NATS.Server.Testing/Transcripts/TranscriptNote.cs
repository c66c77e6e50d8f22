using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace NATS.Server.Testing.Transcripts;

/// <summary>
/// Thread-safe. Writes down what a connection received in a form that two servers must agree on: what differs between any two runs
/// (ids, ports, nonces, keys) becomes a placeholder, everything else stays.
/// </summary>
public static partial class TranscriptNote
{
    // INFO fields whose value belongs to one run or one build. That they are present, and where, is still compared.
    private static readonly HashSet<string> VaryingFields = new(StringComparer.Ordinal)
    {
        "server_id", "server_name", "version", "go", "git_commit", "port", "client_id", "nonce", "xkey",
    };

    // INFO fields that announce what is outside of the core protocol: the JetStream API and the key of the authorization service.
    private static readonly HashSet<string> ExtraFields = new(StringComparer.Ordinal) { "api_lvl", "xkey" };

    /// <summary>The received bytes as lines, each with its CRLF written out, and INFO with placeholders.</summary>
    public static IEnumerable<string> Lines(string received, bool keepsPings, bool keepsWholeInfo)
    {
        ArgumentNullException.ThrowIfNull(received);
        received = ServiceText.Normalise(received);
        int from = 0;
        while (from < received.Length)
        {
            int end = received.IndexOf("\r\n", from, StringComparison.Ordinal);
            string line = end < 0 ? received[from..] : received[from..end];
            from = end < 0 ? received.Length : end + 2;
            if (line == "PING" && end >= 0 && !keepsPings) continue;
            if (line.StartsWith("INFO {", StringComparison.Ordinal)) yield return "INFO " + Info(line[5..], keepsWholeInfo) + @"\r\n";
            else yield return Printable(line) + (end < 0 ? "" : @"\r\n");
        }
    }

    /// <summary>A log line without process id and time, with placeholders for addresses and connection ids.</summary>
    public static string LogLine(string line)
    {
        string text = ConnectionId().Replace(Address().Replace(LogPrefix().Replace(line, ""), "ADDRESS"), "cid:N");
        return ParserState().Replace(WrittenSoFar().Replace(text, "with N chunks of N total bytes"), "parser ERROR");
    }

    private static string Info(string json, bool whole)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            IEnumerable<string> fields = document.RootElement.EnumerateObject()
                .Where(field => whole || !ExtraFields.Contains(field.Name))
                .Select(field => field.Name + "=" + (VaryingFields.Contains(field.Name) ? Placeholder(field) : field.Value.GetRawText()));
            return "{" + string.Join(", ", fields) + (json.EndsWith(' ') ? "} " : "}");
        }
        catch (JsonException)
        {
            return "(not JSON) " + Printable(json);
        }
    }

    private static string Placeholder(JsonProperty field) => field.Value.ValueKind == JsonValueKind.String
        ? (field.Value.GetString()!.Length == 0 ? "\"\"" : "STRING")
        : field.Value.ValueKind.ToString().ToUpperInvariant();

    private static string Printable(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (char character in text)
        {
            if (character is >= ' ' and <= '~' and not '\\') result.Append(character);
            else result.Append($"\\x{(int)character:X2}");
        }

        return LongRun().Replace(result.ToString(), x => $"{x.Value[0]}<x{x.Length}>");
    }

    [GeneratedRegex(@"(.)\1{40,}")]
    private static partial Regex LongRun();

    [GeneratedRegex(@"^\[\d+\] \d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{6} ")]
    private static partial Regex LogPrefix();

    [GeneratedRegex(@"\b127\.0\.0\.1:\d+")]
    private static partial Regex Address();

    [GeneratedRegex(@"with \d+ chunks of \d+ total bytes")]
    private static partial Regex WrittenSoFar();

    // The reference tells the number of its parser's state and a piece of its buffer: neither is part of the protocol.
    [GeneratedRegex("parser ERROR, state=.*")]
    private static partial Regex ParserState();

    [GeneratedRegex(@"\bcid:\d+")]
    private static partial Regex ConnectionId();
}
