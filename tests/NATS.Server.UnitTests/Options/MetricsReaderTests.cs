using NATS.Server.Options;
using Xunit;
using static NATS.Server.UnitTests.Options.LoadedOptions;

namespace NATS.Server.UnitTests.Options;

public sealed class MetricsReaderTests
{
    [Fact]
    public void Without_being_asked_for_there_are_no_metrics()
    {
        Assert.False(Read("port: 1").Metrics.IsEnabled);
        Assert.False(Read("metrics: false").Metrics.IsEnabled);
        Assert.True(Read("metrics: true").Metrics.IsEnabled);
    }

    [Fact]
    public void A_block_says_how_they_are_told()
    {
        MetricsOptions metrics = Read("metrics { prefix: nats, max_accounts: 1, max_streams: 2, max_consumers: 3, otlp: \"http://collector:4318\", otlp_interval: 10s }").Metrics;
        Assert.Equal((true, "nats", 1, 2, 3), (metrics.IsEnabled, metrics.Prefix, metrics.MaxAccounts, metrics.MaxStreams, metrics.MaxConsumers));
        Assert.Equal(("http://collector:4318/", TimeSpan.FromSeconds(10)), (metrics.OtlpEndpoint!.ToString(), metrics.OtlpInterval));
    }

    [Theory]
    [InlineData("metrics: 7", "expected metrics to be true, false or a map, got int64")]
    [InlineData("metrics { prefix: \"a-b\" }", "metrics prefix \"a-b\" must be letters, digits and underscores, and not begin with a digit")]
    [InlineData("metrics { prefix: \"1a\" }", "metrics prefix \"1a\" must be letters, digits and underscores, and not begin with a digit")]
    [InlineData("metrics { max_streams: -1 }", "metrics max_streams must be between 0 and 100000")]
    [InlineData("metrics { max_streams: 100001 }", "metrics max_streams must be between 0 and 100000")]
    [InlineData("metrics { otlp: \"collector:4318\" }", "metrics otlp \"collector:4318\" must be an http or https address")]
    [InlineData("metrics { otlp_interval: 10ms }", "metrics otlp_interval must be at least 1s")]
    [InlineData("metrics { prefx: a }", "unknown field \"prefx\" in metrics")]
    public void What_cannot_be_is_refused(string text, string error) => Assert.Contains(error, Error(text), StringComparison.Ordinal);

    [Fact]
    public void A_reload_changes_what_is_told_but_not_to_whom()
    {
        ServerOptions off = new();
        ServerOptions on = off with { Metrics = new MetricsOptions { IsEnabled = true, Prefix = "nats" } };
        OptionsDiff diff = OptionsDiff.Compare(off, on);
        Assert.Empty(diff.Errors);
        Assert.Contains(diff.Changes, static change => change is { Option: ReloadableOption.Metrics, Notice: "Reloaded: metrics" });

        ServerOptions exporting = on with { Metrics = on.Metrics with { OtlpEndpoint = new Uri("http://user:secret@collector:4318/") } };
        Assert.Equal(
            "config reload not supported for MetricsExport: old=none, new=http://collector:4318/ every 1m0s", Assert.Single(OptionsDiff.Compare(on, exporting).Errors));
    }
}
