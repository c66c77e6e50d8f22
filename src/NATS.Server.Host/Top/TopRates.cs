namespace NATS.Server.Host.Top;

/// <summary>
/// What happened in a second, from two samples of one server. A rate is null when it is not known: there is no earlier sample of the same thing, the server
/// was started again in between, or a counter went back. Immutable.
/// </summary>
internal sealed class TopRates
{
    /// <summary>Nothing is known.</summary>
    public static readonly TopRates Unknown = new();

    private readonly Dictionary<ulong, TopTraffic> _connections = [];
    private readonly Dictionary<(ulong Cid, string Sid), double> _subscriptions = [];
    private readonly Dictionary<(string Account, string Stream), StreamRates> _streams = [];
    private readonly Dictionary<(string Account, string Stream, string Consumer), ConsumerRates> _consumers = [];

    private TopRates()
    {
    }

    /// <summary>All messages and payload.</summary>
    public TopTraffic? Server { get; private init; }

    /// <summary>Requests to the JetStream API.</summary>
    public double? ApiRequests { get; private init; }

    public TopTraffic? Of(ConnectionSample connection) => _connections.TryGetValue(connection.Cid, out TopTraffic rate) ? rate : null;

    /// <summary>Messages delivered to a subscription.</summary>
    public double? Of(ConnectionSample connection, SubscriptionSample subscription) => _subscriptions.TryGetValue((connection.Cid, subscription.Sid), out double rate) ? rate : null;

    public StreamRates? Of(StreamSample stream) => _streams.TryGetValue((stream.Account, stream.Name), out StreamRates rate) ? rate : null;

    public ConsumerRates? Of(StreamSample stream, ConsumerSample consumer) =>
        _consumers.TryGetValue((stream.Account, stream.Name, consumer.Name), out ConsumerRates rate) ? rate : null;

    /// <summary>Compares two samples.</summary>
    /// <param name="before">Null when there is none.</param>
    /// <param name="now">The later one.</param>
    public static TopRates Between(TopSample? before, TopSample now)
    {
        if (before is null || before.Server.Id != now.Server.Id || before.Server.Start != now.Server.Start) return Unknown;
        var rates = new TopRates
        {
            Server = Rate(before.Server.Traffic, now.Server.Traffic, Seconds(before.Server.Now, now.Server.Now)),
            ApiRequests = before.JetStream is { } then && now.JetStream is { } jetStream ? Rate(then.ApiRequests, jetStream.ApiRequests, Seconds(then.Now, jetStream.Now)) : null,
        };
        if (before.Connections is { } earlier && now.Connections is { } later) rates.Add(earlier, later);
        if (before.JetStream is { Streams: not null } was && now.JetStream is { Streams: not null } has) rates.Add(was, has);
        return rates;
    }

    private void Add(ConnectionsSample before, ConnectionsSample now)
    {
        double seconds = Seconds(before.Now, now.Now);
        Dictionary<ulong, ConnectionSample> earlier = [];
        foreach (ConnectionSample connection in before.Items) earlier[connection.Cid] = connection;
        foreach (ConnectionSample connection in now.Items)
        {
            if (!earlier.TryGetValue(connection.Cid, out ConnectionSample? then) || then.Start != connection.Start) continue;
            if (Rate(then.Traffic, connection.Traffic, seconds) is { } rate) _connections[connection.Cid] = rate;
            Dictionary<string, SubscriptionSample> subscriptions = new(StringComparer.Ordinal);
            foreach (SubscriptionSample subscription in then.Details) subscriptions[subscription.Sid] = subscription;
            foreach (SubscriptionSample subscription in connection.Details)
            {
                if (!subscriptions.TryGetValue(subscription.Sid, out SubscriptionSample? same) || same.Subject != subscription.Subject) continue;
                if (Rate(same.Messages, subscription.Messages, seconds) is { } delivered) _subscriptions[(connection.Cid, subscription.Sid)] = delivered;
            }
        }
    }

    private void Add(JetStreamSample before, JetStreamSample now)
    {
        double seconds = Seconds(before.Now, now.Now);
        Dictionary<(string Account, string Stream), StreamSample> earlier = [];
        foreach (StreamSample stream in before.Streams!) earlier[(stream.Account, stream.Name)] = stream;
        foreach (StreamSample stream in now.Streams!)
        {
            if (!earlier.TryGetValue((stream.Account, stream.Name), out StreamSample? then) || then.Created != stream.Created) continue;
            if (Rate(then.LastSequence, stream.LastSequence, seconds) is { } stored && seconds > 0)
                _streams[(stream.Account, stream.Name)] = new StreamRates(stored, (stream.Bytes - then.Bytes) / seconds);
            Dictionary<string, ConsumerSample> consumers = new(StringComparer.Ordinal);
            foreach (ConsumerSample consumer in then.Consumers) consumers[consumer.Name] = consumer;
            foreach (ConsumerSample consumer in stream.Consumers)
            {
                if (!consumers.TryGetValue(consumer.Name, out ConsumerSample? same) || same.Created != consumer.Created) continue;
                if (Rate(same.Delivered, consumer.Delivered, seconds) is { } delivered && Rate(same.Acknowledged, consumer.Acknowledged, seconds) is { } acknowledged)
                    _consumers[(stream.Account, stream.Name, consumer.Name)] = new ConsumerRates(delivered, acknowledged);
            }
        }
    }

    private static double Seconds(DateTimeOffset before, DateTimeOffset now) => (now - before).TotalSeconds;

    private static double? Rate(double before, double now, double seconds) => seconds > 0 && now >= before ? (now - before) / seconds : null;

    private static TopTraffic? Rate(TopTraffic before, TopTraffic now, double seconds) =>
        Rate(before.InMessages, now.InMessages, seconds) is { } inMessages && Rate(before.InBytes, now.InBytes, seconds) is { } inBytes
        && Rate(before.OutMessages, now.OutMessages, seconds) is { } outMessages && Rate(before.OutBytes, now.OutBytes, seconds) is { } outBytes
            ? new TopTraffic(inMessages, inBytes, outMessages, outBytes)
            : null;
}

/// <summary>A stream in a second.</summary>
/// <param name="Messages">Stored.</param>
/// <param name="Bytes">By which it grew; negative when it shrank.</param>
internal readonly record struct StreamRates(double Messages, double Bytes);

/// <summary>A consumer in a second.</summary>
/// <param name="Delivered">Deliveries.</param>
/// <param name="Acknowledged">How far the floor of acknowledgements rose.</param>
internal readonly record struct ConsumerRates(double Delivered, double Acknowledged);
