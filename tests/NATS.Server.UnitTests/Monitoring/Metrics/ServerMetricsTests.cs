using System.Buffers;
using System.Text;
using NATS.Server.Monitoring;
using NATS.Server.Monitoring.Metrics;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Monitoring.Metrics;

public sealed class ServerMetricsTests
{
    private readonly FakeMonitoredServer _server = new();

    [Fact]
    public void The_names_are_those_that_dashboards_of_the_exporter_ask_for()
    {
        _server.Server = _server.Server with { Connections = 3, Traffic = new TrafficSnapshot(1, 2, 3, 4) };
        _server.Totals = new ConnectionTotals(3, 10, 5, new TrafficSnapshot(6, 7, 8, 9));
        string text = Write();
        foreach (string sample in (string[])
        [
            "gnatsd_varz_connections{server_id=\"NID\"} 3", "gnatsd_varz_in_msgs{server_id=\"NID\"} 1", "gnatsd_varz_in_bytes{server_id=\"NID\"} 2",
            "gnatsd_varz_out_msgs{server_id=\"NID\"} 3", "gnatsd_varz_out_bytes{server_id=\"NID\"} 4", "gnatsd_varz_slow_consumers{server_id=\"NID\"} 0",
            "gnatsd_varz_cpu{server_id=\"NID\"} 1.5", "gnatsd_varz_mem{server_id=\"NID\"} 1000", "gnatsd_varz_server_name{server_id=\"NID\",value=\"name\"} 1",
            "gnatsd_varz_slow_consumer_stats_clients{server_id=\"NID\"} 0", "gnatsd_varz_http_req_stats_varz{server_id=\"NID\"} 4", "gnatsd_varz_http_req_stats{server_id=\"NID\"} 2",
            "gnatsd_varz_start{server_id=\"NID\"} 1767323045000",
            "gnatsd_connz_num_connections{server_id=\"NID\"} 3", "gnatsd_connz_pending_bytes{server_id=\"NID\"} 10", "gnatsd_connz_out_bytes{server_id=\"NID\"} 9",
            "gnatsd_healthz_status{server_id=\"NID\"} 0", "gnatsd_healthz_status_value{server_id=\"NID\",value=\"ok\"} 1",
            "jetstream_server_jetstream_disabled{server_id=\"NID\",server_name=\"name\",cluster=\"\",domain=\"\",meta_leader=\"\",is_meta_leader=\"true\"} 1",
        ]) Assert.Contains(sample + "\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prefix_stands_instead_of_both_others()
    {
        Use(new MetricsOptions { IsEnabled = true, Prefix = "nats" });
        string text = Write();
        Assert.Contains("nats_varz_connections{", text, StringComparison.Ordinal);
        Assert.Contains("nats_server_total_streams{", text, StringComparison.Ordinal);
        Assert.DoesNotContain("gnatsd", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\njetstream_", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_number_of_series_is_bounded_and_what_is_left_out_is_told()
    {
        for (int i = 0; i < 5; i++) _server.Stats.Add(new AccountStatSnapshot { Name = $"A{i}", DisplayName = $"A{i}" });
        Use(new MetricsOptions { IsEnabled = true, MaxAccounts = 2 });
        string text = Write();
        Assert.Contains("gnatsd_accstatz_subscriptions{server_id=\"NID\",account=\"A1\",account_id=\"A1\",account_name=\"A1\"} 0\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("A2", text, StringComparison.Ordinal);
        Assert.Contains("gnatsd_metrics_left_out{server_id=\"NID\",what=\"accounts\"} 3\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void No_metric_is_written_twice_and_samples_of_one_stand_together()
    {
        _server.Stats.Add(new AccountStatSnapshot { Name = "A", DisplayName = "A" });
        string[] lines = Write().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] types = [.. lines.Where(static line => line.StartsWith("# TYPE ", StringComparison.Ordinal))];
        Assert.Equal(types.Length, types.Distinct(StringComparer.Ordinal).Count());
        string name = "";
        foreach (string line in lines)
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal)) name = line.Split(' ')[2];
            else if (line[0] != '#') Assert.StartsWith(name + "{", line, StringComparison.Ordinal);
        }
    }

    private void Use(MetricsOptions metrics) => _server.Server = _server.Server with { Options = _server.Server.Options with { Metrics = metrics } };

    private string Write()
    {
        var output = new ArrayBufferWriter<byte>();
        var requests = new Dictionary<string, ulong>(StringComparer.Ordinal) { ["/"] = 2, ["/varz"] = 4 };
        Varz varz = VarzBuilder.Build(_server.Server, new ProcessUsage(1.5, 1000, 4), requests, FakeMonitoredServer.Start);
        ServerMetrics.Write(new PrometheusWriter(output), _server, varz, FakeMonitoredServer.Start);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
