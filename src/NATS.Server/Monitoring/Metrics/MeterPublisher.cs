using System.Diagnostics.Metrics;

namespace NATS.Server.Monitoring.Metrics;

/// <summary>
/// The metrics as a <see cref="Meter"/> named <see cref="MeterName"/>, for whoever listens in the process. Thread-safe. Costs nothing while nobody does: there
/// is one instrument then, and the first look at it makes the others. What is looked at together comes of one snapshot.
/// </summary>
internal sealed class MeterPublisher : IMetricSink, IDisposable
{
    public const string MeterName = "Nats.Server";

    // A collector asks one instrument after the other: so long they share what was gathered.
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Meter _meter;
    private readonly bool _ownsMeter;
    private readonly Action<IMetricSink> _collect;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, List<Measurement<double>>> _latest = new(StringComparer.Ordinal);
    private readonly HashSet<string> _published = new(StringComparer.Ordinal);
    private List<Measurement<double>> _current = [];
    private List<Metric> _unpublished = [];
    private long _collectedAt;
    private bool _hasCollected;
    private bool _isDisposed;

    /// <summary>Publishes the first instrument.</summary>
    /// <param name="meter">Where instruments are made.</param>
    /// <param name="first">The metric of the first instrument, which every collection has.</param>
    /// <param name="collect">Gathers all metrics.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ownsMeter">The meter ends with this; else with whoever made it, and its instruments tell nothing from then on.</param>
    public MeterPublisher(Meter meter, Metric first, Action<IMetricSink> collect, TimeProvider time, bool ownsMeter = true)
    {
        _meter = meter;
        _ownsMeter = ownsMeter;
        _collect = collect;
        _time = time;
        _published.Add(first.Name);
        Publish(first);
    }

    public void Begin(Metric metric)
    {
        _current = [];
        _latest[metric.Name] = _current;
        if (_published.Add(metric.Name)) _unpublished.Add(metric);
    }

    public void Add(MetricLabels labels, double value) => _current.Add(new Measurement<double>(value, labels.Pairs));

    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            _latest.Clear();
        }

        if (_ownsMeter) _meter.Dispose();
    }

    private void Publish(Metric metric) => _meter.CreateObservableGauge(metric.Name, () => Read(metric.Name), unit: null, metric.Help);

    private IReadOnlyList<Measurement<double>> Read(string name)
    {
        List<Metric> unpublished;
        IReadOnlyList<Measurement<double>> measurements;
        lock (_lock)
        {
            if (_isDisposed) return [];
            Refresh();
            measurements = _latest.GetValueOrDefault(name, []);
            unpublished = _unpublished;
            _unpublished = [];
        }

        // Listeners are told of new instruments at once, and may ask them back: not under the lock.
        foreach (Metric metric in unpublished) Publish(metric);
        return measurements;
    }

    private void Refresh()
    {
        if (_hasCollected && _time.GetElapsedTime(_collectedAt) < Freshness) return;
        _hasCollected = true;
        _latest.Clear();
        _collect(this);
        _collectedAt = _time.GetTimestamp();
    }
}
