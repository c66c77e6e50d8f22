using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace NATS.Server.Monitoring.Metrics;

/// <summary>Writes metrics in the text format of Prometheus, version 0.0.4. One owner.</summary>
/// <param name="output">Gets the text.</param>
internal sealed class PrometheusWriter(IBufferWriter<byte> output) : IMetricSink
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    // Whole numbers up to here are the same as a double.
    private const double MaxWhole = 1L << 53;

    private byte[] _name = [];

    public void Begin(Metric metric)
    {
        _name = Encoding.ASCII.GetBytes(metric.Name);
        output.Write("# HELP "u8);
        output.Write(_name);
        output.Write(" "u8);
        output.Write(Encoding.UTF8.GetBytes(metric.Help));
        output.Write("\n# TYPE "u8);
        output.Write(_name);
        output.Write(" gauge\n"u8);
    }

    public void Add(MetricLabels labels, double value)
    {
        output.Write(_name);
        output.Write(labels.Text);
        output.Write(" "u8);
        Write(value);
        output.Write("\n"u8);
    }

    private void Write(double value)
    {
        Span<byte> space = output.GetSpan(32);
        bool isWhole = Math.Abs(value) <= MaxWhole && value == Math.Truncate(value);
        bool fits = isWhole ? Utf8Formatter.TryFormat((long)value, space, out int length) : value.TryFormat(space, out length, "R", CultureInfo.InvariantCulture);
        if (fits) output.Advance(length);
    }
}
