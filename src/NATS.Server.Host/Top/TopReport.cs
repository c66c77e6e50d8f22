using System.Globalization;
using System.Text.Json;

namespace NATS.Server.Host.Top;

/// <summary>What a view says, for programs: separated values, or JSON. Pure.</summary>
internal static class TopReport
{
    /// <summary>Cells between delimiters: a few lines about the server, an empty one, the table.</summary>
    public static IEnumerable<string> Separated(TopState state, TopFrame frame, string delimiter)
    {
        ServerSample server = frame.Sample?.Server ?? new ServerSample();
        TopTraffic? rate = frame.Rates.Server;
        bool isRaw = state.IsRaw;
        yield return Join(delimiter, ["NATS server version", server.Version, $"(uptime: {server.Uptime})", ""]);
        yield return "Server:";
        yield return Join(delimiter, ["Load:", "CPU:", TopText.Decimal(server.Cpu) + "%", "Memory:", TopText.Bytes(server.Memory), "Slow Consumers:", TopText.Whole(server.SlowConsumers)]);
        yield return Join(delimiter, Traffic("In:", server.Traffic.InMessages, server.Traffic.InBytes, rate?.InMessages, rate?.InBytes, isRaw));
        yield return Join(delimiter, Traffic("Out:", server.Traffic.OutMessages, server.Traffic.OutBytes, rate?.OutMessages, rate?.OutBytes, isRaw));
        if (TopPage.Table(state, frame) is not { } table) yield break;
        yield return "";
        if (state.View == TopView.Connections) yield return Join(delimiter, ["Connections Polled:", TopText.Whole(table.Rows.Count)]);
        int[] shown = [.. Enumerable.Range(0, table.Columns.Count).Where(i => table.Columns[i] is { IsHidden: false } or { Head: TopPage.NameHead })]; // programs count columns
        yield return Join(delimiter, shown.Select(i => table.Columns[i].Head));
        foreach (IReadOnlyList<string> row in table.Rows) yield return Join(delimiter, shown.Select(i => row[i].Trim()));
    }

    /// <summary>One object on one line.</summary>
    public static string Json(TopFrame frame) => JsonText.Of(json =>
    {
        json.WriteStartObject();
        ServerSample server = frame.Sample?.Server ?? new ServerSample();
        Time(json, "time", server.Now);
        Write(json, server, frame.Rates.Server);
        if (frame.Sample?.Connections is { } connections) Write(json, connections, frame.Rates);
        if (frame.Sample?.JetStream is { } jetStream) Write(json, jetStream, frame.Rates);
        json.WriteEndObject();
    });

    private static string[] Traffic(string way, double messages, double bytes, double? messageRate, double? byteRate, bool isRaw) =>
    [
        way, "Msgs:", TopText.Count(messages, isRaw), "Bytes:", TopText.Bytes(bytes, isRaw), "Msgs/Sec:", TopText.Decimal(messageRate), "Bytes/Sec:", TopText.BytesOrUnknown(byteRate, isRaw),
    ];

    private static string Join(string delimiter, IEnumerable<string> cells) => string.Join(delimiter, cells.Select(cell => Quote(TopText.Printable(cell), delimiter)));

    private static string Quote(string cell, string delimiter) =>
        cell.Contains('"', StringComparison.Ordinal) || cell.Contains(delimiter, StringComparison.Ordinal) ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;

    private static void Write(Utf8JsonWriter json, ServerSample server, TopTraffic? rate)
    {
        json.WriteStartObject("server");
        json.WriteString("id", server.Id);
        json.WriteString("name", server.Name);
        json.WriteString("version", server.Version);
        json.WriteString("uptime", server.Uptime);
        json.WriteNumber("cpu", server.Cpu);
        json.WriteNumber("mem", server.Memory);
        json.WriteNumber("connections", server.Connections);
        json.WriteNumber("total_connections", server.TotalConnections);
        json.WriteNumber("subscriptions", server.Subscriptions);
        json.WriteNumber("slow_consumers", server.SlowConsumers);
        Write(json, server.Traffic, rate);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ConnectionsSample connections, TopRates rates)
    {
        json.WriteNumber("connections_total", connections.Total);
        json.WriteStartArray("connections");
        foreach (ConnectionSample connection in connections.Items)
        {
            json.WriteStartObject();
            json.WriteNumber("cid", connection.Cid);
            json.WriteString("ip", connection.Ip);
            json.WriteNumber("port", connection.Port);
            json.WriteString("name", connection.Name);
            json.WriteString("account", connection.Account);
            json.WriteString("lang", connection.Language);
            json.WriteString("version", connection.Version);
            json.WriteString("uptime", connection.Uptime);
            json.WriteString("idle", connection.Idle);
            json.WriteString("rtt", connection.RoundTrip);
            Time(json, "last_activity", connection.LastActivity);
            json.WriteNumber("subscriptions", connection.Subscriptions);
            json.WriteNumber("pending_bytes", connection.PendingBytes);
            Write(json, connection.Traffic, rates.Of(connection));
            if (connection.Subjects.Count > 0)
            {
                json.WriteStartArray("subjects");
                foreach (string subject in connection.Subjects) json.WriteStringValue(subject);
                json.WriteEndArray();
            }

            if (connection.Details.Count > 0)
            {
                json.WriteStartArray("subscriptions_list");
                foreach (SubscriptionSample subscription in connection.Details)
                {
                    json.WriteStartObject();
                    json.WriteString("subject", subscription.Subject);
                    json.WriteString("queue", subscription.Queue);
                    json.WriteString("sid", subscription.Sid);
                    json.WriteNumber("msgs", subscription.Messages);
                    Rate(json, "msgs_rate", rates.Of(connection, subscription));
                    json.WriteNumber("max", subscription.Maximum);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, JetStreamSample jetStream, TopRates rates)
    {
        json.WriteStartObject("jetstream");
        json.WriteBoolean("enabled", !jetStream.IsDisabled);
        json.WriteNumber("memory", jetStream.Memory);
        json.WriteNumber("storage", jetStream.Storage);
        json.WriteNumber("streams", jetStream.StreamCount);
        json.WriteNumber("consumers", jetStream.ConsumerCount);
        json.WriteNumber("messages", jetStream.Messages);
        json.WriteNumber("bytes", jetStream.Bytes);
        json.WriteNumber("api_requests", jetStream.ApiRequests);
        json.WriteNumber("api_errors", jetStream.ApiErrors);
        Rate(json, "api_requests_rate", rates.ApiRequests);
        json.WriteEndObject();
        if (jetStream.Streams is not { } streams) return;
        json.WriteStartArray("streams");
        foreach (StreamSample stream in streams) Write(json, stream, rates);
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, StreamSample stream, TopRates rates)
    {
        StreamRates? pace = rates.Of(stream);
        json.WriteStartObject();
        json.WriteString("account", stream.Account);
        json.WriteString("name", stream.Name);
        json.WriteNumber("messages", stream.Messages);
        json.WriteNumber("bytes", stream.Bytes);
        json.WriteNumber("first_seq", stream.FirstSequence);
        json.WriteNumber("last_seq", stream.LastSequence);
        json.WriteNumber("subjects", stream.Subjects);
        Rate(json, "messages_rate", pace?.Messages);
        Rate(json, "bytes_rate", pace?.Bytes);
        json.WriteStartArray("consumers");
        foreach (ConsumerSample consumer in stream.Consumers)
        {
            ConsumerRates? rate = rates.Of(stream, consumer);
            json.WriteStartObject();
            json.WriteString("name", consumer.Name);
            json.WriteNumber("delivered", consumer.Delivered);
            json.WriteNumber("ack_floor", consumer.Acknowledged);
            json.WriteNumber("pending", consumer.Pending);
            json.WriteNumber("ack_pending", consumer.AckPending);
            json.WriteNumber("redelivered", consumer.Redelivered);
            json.WriteNumber("waiting", consumer.Waiting);
            Rate(json, "delivered_rate", rate?.Delivered);
            Rate(json, "acknowledged_rate", rate?.Acknowledged);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, TopTraffic traffic, TopTraffic? rate)
    {
        json.WriteNumber("in_msgs", (long)traffic.InMessages);
        json.WriteNumber("in_bytes", (long)traffic.InBytes);
        json.WriteNumber("out_msgs", (long)traffic.OutMessages);
        json.WriteNumber("out_bytes", (long)traffic.OutBytes);
        Rate(json, "in_msgs_rate", rate?.InMessages);
        Rate(json, "in_bytes_rate", rate?.InBytes);
        Rate(json, "out_msgs_rate", rate?.OutMessages);
        Rate(json, "out_bytes_rate", rate?.OutBytes);
    }

    // Null when it is not known.
    private static void Rate(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } known) json.WriteNumber(name, Math.Round(known, 1));
        else json.WriteNull(name);
    }

    private static void Time(Utf8JsonWriter json, string name, DateTimeOffset time) => json.WriteString(name, time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
}
