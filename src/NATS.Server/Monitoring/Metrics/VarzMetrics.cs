using System.Text.Json;
using NATS.Server.Monitoring.Http;

namespace NATS.Server.Monitoring.Metrics;

/// <summary>
/// Turns <c>/varz</c> into metrics as the exporter does: every number gets a name of the fields on the way to it; of texts those that identify the server
/// are shown as labels. Pure.
/// </summary>
internal static class VarzMetrics
{
    private const string Endpoint = "varz";

    // Ports and timeouts of other servers, which the exporter leaves out as well.
    private static readonly HashSet<string> Skipped = new(StringComparer.Ordinal)
    {
        "leaf", "trusted_operators_claim", "cluster_tls_timeout", "cluster_cluster_port", "cluster_auth_timeout", "gateway_port", "gateway_auth_timeout",
        "gateway_tls_timeout", "gateway_connect_retries",
    };

    private static readonly HashSet<string> Texts = new(StringComparer.Ordinal)
    {
        "server_id", "server_name", "version", "domain", "leader", "name", "start", "config_load_time",
    };

    public static void Write(IMetricSink sink, MetricNames names, MetricLabels server, Varz varz)
    {
        using var json = new PooledBuffer();
        MonitoringJson.Write(json, varz, MonitoringJson.Default.Varz, indented: false);
        using JsonDocument document = JsonDocument.Parse(json.WrittenMemory);
        Write(sink, names, server, document.RootElement, "", []);
    }

    private static void Write(IMetricSink sink, MetricNames names, MetricLabels server, JsonElement element, string path, HashSet<string> written)
    {
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string name = NameOf(path, property.Name);
            if (name.Length == 0 || Skipped.Contains(name)) continue;
            switch (property.Value.ValueKind)
            {
                case JsonValueKind.Object:
                    Write(sink, names, server, property.Value, name, written);
                    break;
                case JsonValueKind.Number when written.Add(name):
                    sink.Begin(names.Core(Endpoint, name, $"{name} of /varz"));
                    sink.Add(server, property.Value.GetDouble());
                    break;
                case JsonValueKind.String when Texts.Contains(property.Name) && written.Add(name):
                    WriteText(sink, names.Core(Endpoint, name, $"{name} of /varz"), server, property.Value);
                    break;
            }
        }
    }

    // Times are milliseconds since 1970.
    private static void WriteText(IMetricSink sink, Metric metric, MetricLabels server, JsonElement text)
    {
        sink.Begin(metric);
        if (text.TryGetDateTimeOffset(out DateTimeOffset time)) sink.Add(server, time.ToUnixTimeMilliseconds());
        else sink.Add(server.With(("value", text.GetString()!)), 1);
    }

    /// <summary>The name of a field, as the exporter makes it of the path: <c>http_req_stats</c> and <c>/varz</c> give <c>http_req_stats_varz</c>.</summary>
    private static string NameOf(string path, string field)
    {
        string name = (path.Length > 0 ? path + "_" + field : field).Replace('/', '_').Trim('_');
        while (name.Contains("__", StringComparison.Ordinal)) name = name.Replace("__", "_");
        return name;
    }
}
