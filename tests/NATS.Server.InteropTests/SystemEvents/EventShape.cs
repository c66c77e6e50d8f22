using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace NATS.Server.InteropTests.SystemEvents;

/// <summary>
/// Makes JSON of two servers comparable as text: what has to differ between two runs is replaced by what it looks like, all else stays, with the order of
/// the fields.
/// </summary>
internal static partial class EventShape
{
    private static readonly HashSet<string> Times = new(StringComparer.Ordinal)
    {
        "start", "stop", "timestamp", "time", "now", "last_activity", "config_load_time", "created", "update_time", "ts", "first_ts", "last_ts", "last_active",
    };

    // Names of this run and texts that say how long something took.
    private static readonly HashSet<string> Texts = new(StringComparer.Ordinal) { "server_id", "go", "uptime", "idle", "rtt", "config_digest", "jwt", "xkey" };

    // Figures of the process, of its own subscriptions and of a cache that works differently.
    private static readonly HashSet<string> Figures = new(StringComparer.Ordinal)
    {
        "id", "cid", "port", "seq", "rtt", "mem", "cpu", "http_port", "num_cache", "num_inserts", "num_removes", "num_matches", "cache_hit_rate", "max_fanout",
        "avg_fanout", "pending_bytes", "max_memory", "max_storage",
    };

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The text of JSON, or of anything else as it is.</summary>
    /// <param name="text">JSON.</param>
    /// <param name="figures">Further numbers that depend on the process.</param>
    public static string Of(string text, params string[] figures)
    {
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return text;
        }

        Replace(root, [.. figures]);
        return root?.ToJsonString(Plain) ?? "null";
    }

    private static void Replace(JsonNode? node, HashSet<string> figures)
    {
        if (node is JsonArray array)
        {
            foreach (JsonNode? item in array) Replace(item, figures);
        }

        if (node is not JsonObject parent) return;
        foreach ((string name, JsonNode? value) in parent.ToArray())
        {
            if (value is not JsonValue leaf) Replace(value, figures);
            else if (Placeholder(name, leaf, figures) is { } placeholder) parent[name] = placeholder;
        }
    }

    private static JsonNode? Placeholder(string name, JsonValue value, HashSet<string> figures)
    {
        if (value.GetValueKind() == JsonValueKind.Number) return Figures.Contains(name) || figures.Contains(name) ? 0 : null;
        if (value.GetValueKind() != JsonValueKind.String) return null;
        string text = value.GetValue<string>();
        if (text.Length == 0) return null;
        if (Times.Contains(name)) return Time().IsMatch(text) ? "TIME" : null;
        if (name == "id") return EventId().IsMatch(text) ? "EVENT" : ServerId().IsMatch(text) ? "SERVER" : null;
        return Texts.Contains(name) ? "TEXT" : null;
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?(Z|[+-]\d\d:\d\d)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Time();

    [GeneratedRegex("^[0-9A-Za-z]{22}$")]
    private static partial Regex EventId();

    [GeneratedRegex("^N[A-Z2-7]{55}$")]
    private static partial Regex ServerId();
}
