using System.Globalization;

namespace NATS.Server.Host.Top;

/// <summary>What a view says, as lines and tables of any size. Pure.</summary>
internal static class TopPage
{
    /// <summary>Above the names of connections.</summary>
    public const string NameHead = "NAME";

    private const int GraphLabel = 13;
    private const int GraphScale = 22;
    private const string Steps = " ▁▂▃▄▅▆▇█";

    /// <summary>The lines about the server that stand above every view.</summary>
    /// <param name="state">How it is shown.</param>
    /// <param name="frame">What is shown.</param>
    /// <param name="isShort">Leaves out who the server is.</param>
    public static IEnumerable<TopLine> Head(TopState state, TopFrame frame, bool isShort)
    {
        ServerSample server = frame.Sample?.Server ?? new ServerSample();
        bool isRaw = state.IsRaw;
        TopTraffic total = server.Traffic;
        TopTraffic? rate = frame.Rates.Server;
        yield return Line($"NATS server version {server.Version} (uptime: {server.Uptime})  {frame.Address}");
        if (!isShort)
        {
            yield return Line($"Server: {(server.Name == server.Id ? "" : server.Name)}");
            yield return Line($"  ID:   {server.Id}");
        }

        string load = $"  Load: CPU:  {TopText.Decimal(server.Cpu)}%  Memory: {TopText.Bytes(server.Memory)}  Slow Consumers: {server.SlowConsumers}";
        yield return new TopLine(load, server.SlowConsumers > 0 ? TopStyle.Alert : TopStyle.Plain);
        yield return Traffic("In: ", total.InMessages, total.InBytes, rate?.InMessages, rate?.InBytes, isRaw);
        yield return Traffic("Out:", total.OutMessages, total.OutBytes, rate?.OutMessages, rate?.OutBytes, isRaw);
    }

    /// <summary>The line above the table of a view.</summary>
    public static string Title(TopState state, TopFrame frame)
    {
        switch (state.View)
        {
            case TopView.Connections:
                if (frame.Sample?.Connections is not { } connections) return "Connections Polled:";
                return $"Connections Polled: {connections.Items.Count} of {connections.Total}, by {state.ConnectionOrder}{(state.ShowsRates ? ", in a second" : "")}";
            case TopView.Subscriptions:
                if (frame.Sample?.Connections is null) return "Subscriptions:";
                if (frame.Sample.Connections.Items is not [var connection, ..]) return state.Cid is { } cid ? $"There is no connection {cid}" : "There are no connections";
                return TopText.Printable($"Subscriptions: {connection.Details.Count}, of connection {connection.Cid} {HostOf(state, frame, connection)} {connection.Name}".TrimEnd());
            case TopView.Streams:
                if (frame.Sample?.JetStream is not { } jetStream) return "Streams:";
                return jetStream.IsDisabled ? "JetStream is not enabled" : $"Streams: {jetStream.StreamCount}, by {state.StreamOrder}  Consumers: {jetStream.ConsumerCount}";
            default:
                return "";
        }
    }

    /// <summary>The table of a view; null for the one that has none.</summary>
    public static TopTable? Table(TopState state, TopFrame frame) => state.View switch
    {
        TopView.Connections => Connections(state, frame),
        TopView.Subscriptions => Subscriptions(state, frame),
        TopView.Streams => Streams(state, frame),
        _ => null,
    };

    /// <summary>What more there is to say about the server.</summary>
    /// <param name="state">How it is shown.</param>
    /// <param name="frame">What is shown.</param>
    /// <param name="width">Places in a line: graphs are as long as there is room.</param>
    public static IEnumerable<TopLine> Server(TopState state, TopFrame frame, int width)
    {
        if (frame.Sample?.Server is not { } server) yield break;
        bool isRaw = state.IsRaw;
        yield return Line($"Connections:    {server.Connections} of at most {server.MaxConnections}, {server.TotalConnections} since the start");
        yield return Line($"Subscriptions:  {server.Subscriptions}");
        yield return Line($"Routes:         {server.Routes}  Leaf nodes: {server.LeafNodes}  Cores: {server.Cores}");
        yield return Line($"Slow consumers: {server.SlowConsumers}  Stalled clients: {server.StalledClients}  Stale connections: {server.StaleConnections}");
        if (frame.Sample.JetStream is { } jetStream)
        {
            yield return Line(jetStream.IsDisabled
                ? "JetStream:      not enabled"
                : $"JetStream:      {jetStream.StreamCount} streams, {jetStream.ConsumerCount} consumers, {TopText.Count(jetStream.Messages, isRaw)} messages, {TopText.Bytes(jetStream.Bytes, isRaw)} bytes");
            if (!jetStream.IsDisabled)
            {
                yield return Line($"  Memory:       {TopText.Bytes(jetStream.Memory, isRaw)} of {TopText.Bytes(jetStream.MaxMemory, isRaw)}  Storage: {TopText.Bytes(jetStream.Storage, isRaw)} of {TopText.Bytes(jetStream.MaxStorage, isRaw)}");
                yield return Line($"  API:          {TopText.Count(jetStream.ApiRequests, isRaw)} requests, {TopText.Decimal(frame.Rates.ApiRequests)}/s, {TopText.Count(jetStream.ApiErrors, isRaw)} errors");
            }
        }

        if (frame.History.Items.Count == 0) yield break;
        yield return default;
        yield return Graph("Msgs in/s", frame.History, static rate => rate.InMessages, value => TopText.Count(value, isRaw), width);
        yield return Graph("Msgs out/s", frame.History, static rate => rate.OutMessages, value => TopText.Count(value, isRaw), width);
        yield return Graph("Bytes in/s", frame.History, static rate => rate.InBytes, value => TopText.Bytes(value, isRaw), width);
        yield return Graph("Bytes out/s", frame.History, static rate => rate.OutBytes, value => TopText.Bytes(value, isRaw), width);
    }

    /// <summary>Address or name of a connection.</summary>
    public static string HostOf(TopState state, TopFrame frame, ConnectionSample connection) =>
        state.LooksUpNames && frame.NameOf(connection.Ip) is { } name
            ? name
            : string.Create(CultureInfo.InvariantCulture, $"{(connection.Ip.Contains(':', StringComparison.Ordinal) ? $"[{connection.Ip}]" : connection.Ip)}:{connection.Port}");

    private static TopTable Connections(TopState state, TopFrame frame)
    {
        IReadOnlyList<ConnectionSample> connections = frame.Sample?.Connections?.Items ?? [];
        bool hasNames = connections.Any(static connection => connection.Name.Length > 0);
        bool hasAccounts = connections.Any(static connection => connection.Account is not ("" or "$G"));
        var table = new TopTable(
            [
                new("HOST", 0, IsNumber: false, Minimum: 15, Maximum: 40),
                new("CID", 0),
                new(NameHead, hasNames ? 1 : TopColumn.Hidden, IsNumber: false, Minimum: 8, Maximum: 32, Shrinks: true),
                new("SUBS", 0),
                new("PENDING", 3),
                new("MSGS_TO", 1),
                new("MSGS_FROM", 1),
                new("BYTES_TO", 2),
                new("BYTES_FROM", 2),
                new("LANG", 7, IsNumber: false, Maximum: 12),
                new("VERSION", 8, IsNumber: false, Maximum: 12),
                new("UPTIME", 4),
                new("LAST_ACTIVITY", 9, IsNumber: false),
                new("ACCOUNT", hasAccounts ? 5 : TopColumn.Hidden, IsNumber: false, Maximum: 32),
                new("SUBSCRIPTIONS", state.ShowsSubjects ? 0 : TopColumn.Hidden, IsNumber: false, Maximum: TopColumn.Unbounded),
            ]);
        foreach (ConnectionSample connection in connections)
        {
            TopTraffic? rate = state.ShowsRates ? frame.Rates.Of(connection) : connection.Traffic;
            table.Add(
                HostOf(state, frame, connection),
                connection.Cid.ToString(CultureInfo.InvariantCulture),
                connection.Name,
                TopText.Whole(connection.Subscriptions),
                TopText.Bytes(connection.PendingBytes, state.IsRaw),
                TopText.CountOrUnknown(rate?.OutMessages, state.IsRaw),
                TopText.CountOrUnknown(rate?.InMessages, state.IsRaw),
                TopText.BytesOrUnknown(rate?.OutBytes, state.IsRaw),
                TopText.BytesOrUnknown(rate?.InBytes, state.IsRaw),
                connection.Language,
                connection.Version,
                connection.Uptime,
                TopText.Time(connection.LastActivity),
                connection.Account,
                string.Join(", ", connection.Subjects));
        }

        return table;
    }

    private static TopTable Subscriptions(TopState state, TopFrame frame)
    {
        var table = new TopTable(
            [
                new("SUBJECT", 0, IsNumber: false, Minimum: 24, Maximum: 80, Shrinks: true),
                new("QUEUE", 2, IsNumber: false, Maximum: 24),
                new("SID", 1, IsNumber: false, Maximum: 24),
                new("MSGS", 0, Minimum: 8),
                new("MSGS/S", 0, Minimum: 8),
                new("MAX", 3),
            ]);
        if (frame.Sample?.Connections is not { Items: [var connection, ..] }) return table;
        foreach (SubscriptionSample subscription in connection.Details)
        {
            table.Add(
                subscription.Subject,
                subscription.Queue,
                subscription.Sid,
                TopText.Count(subscription.Messages, state.IsRaw),
                TopText.Decimal(frame.Rates.Of(connection, subscription)),
                subscription.Maximum > 0 ? TopText.Count(subscription.Maximum, state.IsRaw) : "");
        }

        return table;
    }

    // A consumer stands below its stream; what was delivered stands where the stream has what was stored.
    private static TopTable Streams(TopState state, TopFrame frame)
    {
        var table = new TopTable(
            [
                new("STREAM / CONSUMER", 0, IsNumber: false, Minimum: 20, Maximum: 64, Shrinks: true),
                new("MSGS", 0, Minimum: 7),
                new("BYTES", 3, Minimum: 7),
                new("MSGS/S", 0, Minimum: 7),
                new("BYTES/S", 4),
                new("ACKS/S", 5),
                new("PENDING", 0),
                new("ACK_PEND", 1),
                new("REDELIV", 1),
                new("WAITING", 2),
                new("SUBJECTS", 6),
            ]);
        IReadOnlyList<StreamSample> streams = frame.StreamsBy(state.StreamOrder);
        bool hasAccounts = streams.Any(static stream => stream.Account != "$G");
        foreach (StreamSample stream in streams)
        {
            StreamRates? rates = frame.Rates.Of(stream);
            table.Add(
                hasAccounts ? $"{stream.Account} {stream.Name}" : stream.Name,
                TopText.Count(stream.Messages, state.IsRaw),
                TopText.Bytes(stream.Bytes, state.IsRaw),
                TopText.Decimal(rates?.Messages),
                TopText.BytesOrUnknown(rates?.Bytes, state.IsRaw),
                "",
                "",
                "",
                "",
                "",
                TopText.Count(stream.Subjects, state.IsRaw));
            foreach (ConsumerSample consumer in stream.Consumers)
            {
                ConsumerRates? paces = frame.Rates.Of(stream, consumer);
                table.Add(
                    "  " + consumer.Name,
                    TopText.Count(consumer.Delivered, state.IsRaw),
                    "",
                    TopText.Decimal(paces?.Delivered),
                    "",
                    TopText.Decimal(paces?.Acknowledged),
                    TopText.Count(consumer.Pending, state.IsRaw),
                    TopText.Count(consumer.AckPending, state.IsRaw),
                    TopText.Count(consumer.Redelivered, state.IsRaw),
                    TopText.Count(consumer.Waiting, state.IsRaw),
                    "");
            }
        }

        return table;
    }

    private static TopLine Traffic(string way, double messages, double bytes, double? messageRate, double? byteRate, bool isRaw) => Line(
        $"  {way}  Msgs: {TopText.Count(messages, isRaw)}  Bytes: {TopText.Bytes(bytes, isRaw)}  Msgs/Sec: {TopText.Decimal(messageRate)}  Bytes/Sec: {TopText.BytesOrUnknown(byteRate, isRaw)}");

    // The newest is at the right; the highest of what is shown is as high as a character.
    private static TopLine Graph(string label, TopHistory history, Func<TopTraffic, double> part, Func<double, string> format, int width)
    {
        int length = Math.Clamp(width - GraphLabel - GraphScale, 0, history.Items.Count);
        double?[] shown = [.. history.Items.Skip(history.Items.Count - length).Select(rate => rate is { } known ? part(known) : (double?)null)];
        double highest = shown.Max() ?? 0;
        string graph = string.Concat(shown.Select(value => Steps[value is > 0 ? Math.Clamp((int)Math.Ceiling(value.Value / highest * (Steps.Length - 1)), 1, Steps.Length - 1) : 0]));
        return Line($"{label.PadRight(GraphLabel)}{graph}  at most {format(highest)}");
    }

    private static TopLine Line(string text) => new(TopText.Printable(text));
}
