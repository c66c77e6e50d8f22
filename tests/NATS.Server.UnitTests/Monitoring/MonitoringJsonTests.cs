using System.Buffers;
using System.Text;
using System.Text.Json;
using NATS.Server.Connections;
using NATS.Server.Monitoring;
using Xunit;
using static NATS.Server.UnitTests.Monitoring.FakeMonitoredServer;

namespace NATS.Server.UnitTests.Monitoring;

public sealed class MonitoringJsonTests
{
    [Fact]
    public void Varz_is_written_like_that_of_an_idle_reference_server()
    {
        var server = new FakeMonitoredServer();
        Varz varz = VarzBuilder.Build(
            server.Server with { SystemAccount = "$SYS" },
            new ProcessUsage(1, 16429056, 2),
            new SortedDictionary<string, ulong>(StringComparer.Ordinal) { ["/"] = 1, ["/varz"] = 1 },
            Start + TimeSpan.FromMilliseconds(1054.5));
        const string expected = """
            {
              "server_id": "NID",
              "server_name": "name",
              "version": "2.15.1",
              "proto": 1,
              "go": "dotnet10",
              "host": "127.0.0.1",
              "port": 4242,
              "max_connections": 65536,
              "ping_interval": 120000000000,
              "ping_max": 2,
              "http_host": "127.0.0.1",
              "http_port": -1,
              "http_base_path": "",
              "https_port": 0,
              "auth_timeout": 2,
              "max_control_line": 4096,
              "max_payload": 1048576,
              "max_pending": 67108864,
              "cluster": {},
              "gateway": {},
              "leaf": {},
              "mqtt": {},
              "websocket": {},
              "jetstream": {},
              "tls_timeout": 2,
              "write_deadline": 10000000000,
              "start": "2026-01-02T03:04:05Z",
              "now": "2026-01-02T03:04:06.0545Z",
              "uptime": "1s",
              "mem": 16429056,
              "cores": 2,
              "gomaxprocs": 2,
              "cpu": 1,
              "connections": 0,
              "total_connections": 0,
              "routes": 0,
              "remotes": 0,
              "leafnodes": 0,
              "in_msgs": 0,
              "in_bytes": 0,
              "in_client_msgs": 0,
              "in_client_bytes": 0,
              "out_msgs": 0,
              "out_bytes": 0,
              "out_client_msgs": 0,
              "out_client_bytes": 0,
              "slow_consumers": 0,
              "stale_connections": 0,
              "stalled_clients": 0,
              "subscriptions": 0,
              "http_req_stats": {
                "/": 1,
                "/varz": 1
              },
              "config_load_time": "2026-01-02T03:04:05Z",
              "config_digest": "",
              "feature_flags": {
                "js_ack_fc_v2": false,
                "js_api_reply_v2": false,
                "js_raft_delete_range": true,
                "js_snapshot_sources": false
              },
              "system_account": "$SYS",
              "slow_consumer_stats": {
                "clients": 0,
                "routes": 0,
                "gateways": 0,
                "leafs": 0
              },
              "stale_connection_stats": {
                "clients": 0,
                "routes": 0,
                "gateways": 0,
                "leafs": 0
              },
              "disk_io_wait_stats": {
                "waiters": 0,
                "waits": 0,
                "wait_time": 0,
                "max_wait_time": 0
              }
            }
            """;
        Assert.Equal(expected, Indented(varz, MonitoringJson.Default.Varz));
    }

    [Fact]
    public void Connz_has_the_fields_of_the_reference_in_its_order()
    {
        var server = new FakeMonitoredServer();
        server.Close(
            9,
            TimeSpan.FromMilliseconds(0.7653),
            ClosedState.ClientClosed,
            x => x with { Name = "b<&>\u2028😀\"\\\u0001", Language = "l", Version = "v", AuthorizedUser = "joe", Stalls = 2, SubscriptionCount = 1 },
            Subscription(9, "22", "dead.>", "q") with { MaxMessages = 4 });
        var options = new ConnzOptions { Auth = true, SubscriptionsDetail = true, State = ConnectionState.All };
        const string expected = """
            {
              "server_id": "NID",
              "now": "2026-01-02T03:04:05.1234567Z",
              "num_connections": 1,
              "total": 1,
              "offset": 0,
              "limit": 1024,
              "connections": [
                {
                  "cid": 9,
                  "kind": "Client",
                  "type": "nats",
                  "ip": "10.0.0.1",
                  "port": 5000,
                  "start": "2026-01-02T03:04:05Z",
                  "last_activity": "2026-01-02T03:04:05Z",
                  "stop": "2026-01-02T03:04:05.0007653Z",
                  "reason": "Client Closed",
                  "rtt": "0s",
                  "uptime": "0s",
                  "idle": "0s",
                  "pending_bytes": 0,
                  "in_msgs": 0,
                  "out_msgs": 0,
                  "in_bytes": 0,
                  "out_bytes": 0,
                  "stalls": 2,
                  "subscriptions": 1,
                  "name": "b\u003c\u0026\u003e\u2028😀\"\\\u0001",
                  "lang": "l",
                  "version": "v",
                  "authorized_user": "joe",
                  "subscriptions_list_detail": [
                    {
                      "account": "$G",
                      "account_tag": "$G",
                      "subject": "dead.\u003e",
                      "qgroup": "q",
                      "sid": "22",
                      "msgs": 0,
                      "max": 4,
                      "cid": 9
                    }
                  ]
                }
              ]
            }
            """;
        Connz connz = ConnzBuilder.Build(options, server, Start + TimeSpan.FromTicks(1234567));
        Assert.Equal(expected, Indented(connz, MonitoringJson.Default.Connz));
    }

    [Fact]
    public void An_empty_list_and_no_list_are_told_apart()
    {
        var server = new FakeMonitoredServer();
        Assert.EndsWith("\"connections\": []\n}", Indented(ConnzBuilder.Build(new ConnzOptions(), server, Start), MonitoringJson.Default.Connz));
        Connz unknown = ConnzBuilder.Build(new ConnzOptions { Account = "x" }, server, Start);
        Assert.EndsWith("\"connections\": null\n}", Indented(unknown, MonitoringJson.Default.Connz));
    }

    [Fact]
    public void Subsz_has_the_fields_of_the_reference_in_its_order()
    {
        var server = new FakeMonitoredServer();
        const string expected = """
            {
              "server_id": "NID",
              "now": "2026-01-02T03:04:05Z",
              "num_subscriptions": 0,
              "num_cache": 0,
              "num_inserts": 0,
              "num_removes": 0,
              "num_matches": 0,
              "cache_hit_rate": 0,
              "max_fanout": 0,
              "avg_fanout": 0,
              "total": 0,
              "offset": 0,
              "limit": 1024
            }
            """;
        Assert.Equal(expected, Indented(SubszBuilder.Build(new SubszOptions { Subscriptions = true }, server, Start), MonitoringJson.Default.Subsz));
    }

    [Fact]
    public void Health_is_written_on_one_line_with_upper_case_types()
    {
        Assert.Equal("{\"status\":\"ok\"}", Compact(new HealthStatus { Status = "ok" }));
        var failed = new HealthStatus { Status = "error", Errors = [new HealthzError { Type = HealthzErrorType.BadRequest, Error = "e" }] };
        Assert.Equal("{\"status\":\"error\",\"errors\":[{\"type\":\"BAD_REQUEST\",\"error\":\"e\"}]}", Compact(failed));
        Assert.Equal("{\"status\":\"ok\",\"status_code\":200}", Compact(new HealthStatus { Status = "ok", StatusCode = 200 }));
    }

    [Theory]
    [InlineData("plain äß€ text", "plain äß€ text")]
    [InlineData("\b\f\n\r\t\"\\", "\\b\\f\\n\\r\\t\\\"\\\\")]
    [InlineData("\0\u001f\u007f", "\\u0000\\u001f\u007f")]
    [InlineData("<&>\u2028\u2029", "\\u003c\\u0026\\u003e\\u2028\\u2029")]
    [InlineData("😀🇨🇭", "😀🇨🇭")]
    public void Strings_escape_what_the_reference_escapes(string text, string expected)
    {
        string json = Compact(new HealthStatus { Status = text });
        Assert.Equal($"{{\"status\":\"{expected}\"}}", json);
        using JsonDocument document = JsonDocument.Parse(json);
        Assert.Equal(text, document.RootElement.GetProperty("status").GetString());
    }

    [Fact]
    public void Half_a_surrogate_pair_is_replaced() => Assert.Contains("fffd", Compact(new HealthStatus { Status = "a\ud800b" }).Replace("\ufffd", "fffd"));

    [Fact]
    public void Objects_can_be_read_back()
    {
        var server = new FakeMonitoredServer();
        server.Open(1, x => x with { Name = "<n>" });
        Connz connz = ConnzBuilder.Build(new ConnzOptions(), server, Start + TimeSpan.FromTicks(12));
        Connz? read = JsonSerializer.Deserialize(Indented(connz, MonitoringJson.Default.Connz), MonitoringJson.Default.Connz);
        Assert.Equal(connz.Now, read!.Now);
        Assert.Equal(connz.Connections!.Single(), read.Connections!.Single());

        Varz varz = VarzBuilder.Build(server.Server, new ProcessUsage(0, 0, 1), new Dictionary<string, ulong>(StringComparer.Ordinal), Start);
        Assert.Equal(varz.WriteDeadline, JsonSerializer.Deserialize(Indented(varz, MonitoringJson.Default.Varz), MonitoringJson.Default.Varz)!.WriteDeadline);
    }

    private static string Indented<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        var output = new ArrayBufferWriter<byte>();
        MonitoringJson.Write(output, value, type, indented: true);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static string Compact(HealthStatus value)
    {
        var output = new ArrayBufferWriter<byte>();
        MonitoringJson.Write(output, value, MonitoringJson.Default.HealthStatus, indented: false);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
