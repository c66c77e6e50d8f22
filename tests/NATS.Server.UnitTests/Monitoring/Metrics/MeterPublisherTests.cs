using System.Diagnostics.Metrics;
using NATS.Server.Monitoring.Metrics;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.Monitoring.Metrics;

public sealed class MeterPublisherTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(FakeMonitoredServer.Start);
    private readonly Meter _meter = new("Test." + nameof(MeterPublisherTests));
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, double> _seen = new(StringComparer.Ordinal);
    private readonly MeterPublisher _publisher;
    private int _collections;

    public MeterPublisherTests()
    {
        _publisher = new MeterPublisher(_meter, new Metric("first", "h"), Collect, _time);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == _meter) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => _seen[instrument.Name + (tags.Length > 0 ? "/" + tags[0].Value : "")] = value);
        _listener.Start();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _publisher.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public void Nothing_is_gathered_while_nobody_looks() => Assert.Equal(0, _collections);

    [Fact]
    public void The_first_look_makes_all_instruments_and_those_looked_at_together_share_a_collection()
    {
        _listener.RecordObservableInstruments();
        _listener.RecordObservableInstruments();
        Assert.Equal(1, _collections);
        Assert.Equal(["first/S", "second/S"], _seen.Keys.Order(StringComparer.Ordinal));
        Assert.Equal((1, 2), (_seen["first/S"], _seen["second/S"]));
    }

    [Fact]
    public void What_is_old_is_gathered_anew()
    {
        _listener.RecordObservableInstruments();
        _time.Advance(TimeSpan.FromSeconds(2));
        _listener.RecordObservableInstruments();
        Assert.Equal(2, _collections);
        Assert.Equal(2, _seen["first/S"]);
    }

    [Fact]
    public void After_the_end_nothing_is_told()
    {
        _publisher.Dispose();
        _listener.RecordObservableInstruments();
        Assert.Empty(_seen);
    }

    private void Collect(IMetricSink sink)
    {
        _collections++;
        var labels = new MetricLabels(("server_id", "S"));
        sink.Begin(new Metric("first", "h"));
        sink.Add(labels, _collections);
        sink.Begin(new Metric("second", "h"));
        sink.Add(labels, 2);
    }
}
