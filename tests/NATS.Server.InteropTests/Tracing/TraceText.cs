using System.Text.Json.Nodes;

namespace NATS.Server.InteropTests.Tracing;

/// <summary>Thread-safe. What two servers must agree on in the trace of a message: all but the server, times and the numbers of connections.</summary>
internal static class TraceText
{
    public static string Normalise(string json)
    {
        JsonObject trace = JsonNode.Parse(json)!.AsObject();
        string fields = string.Join(' ', trace.Select(field => field.Key));
        trace.Remove("server");
        foreach (JsonNode? step in trace["events"]!.AsArray())
        {
            step!["ts"] = step["ts"]!.GetValueKind().ToString();
            if (step["cid"] is { } number) step["cid"] = number.GetValueKind().ToString();
        }

        return $"{fields}: {trace.ToJsonString()}";
    }
}
