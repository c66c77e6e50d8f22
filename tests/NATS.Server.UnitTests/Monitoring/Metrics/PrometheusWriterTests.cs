using System.Buffers;
using System.Text;
using NATS.Server.Monitoring.Metrics;
using Xunit;

namespace NATS.Server.UnitTests.Monitoring.Metrics;

public sealed class PrometheusWriterTests
{
    private readonly ArrayBufferWriter<byte> _output = new();

    [Fact]
    public void A_metric_has_its_help_its_type_and_its_samples()
    {
        var writer = new PrometheusWriter(_output);
        writer.Begin(new Metric("nats_x", "About x"));
        writer.Add(new MetricLabels(("server_id", "S")), 1);
        writer.Add(new MetricLabels(("server_id", "S")).With(("stream", "s")), 0.5);
        Assert.Equal("# HELP nats_x About x\n# TYPE nats_x gauge\nnats_x{server_id=\"S\"} 1\nnats_x{server_id=\"S\",stream=\"s\"} 0.5\n", Text);
    }

    [Fact]
    public void Values_of_labels_are_escaped()
    {
        var writer = new PrometheusWriter(_output);
        writer.Begin(new Metric("m", "h"));
        writer.Add(new MetricLabels(("l", "a\"b\\c\nd{é}")), 2);
        Assert.EndsWith("m{l=\"a\\\"b\\\\c\\nd{é}\"} 2\n", Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(-1, "-1")]
    [InlineData(9007199254740992, "9007199254740992")]
    [InlineData(18446744073709551615, "1.8446744073709552E+19")]
    [InlineData(1e300, "1E+300")]
    [InlineData(0.1, "0.1")]
    public void Numbers_are_written_so_that_they_can_be_read_again(double value, string text)
    {
        var writer = new PrometheusWriter(_output);
        writer.Begin(new Metric("m", "h"));
        writer.Add(new MetricLabels(("l", "")), value);
        Assert.EndsWith($"m{{l=\"\"}} {text}\n", Text, StringComparison.Ordinal);
    }

    private string Text => Encoding.UTF8.GetString(_output.WrittenSpan);
}
