using NATS.Server.Monitoring;
using NATS.Server.Options;
using Xunit;
using static NATS.Server.UnitTests.Monitoring.FakeMonitoredServer;

namespace NATS.Server.UnitTests.Monitoring;

public sealed class VarzBuilderTests
{
    private static readonly ProcessUsage Usage = new(1.5, 1000, 4);

    [Fact]
    public void Options_are_shown_in_the_units_of_the_reference()
    {
        Varz varz = Build(new ServerOptions
        {
            Host = "h",
            HttpHost = "hh",
            HttpPort = -1,
            HttpBasePath = "b//",
            MaxConnections = 1,
            MaxSubscriptions = 2,
            PingInterval = TimeSpan.FromSeconds(3),
            MaxPingsOut = 4,
            MaxControlLine = 5,
            MaxPayload = 6,
            MaxPending = 7,
            WriteDeadline = TimeSpan.FromSeconds(8),
            WriteTimeout = WriteTimeoutPolicy.Retry,
            Authorization = new AuthorizationOptions { Timeout = TimeSpan.FromSeconds(1.5) },
            ConfigDigest = "sha256:x",
            Tags = ["a:b"],
            Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["z"] = "1", ["a"] = "2" },
        });
        Assert.Equal(("hh", -1, "b//", 0), (varz.HttpHost, varz.HttpPort, varz.HttpBasePath, varz.HttpsPort));
        Assert.Equal((1, 2, TimeSpan.FromSeconds(3), 4), (varz.MaxConnections, varz.MaxSubscriptions, varz.PingInterval, varz.PingMax));
        Assert.Equal((5, 6, 7L), (varz.MaxControlLine, varz.MaxPayload, varz.MaxPending));
        Assert.Equal((1.5, 2.0, TimeSpan.FromSeconds(8), "retry"), (varz.AuthTimeout, varz.TlsTimeout, varz.WriteDeadline, varz.WriteTimeout));
        Assert.Equal(("sha256:x", "a:b"), (varz.ConfigDigest, Assert.Single(varz.Tags!)));
        Assert.Equal(["a", "z"], varz.Metadata!.Keys);
    }

    [Fact]
    public void Counters_and_runtime_figures_are_shown()
    {
        var server = new FakeMonitoredServer();
        server.Server = server.Server with
        {
            Traffic = new TrafficSnapshot(1, 2, 3, 4),
            ClientTraffic = new TrafficSnapshot(5, 6, 7, 8),
            SlowConsumers = new PeerCounts(1, 2, 3, 4),
            StaleConnections = new PeerCounts(5, 6, 7, 8),
            StalledClients = 9,
            Connections = 10,
            TotalConnections = 11,
            Subscriptions = 12,
            SystemAccount = "$SYS",
            ConnectUrls = ["a:1"],
            Ip = "ip",
            IsAuthRequired = true,
        };
        var requests = new RequestCounters();
        requests.Count("/varz");
        requests.Count("/");
        requests.Count("/varz");
        Varz varz = VarzBuilder.Build(server.Server, Usage, requests.Snapshot(), Start + TimeSpan.FromSeconds(93784));
        Assert.Equal((1, 2, 3, 4), (varz.InMsgs, varz.InBytes, varz.OutMsgs, varz.OutBytes));
        Assert.Equal((5, 6, 7, 8), (varz.InClientMsgs, varz.InClientBytes, varz.OutClientMsgs, varz.OutClientBytes));
        Assert.Equal((10, 26, 9), (varz.SlowConsumers, varz.StaleConnections, varz.StalledClients));
        Assert.Equal(new PeerStats { Clients = 1, Routes = 2, Gateways = 3, Leafs = 4 }, varz.SlowConsumerStats);
        Assert.Equal(new PeerStats { Clients = 5, Routes = 6, Gateways = 7, Leafs = 8 }, varz.StaleConnectionStats);
        Assert.Equal((10, 11UL, 12U), (varz.Connections, varz.TotalConnections, varz.Subscriptions));
        Assert.Equal(("1d2h3m4s", 1000, 4, 4, 1.5), (varz.Uptime, varz.Mem, varz.Cores, varz.Gomaxprocs, varz.Cpu));
        Assert.Equal(("$SYS", "ip", true, "a:1"), (varz.SystemAccount, varz.Ip, varz.AuthRequired, Assert.Single(varz.ConnectUrls!)));
        Assert.Equal([KeyValuePair.Create("/", 1UL), KeyValuePair.Create("/varz", 2UL)], varz.HttpReqStats);
    }

    [Fact]
    public void What_is_empty_is_absent()
    {
        Varz varz = Build(new ServerOptions());
        Assert.Equal((null, null, null), (varz.Tags, varz.Metadata, varz.ConnectUrls));
        Assert.Equal((null, null, null, null), (varz.SystemAccount, varz.Ip, varz.GitCommit, varz.WriteTimeout));
        Assert.Equal("0.0.0.0", varz.HttpHost);
    }

    [Fact]
    public void Configured_feature_flags_override_defaults_and_unknown_ones_are_not_shown()
    {
        Varz varz = Build(new ServerOptions { FeatureFlags = new Dictionary<string, bool>(StringComparer.Ordinal) { ["js_ack_fc_v2"] = true, ["nope"] = true } });
        Assert.Equal(["js_ack_fc_v2", "js_api_reply_v2", "js_raft_delete_range", "js_snapshot_sources"], varz.FeatureFlags!.Keys);
        Assert.Equal([true, false, true, false], varz.FeatureFlags!.Values);
    }

    private static Varz Build(ServerOptions options)
    {
        var server = new FakeMonitoredServer();
        return VarzBuilder.Build(server.Server with { Options = options }, Usage, new Dictionary<string, ulong>(StringComparer.Ordinal), Start);
    }
}
