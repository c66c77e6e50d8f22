namespace NATS.Server.Monitoring.Metrics;

/// <summary>Takes metrics, one after the other with all their samples. One owner.</summary>
internal interface IMetricSink
{
    /// <summary>Begins a metric; the samples that follow are of it.</summary>
    void Begin(Metric metric);

    /// <summary>A sample of the metric that was begun.</summary>
    void Add(MetricLabels labels, double value);
}

/// <summary>A metric, as all exporters of NATS's figures have it: a gauge, also where it only grows. Immutable.</summary>
/// <param name="Name">With its prefix.</param>
/// <param name="Help">For people.</param>
internal sealed record Metric(string Name, string Help);
