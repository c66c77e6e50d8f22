using System.Globalization;

namespace NATS.Server.Bench.Measurement;

/// <summary>What one run of one case against one server measured. Figures that a case does not have are NaN.</summary>
internal sealed record RunResult
{
    /// <summary>Deliveries; publishes if nobody subscribes; requests.</summary>
    public long Messages { get; init; }

    public double Seconds { get; init; } = double.NaN;

    public double ServerCpuSeconds { get; init; } = double.NaN;

    public double GeneratorCpuSeconds { get; init; } = double.NaN;

    public double P50Microseconds { get; init; } = double.NaN;

    public double P99Microseconds { get; init; } = double.NaN;

    public double LongestMicroseconds { get; init; } = double.NaN;

    /// <summary>Resident set at the end.</summary>
    public double ResidentMib { get; init; } = double.NaN;

    /// <summary>Growth of the resident set per idle connection.</summary>
    public double KibPerConnection { get; init; } = double.NaN;

    /// <summary>From starting the process to its line about listening.</summary>
    public double StartMilliseconds { get; init; } = double.NaN;

    /// <summary>Throughput with a subscriber that does not read, divided by the throughput without.</summary>
    public double StalledShare { get; init; } = double.NaN;

    /// <summary>99th percentile of latencies while others log in, divided by that in quiet.</summary>
    public double P99Growth { get; init; } = double.NaN;

    public double Rate => Messages / Seconds;

    public double CpuMicrosecondsPerMessage => ServerCpuSeconds * 1e6 / Messages;

    /// <summary>One line of key=value pairs.</summary>
    public string ToLine(string caseName, string server)
    {
        var culture = CultureInfo.InvariantCulture;
        var parts = new List<string> { $"case={caseName}", $"server={server}" };
        void Add(string key, double value, string format)
        {
            if (!double.IsNaN(value))
            {
                parts.Add($"{key}={value.ToString(format, culture)}");
            }
        }

        if (Messages > 0)
        {
            parts.Add($"messages={Messages.ToString(culture)}");
            Add("seconds", Seconds, "0.000");
            Add("rate", Rate, "0");
            Add("server_cpu_us_per_message", CpuMicrosecondsPerMessage, "0.0000");
            Add("generator_cpu_us_per_message", GeneratorCpuSeconds * 1e6 / Messages, "0.0000");
            Add("server_cores", ServerCpuSeconds / Seconds, "0.00");
            Add("generator_cores", GeneratorCpuSeconds / Seconds, "0.00");
        }

        Add("p50_us", P50Microseconds, "0.0");
        Add("p99_us", P99Microseconds, "0.0");
        Add("resident_mib", ResidentMib, "0.0");
        Add("kib_per_connection", KibPerConnection, "0.00");
        Add("start_ms", StartMilliseconds, "0.0");
        Add("stalled_share", StalledShare, "0.00");
        Add("p99_growth", P99Growth, "0.00");
        return string.Join(' ', parts);
    }
}
