using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.JetStream.Api;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Engine;
using NATS.Server.Options;
using JetStreamStream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.Monitoring.Metrics;

/// <summary>The figures of JetStream: of the server, of accounts, of streams and of consumers, the first of each by name. One owner; a look at what changes meanwhile.</summary>
internal sealed class JetStreamMetrics
{
    private const string Yes = "true";

    private static readonly (string Name, string Help, Func<StreamShown, double?> Value)[] StreamFigures =
    [
        ("total_messages", "Messages of a stream", static stream => stream.State.Messages),
        ("total_bytes", "Bytes of a stream", static stream => stream.State.Bytes),
        ("first_seq", "First sequence of a stream", static stream => stream.State.FirstSequence),
        ("last_seq", "Last sequence of a stream", static stream => stream.State.LastSequence),
        ("consumer_count", "Consumers of a stream", static stream => stream.State.Consumers),
        ("subject_count", "Subjects of a stream", static stream => stream.State.SubjectCount),
        ("limit_bytes", "Bytes that a stream may have; -1 is no limit", static stream => stream.Info.Config.MaxBytes),
        ("limit_messages", "Messages that a stream may have; -1 is no limit", static stream => stream.Info.Config.MaxMessages),
    ];

    private static readonly (string Name, string Help, Func<StreamSourceInfo, double> Value)[] OriginFigures =
    [
        ("lag", "Messages that are still to be copied", static origin => origin.Lag),
        ("active_duration_ns", "Nanoseconds since the other stream was heard of; -1 is never", static origin => origin.ActiveNs),
    ];

    private static readonly (string Name, string Help, Func<ConsumerInfo, double?> Value)[] ConsumerFigures =
    [
        ("last_delivery_seconds", "Seconds since the last delivery", static consumer => Since(consumer, consumer.Delivered)),
        ("last_ack_seconds", "Seconds since the last acknowledgement", static consumer => Since(consumer, consumer.AckFloor)),
        ("delivered_consumer_seq", "Last sequence of a consumer", static consumer => consumer.Delivered.Consumer),
        ("delivered_stream_seq", "Last sequence of the stream that was delivered", static consumer => consumer.Delivered.Stream),
        ("num_ack_pending", "Messages that wait for an acknowledgement", static consumer => consumer.AckPending),
        ("num_redelivered", "Messages that were delivered again", static consumer => consumer.Redelivered),
        ("num_waiting", "Pull requests that wait", static consumer => consumer.Waiting),
        ("num_pending", "Messages that are still to be delivered", static consumer => consumer.Pending),
        ("ack_floor_stream_seq", "Sequence of the stream below which all is acknowledged", static consumer => consumer.AckFloor.Stream),
        ("ack_floor_consumer_seq", "Sequence of the consumer below which all is acknowledged", static consumer => consumer.AckFloor.Consumer),
    ];

    private readonly IMetricSink _sink;
    private readonly MetricNames _names;
    private readonly MetricsOptions _options;
    private readonly MetricLabels _server;
    private readonly string _serverName;
    private readonly ServerSnapshot _snapshot;
    private readonly List<StreamShown> _streams = [];
    private readonly List<(MetricLabels Labels, ConsumerInfo Info)> _consumers = [];
    private int _streamCount;
    private long _consumerCount;
    private ulong _messages;
    private ulong _bytes;

    private JetStreamMetrics(IMetricSink sink, MetricNames names, ServerSnapshot snapshot)
    {
        _sink = sink;
        _names = names;
        _options = snapshot.Options.Metrics;
        _snapshot = snapshot;
        _serverName = snapshot.ServerName;
        _server = new MetricLabels(
            ("server_id", snapshot.ServerId),
            ("server_name", snapshot.ServerName),
            ("cluster", ""),
            ("domain", snapshot.JetStream.Config?.Domain ?? ""),
            ("meta_leader", ""),
            ("is_meta_leader", Yes));
    }

    /// <summary>Writes all figures.</summary>
    /// <returns>How many streams and consumers were left out.</returns>
    public static (long Streams, long Consumers) Write(IMetricSink sink, MetricNames names, IMonitoredServer server, ServerSnapshot snapshot) =>
        new JetStreamMetrics(sink, names, snapshot).Write(server);

    private static double? Since(ConsumerInfo consumer, SequenceInfo what) => what.LastActiveNs == 0 ? null : (consumer.TimestampNs - what.LastActiveNs) / 1e9;

    private (long Streams, long Consumers) Write(IMonitoredServer server)
    {
        JetStreamAccount[] accounts = server.JetStream is { } engine ? [.. engine.Accounts.OrderBy(static account => account.Name, StringComparer.Ordinal)] : [];
        MetricLabels[] labels = [.. accounts.Select(account => LabelsOf(account, server))];
        for (int i = 0; i < accounts.Length; i++) Look(accounts[i], labels[i]);
        WriteServer(server.JetStream is null);
        WriteAccounts(accounts, labels);
        WriteStreams();
        WriteConsumers();
        return (_streamCount - _streams.Count, _consumerCount - _consumers.Count);
    }

    private MetricLabels LabelsOf(JetStreamAccount account, IMonitoredServer server)
    {
        string name = server.DisplayNameOf(account.Name);
        return _server.With(("account", name), ("account_name", name), ("account_id", account.Name));
    }

    private void Look(JetStreamAccount account, MetricLabels labels)
    {
        foreach (JetStreamStream stream in account.Streams)
        {
            StreamStateInfo state = StreamReport.StateOf(stream);
            _streamCount++;
            _consumerCount += state.Consumers;
            _messages += state.Messages;
            _bytes += state.Bytes;
            if (_streams.Count >= _options.MaxStreams) continue;
            MetricLabels ofStream = labels.With(("stream_name", stream.Name), ("stream_leader", _serverName), ("is_stream_leader", Yes), ("stream_raft_group", ""));
            _streams.Add(new StreamShown(ofStream, state, StreamReport.Of(stream, account.Engine.Services, state, showsServer: false)));
            foreach (Consumer consumer in stream.Consumers.Where(static consumer => !consumer.Config.Direct).OrderBy(static consumer => consumer.Name, StringComparer.Ordinal))
            {
                if (_consumers.Count >= _options.MaxConsumers) break;
                MetricLabels ofConsumer = ofStream.With(
                    ("consumer_name", consumer.Name), ("consumer_leader", _serverName), ("is_consumer_leader", Yes), ("consumer_desc", consumer.Config.Description));
                _consumers.Add((ofConsumer, consumer.Info()));
            }
        }
    }

    private void WriteServer(bool isDisabled)
    {
        One("jetstream_disabled", "Whether JetStream is off", isDisabled ? 1 : 0);
        One("max_memory", "Bytes in memory that there may be", _snapshot.JetStream.Config?.MaxMemory ?? 0);
        One("max_storage", "Bytes in files that there may be", _snapshot.JetStream.Config?.MaxStorage ?? 0);
        One("total_streams", "Streams", _streamCount);
        One("total_consumers", "Consumers", _consumerCount);
        One("total_messages", "Messages of all streams", _messages);
        One("total_message_bytes", "Bytes of all streams", _bytes);

        void One(string name, string help, double value)
        {
            _sink.Begin(_names.JetStream("server", name, help));
            _sink.Add(_server, value);
        }
    }

    private void WriteAccounts(JetStreamAccount[] accounts, MetricLabels[] labels)
    {
        int shown = Math.Min(accounts.Length, _options.MaxAccounts);
        All("max_storage", "Bytes in files that an account may have", static account => Limit(account)?.MaxStorage);
        All("max_memory", "Bytes in memory that an account may have", static account => Limit(account)?.MaxMemory);
        All("storage_used", "Bytes in files of an account", static account => account.Storage);
        All("memory_used", "Bytes in memory of an account", static account => account.Memory);

        static AccountLimits? Limit(JetStreamAccount account) => account.Tiers.ByName.GetValueOrDefault("");

        void All(string name, string help, Func<JetStreamAccount, long?> value)
        {
            if (shown == 0) return;
            _sink.Begin(_names.JetStream("account", name, help));

            // No limit is the greatest number, as in /jsz.
            for (int i = 0; i < shown; i++) _sink.Add(labels[i], value(accounts[i]) is { } number ? unchecked((ulong)number) : 0);
        }
    }

    private void WriteStreams()
    {
        if (_streams.Count == 0) return;
        foreach ((string name, string help, Func<StreamShown, double?> value) in StreamFigures)
        {
            _sink.Begin(_names.JetStream("stream", name, help));
            foreach (StreamShown stream in _streams)
            {
                if (value(stream) is { } number) _sink.Add(stream.Labels, number);
            }
        }

        WriteOrigins("source", static stream => stream.Info.Sources);
        WriteOrigins("mirror", static stream => stream.Info.Mirror is { } mirror ? [mirror] : []);
    }

    private void WriteOrigins(string kind, Func<StreamShown, IReadOnlyList<StreamSourceInfo>> select)
    {
        (MetricLabels Labels, StreamSourceInfo Origin)[] origins =
        [
            .. _streams.SelectMany(stream => select(stream).Select((origin, index) => (LabelsOf(stream.Labels, kind, origin, index), origin))),
        ];
        if (origins.Length == 0) return;
        foreach ((string name, string help, Func<StreamSourceInfo, double> value) in OriginFigures)
        {
            _sink.Begin(_names.JetStream("stream", $"{kind}_{name}", help));
            foreach ((MetricLabels labels, StreamSourceInfo origin) in origins) _sink.Add(labels, value(origin));
        }
    }

    // One stream can be a source several times, by different filters: each needs labels of its own.
    private static MetricLabels LabelsOf(MetricLabels stream, string kind, StreamSourceInfo origin, int index)
    {
        MetricLabels labels = stream.With((kind + "_name", origin.Name), (kind + "_api", origin.External?.ApiPrefix ?? ""), (kind + "_deliver", origin.External?.DeliverPrefix ?? ""));
        return index == 0 ? labels : labels.With((kind + "_index", index.ToString(System.Globalization.CultureInfo.InvariantCulture)));
    }

    private void WriteConsumers()
    {
        if (_consumers.Count == 0) return;
        foreach ((string name, string help, Func<ConsumerInfo, double?> value) in ConsumerFigures)
        {
            _sink.Begin(_names.JetStream("consumer", name, help));
            foreach ((MetricLabels labels, ConsumerInfo info) in _consumers)
            {
                if (value(info) is { } number) _sink.Add(labels, number);
            }
        }
    }

    /// <summary>A stream with series of its own.</summary>
    private sealed record StreamShown(MetricLabels Labels, StreamStateInfo State, StreamInfo Info);
}
