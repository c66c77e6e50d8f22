using NATS.Server.Options;
using Xunit;
using static NATS.Server.UnitTests.Options.LoadedOptions;

namespace NATS.Server.UnitTests.Options;

public sealed class TracesReaderTests
{
    [Theory]
    [InlineData("port: 1", null, 100)]
    [InlineData("traces { otlp: \"http://collector:4318\" }", "http://collector:4318/", 100)]
    [InlineData("traces { otlp: \"https://collector/v1/other\", sampling: 10% }", "https://collector/v1/other", 10)]
    [InlineData("traces { otlp: \"http://collector\", sampling: \"0.5%\" }", "http://collector/", 0.5)]
    [InlineData("traces { otlp: \"http://collector\", sampling: 0 }", "http://collector/", 0)]
    [InlineData("traces { otlp: \"http://collector\", sampling: 12.5 }", "http://collector/", 12.5)]
    public void A_block_says_who_is_told_and_how_much(string text, string? address, double sampling)
    {
        TracesOptions traces = Read(text).Traces;
        Assert.Equal((address, sampling), (traces.OtlpEndpoint?.ToString(), traces.Sampling));
    }

    [Theory]
    [InlineData("traces: true", "expected traces to be a map, got bool")]
    [InlineData("traces { sampling: 1 }", "traces need an otlp address")]
    [InlineData("traces { otlp: \"collector:4318\" }", "traces otlp \"collector:4318\" must be an http or https address")]
    [InlineData("traces { otlp: \"http://c\", sampling: 101 }", "traces sampling must be between 0% and 100%")]
    [InlineData("traces { otlp: \"http://c\", sampling: -1 }", "traces sampling must be between 0% and 100%")]
    [InlineData("traces { otlp: \"http://c\", sampling: \"NaN\" }", "traces sampling must be between 0% and 100%")]
    [InlineData("traces { otlp: \"http://c\", sampling: often }", "traces sampling must be between 0% and 100%")]
    [InlineData("traces { otlp: \"http://c\", rate: 1 }", "unknown field \"rate\" in traces")]
    public void What_cannot_be_is_refused(string text, string error) => Assert.Contains(error, Error(text), StringComparison.Ordinal);

    [Fact]
    public void A_reload_does_not_change_who_is_told()
    {
        ServerOptions off = new();
        ServerOptions on = off with { Traces = new TracesOptions { OtlpEndpoint = new Uri("http://user:secret@collector:4318/"), Sampling = 12.5 } };
        Assert.Equal(
            "config reload not supported for TracesExport: old=none, new=http://collector:4318/ with 12.5% of requests", Assert.Single(OptionsDiff.Compare(off, on).Errors));
        Assert.Empty(OptionsDiff.Compare(on, on with { Traces = on.Traces with { } }).Errors);
    }
}
