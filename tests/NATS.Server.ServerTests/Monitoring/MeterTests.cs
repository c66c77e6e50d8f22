using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using NATS.Server.Options;
using NATS.Server.ServerTests.Hosting;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Monitoring;

/// <summary>The meter of a running server, as a listener in the process sees it.</summary>
public sealed partial class MeterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, Instrument> _instruments = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _values = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();
    private string _serverId = "";

    public MeterTests()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Nats.Server") listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>(Note);
        _listener.Start();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_the_documentation_names_is_told_with_its_value(bool hasFactory)
    {
        using var factory = new MeterFactory();
        await using NatsServer server = await StartAsync(hasFactory ? factory : null);
        await using RawClient client = await server.ConnectAsync();
        await FillAsync(client);
        Look(server);

        // The order in which others made theirs does not matter, but all come by the one meter.
        if (hasFactory) Assert.All(_instruments.Values, instrument => Assert.Same(factory.Made, instrument.Meter));
        Assert.All(_instruments.Values, static instrument =>
        {
            Assert.IsType<ObservableGauge<double>>(instrument);
            Assert.Null(instrument.Unit);
            Assert.NotEmpty(instrument.Description!);
            Assert.Equal("2.15.1", instrument.Meter.Version);
        });
        string[] documented = [.. MetricName().Matches(await File.ReadAllTextAsync(Repository.PathOf("docs", "METRICS.md"), TestContext.Current.CancellationToken)).Select(static match => match.Value).Distinct(StringComparer.Ordinal)];
        Assert.True(documented.Length > 10);
        Assert.All(documented, name => Assert.Contains(_instruments.Keys, made => name.EndsWith('_') ? made.StartsWith(name, StringComparison.Ordinal) : made == name));

        (string Name, double Value)[] expected =
        [
            ("gnatsd_varz_in_msgs", 9), ("gnatsd_varz_connections", 1), ("gnatsd_varz_slow_consumers", 0), ("gnatsd_connz_num_connections", 1), ("gnatsd_connz_subscriptions", 2),
            ("gnatsd_healthz_status", 0), ("gnatsd_healthz_status_value/ok", 1), ("gnatsd_accstatz_current_connections/$G", 1), ("gnatsd_varz_jetstream_config_max_storage", 1 << 30),
            ("jetstream_server_total_streams", 1), ("jetstream_server_total_consumers", 1), ("jetstream_server_total_messages", 2), ("jetstream_account_memory_used/$G", 0),
            ("jetstream_stream_total_messages/ORDERS", 2), ("jetstream_stream_last_seq/ORDERS", 2), ("jetstream_stream_consumer_count/ORDERS", 1), ("jetstream_consumer_num_pending/worker", 2),
            ("gnatsd_metrics_left_out/accounts", 0), ("gnatsd_metrics_left_out/streams", 0), ("gnatsd_metrics_left_out/consumers", 0),
        ];
        Assert.Equal(expected, expected.Select(each => (each.Name, _values.GetValueOrDefault(each.Name, double.NaN))));
        Assert.True(_values["jetstream_stream_total_bytes/ORDERS"] > 0);
        Assert.Equal(_values["jetstream_stream_total_bytes/ORDERS"], _values["jetstream_account_storage_used/$G"]);
    }

    [Fact]
    public async Task Who_brings_the_meter_keeps_it_and_one_that_the_server_made_ends_with_it()
    {
        using var factory = new MeterFactory();
        HashSet<Instrument> ended = [];
        _listener.MeasurementsCompleted = (instrument, _) =>
        {
            lock (ended) ended.Add(instrument);
        };
        await using (NatsServer server = await StartAsync(null)) Look(server);
        Instrument[] own = [.. _instruments.Values];
        Assert.All(own, instrument => Assert.Contains(instrument, ended));

        _instruments.Clear();
        await using (NatsServer server = await StartAsync(factory)) Look(server);
        Assert.NotEmpty(_instruments);
        Assert.False(factory.Made!.IsDisposed);
        Assert.All(_instruments.Values, instrument => Assert.DoesNotContain(instrument, ended));

        // Its instruments say nothing any more.
        _values.Clear();
        _listener.RecordObservableInstruments();
        Assert.Empty(_values);
    }

    private Task<NatsServer> StartAsync(MeterFactory? factory)
    {
        ServerOptions options = Embedded.Options with { JetStream = new JetStreamOptions { StoreDirectory = _folder.Path, MaxStorage = 1 << 30 } };
        return NatsServer.StartAsync(options, new NatsServerServices { TimeProvider = new ClockWithoutTicks(), MeterFactory = factory });
    }

    // The first look makes the instruments, the second one asks them all.
    private void Look(NatsServer server)
    {
        _serverId = server.ServerId;
        _listener.RecordObservableInstruments();
        _listener.RecordObservableInstruments();
    }

    // Other tests run servers in this process too.
    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        string last = "";
        bool isOwn = false;
        foreach ((string name, object? tag) in tags)
        {
            if (name == "server_id") isOwn = (string?)tag == _serverId;
            else if (name is "account" or "stream_name" or "consumer_name" or "value" or "what") last = $"/{tag}";
        }

        if (!isOwn) return;
        _instruments[instrument.Name] = instrument;
        _values[instrument.Name + last] = value;
    }

    private static async Task FillAsync(RawClient client)
    {
        await client.SendAsync("SUB foo 1\r\nSUB answer 2\r\n");
        for (int i = 0; i < 4; i++) await client.SendAsync("PUB foo 5\r\nhello\r\n");
        await AskAsync("STREAM.CREATE.ORDERS", "{\"name\":\"ORDERS\",\"subjects\":[\"orders.>\"]}");
        await AskAsync("CONSUMER.CREATE.ORDERS.worker", "{\"stream_name\":\"ORDERS\",\"config\":{\"durable_name\":\"worker\",\"ack_policy\":\"explicit\"}}");
        for (int sequence = 1; sequence <= 2; sequence++)
        {
            await client.SendAsync("PUB orders.new answer 5\r\nhello\r\n");
            await client.ReadUntilAsync($"\"seq\":{sequence}}}");
        }

        await AskAsync("CONSUMER.NAMES.ORDERS", "{}");

        async Task AskAsync(string subject, string request)
        {
            await client.SendAsync($"PUB $JS.API.{subject} answer {request.Length}\r\n{request}\r\n");
            await client.ReadUntilAsync("\"type\":");
            await client.PingAsync();
        }
    }

    [GeneratedRegex("(gnatsd|jetstream)_[a-z_]+", RegexOptions.ExplicitCapture)]
    private static partial Regex MetricName();

    private sealed class MeterFactory : IMeterFactory
    {
        public KeptMeter? Made { get; private set; }

        public Meter Create(MeterOptions options) => Made = new KeptMeter(options);

        public void Dispose() => Made?.Dispose();
    }

    private sealed class KeptMeter(MeterOptions options) : Meter(options)
    {
        public bool IsDisposed { get; private set; }

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }
}
