using NATS.Server.Options;

namespace NATS.Server.Monitoring.Metrics;

/// <summary>
/// The names of metrics: those of the exporter that users of nats-server run beside it, so that its dashboards show this server. A prefix stands instead of
/// both of the exporter's own. Immutable.
/// </summary>
internal sealed class MetricNames(MetricsOptions options)
{
    private readonly string _core = options.Prefix.Length > 0 ? options.Prefix : "gnatsd";
    private readonly string _jetStream = options.Prefix.Length > 0 ? options.Prefix : "jetstream";

    /// <summary>A figure of a monitoring endpoint.</summary>
    public Metric Core(string endpoint, string name, string help) => new($"{_core}_{endpoint}_{name}", help);

    /// <summary>A figure of JetStream.</summary>
    /// <param name="subject"><c>server</c>, <c>account</c>, <c>stream</c> or <c>consumer</c>.</param>
    /// <param name="name">The figure.</param>
    /// <param name="help">For people.</param>
    public Metric JetStream(string subject, string name, string help) => new($"{_jetStream}_{subject}_{name}", help);
}
