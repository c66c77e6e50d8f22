using System.Text;
using NATS.Server.Host.Top;

namespace NATS.Server.UnitTests.Host.Top;

/// <summary>Answers of a server, as JSON and read. Immutable.</summary>
internal static class TopSamples
{
    public static TopSample Read(string server, string? connections = null, string? jetStream = null, TopView view = TopView.Streams) =>
        TopSampleReader.Read(view, Encoding.UTF8.GetBytes(server), connections is null ? null : Encoding.UTF8.GetBytes(connections), jetStream is null ? null : Encoding.UTF8.GetBytes(jetStream));

    /// <summary>The answer of <c>/varz</c> so many seconds after noon.</summary>
    public static string Server(double second, long inMessages = 1000, string id = "NSERVER", string start = "2026-11-22T11:00:00.000000001Z", int slow = 0) => $$"""
        {
          "server_id": "{{id}}", "server_name": "east-1", "version": "2.15.1", "start": "{{start}}", "now": "{{At(second)}}", "uptime": "1h0m0s",
          "cpu": 12.5, "mem": 33554432, "cores": 2, "connections": 2, "max_connections": 65536, "total_connections": 9, "subscriptions": 71, "routes": 0, "leafnodes": 0,
          "slow_consumers": {{slow}}, "stale_connections": 0, "stalled_clients": 0,
          "in_msgs": {{inMessages}}, "in_bytes": {{inMessages * 100}}, "out_msgs": {{inMessages * 2}}, "out_bytes": {{inMessages * 200}}
        }
        """;

    /// <summary>The answer of <c>/connz</c> with two connections.</summary>
    public static string Connections(double second, long inMessages = 100, string name = "orders", string more = "") => $$"""
        {
          "now": "{{At(second)}}", "num_connections": 2, "total": 7, "offset": 0, "limit": 1024,
          "connections": [
            {
              "cid": 5, "ip": "127.0.0.1", "port": 54262, "start": "2026-11-22T11:59:00Z", "last_activity": "2026-11-22T11:59:59.191887506Z", "rtt": "151us", "uptime": "1m0s", "idle": "0s",
              "pending_bytes": 2048, "in_msgs": {{inMessages}}, "out_msgs": 7, "in_bytes": 1930000, "out_bytes": 1457, "subscriptions": 2, "name": "{{name}}", "lang": "go", "version": "1.50.0"{{more}}
            },
            {
              "cid": 12, "ip": "::1", "port": 4000, "start": "2026-11-22T11:58:00Z", "last_activity": "2026-11-22T11:59:58Z", "uptime": "2m0s", "idle": "2s",
              "pending_bytes": 0, "in_msgs": 0, "out_msgs": 1500000, "in_bytes": 0, "out_bytes": 3221225472, "subscriptions": 1
            }
          ]
        }
        """;

    public const string Details = """
        , "subscriptions_list": ["orders.>", "_INBOX.x"], "subscriptions_list_detail": [ {"subject": "orders.>", "qgroup": "workers", "sid": "1", "msgs": 40, "max": 0, "cid": 5}, {"subject": "_INBOX.x", "sid": "2", "msgs": 2, "max": 10, "cid": 5} ]
        """;

    /// <summary>The answer of <c>/jsz</c> with two streams, and a consumer of the first.</summary>
    public static string JetStream(double second, ulong last = 500, ulong delivered = 300, string created = "2026-11-22T11:30:00Z") => $$"""
        {
          "memory": 0, "storage": 70175, "now": "{{At(second)}}", "config": { "max_memory": 1073741824, "max_storage": 10737418240 }, "api": { "level": 5, "total": 120, "errors": 3 },
          "streams": 2, "consumers": 1, "messages": 520, "bytes": 70175,
          "account_details": [ { "name": "$G", "stream_detail": [
            { "name": "ORDERS", "created": "{{created}}", "state": { "messages": 500, "bytes": 70000, "first_seq": 1, "last_seq": {{last}}, "num_subjects": 12 },
              "consumer_detail": [ { "name": "billing", "created": "2026-11-22T11:31:00Z", "delivered": { "consumer_seq": {{delivered}}, "stream_seq": 290 }, "ack_floor": { "consumer_seq": 250 },
                "num_ack_pending": 50, "num_redelivered": 4, "num_waiting": 1, "num_pending": 210 } ] },
            { "name": "AUDIT", "created": "2026-11-22T11:30:00Z", "state": { "messages": 20, "bytes": 175, "first_seq": 1, "last_seq": 20 } }
          ] } ]
        }
        """;

    private static string At(double second) => new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero).AddSeconds(second).ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'");
}
