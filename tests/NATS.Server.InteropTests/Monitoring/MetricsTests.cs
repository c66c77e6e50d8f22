using System.Text.RegularExpressions;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Monitoring;

/// <summary>The metrics of our executable, judged by Prometheus' own tool.</summary>
public sealed partial class MetricsTests
{
    [Fact]
    public async Task Prometheus_takes_the_metrics()
    {
        using var folder = new TemporaryFolder();
        await using ServerProcess process = await OurServer.StartAsync(new ServerProcessOptions { Config = $"http: -1\nmetrics: true\njetstream: {{ store_dir: \"{folder.Path}\" }}\nserver_name: \"a\\\\b\"\n" });
        await using var server = new MonitoredServer(process);
        RawClient client = await server.Connect("", "SUB answer 1\r\n");
        await AskAsync(client, "STREAM.CREATE.ORDERS", "{\"name\":\"ORDERS\",\"subjects\":[\"orders.>\"],\"max_msgs\":100}");
        await AskAsync(client, "STREAM.CREATE.COPY", "{\"name\":\"COPY\",\"sources\":[{\"name\":\"ORDERS\",\"filter_subject\":\"orders.a\"},{\"name\":\"ORDERS\",\"filter_subject\":\"orders.b\"}]}");
        await AskAsync(client, "STREAM.CREATE.SAME", "{\"name\":\"SAME\",\"mirror\":{\"name\":\"ORDERS\"}}");
        await AskAsync(client, "CONSUMER.CREATE.ORDERS.worker", "{\"stream_name\":\"ORDERS\",\"config\":{\"durable_name\":\"worker\",\"ack_policy\":\"explicit\",\"description\":\"says \\\"hi\\\"\\nand more\"}}");

        (int status, string contentType, string metrics) = await MonitoredPair.Get(server, "/metrics");
        Assert.Equal((200, "text/plain; version=0.0.4; charset=utf-8"), (status, contentType));
        Assert.Contains("consumer_desc=\"says \\\"hi\\\"\\nand more\"", metrics, StringComparison.Ordinal);
        foreach (string sample in (string[])
        [
            "jetstream_server_total_streams{", "jetstream_server_total_consumers{", "jetstream_account_storage_used{", "jetstream_stream_limit_messages{",
            "jetstream_stream_source_lag{", "jetstream_stream_mirror_active_duration_ns{", "jetstream_consumer_num_pending{", "gnatsd_varz_jetstream_config_max_memory{",
        ]) Assert.Contains("\n" + sample, metrics, StringComparison.Ordinal);

        (int code, string[] complaints) = await Promtool.CheckAsync(metrics);
        Assert.True(code is 0 or 3, string.Join('\n', complaints));

        // Names that dashboards expect are not all as one would choose them today.
        Assert.DoesNotContain(complaints, static complaint => !Style().IsMatch(complaint));
    }

    [Fact]
    public async Task A_reload_switches_metrics_on_and_off()
    {
        await using ServerProcess process = await OurServer.StartAsync(new ServerProcessOptions { Config = "http: -1\n" });
        await using var server = new MonitoredServer(process);
        Assert.Equal(404, (await MonitoredPair.Get(server, "/metrics")).Status);
        await ReloadAsync(process, "metrics { prefix: nats }\n");
        (int status, _, string metrics) = await MonitoredPair.Get(server, "/metrics");
        Assert.Equal(200, status);
        Assert.Contains("\nnats_varz_connections{", metrics, StringComparison.Ordinal);
        await ReloadAsync(process, "");
        Assert.Equal(404, (await MonitoredPair.Get(server, "/metrics")).Status);
    }

    private static async Task ReloadAsync(ServerProcess process, string change)
    {
        process.WriteConfig("http: -1\n" + change);
        int from = process.Log.Count;
        process.Signal("HUP");
        await process.WaitForLogAsync("Reloaded server configuration", from);
    }

    private static async Task AskAsync(RawClient client, string subject, string request)
    {
        await client.SendAsync($"PUB $JS.API.{subject} answer {request.Length}\r\n{request}\r\n");
        Assert.DoesNotContain("\"error\"", await client.ReadUntilAsync("\"type\":"), StringComparison.Ordinal);
        await client.PingAsync();
    }

    [GeneratedRegex(@"non-counter metrics should not have ""_total"" suffix|non-histogram and non-summary metrics should not have ""_count"" suffix|should not contain abbreviated units|metric names should not contain|use base unit", RegexOptions.ExplicitCapture)]
    private static partial Regex Style();
}
