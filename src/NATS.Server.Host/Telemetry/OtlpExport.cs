using NATS.Server.Core.Protocol;
using NATS.Server.Options;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace NATS.Server.Host.Telemetry;

/// <summary>Sends the server's metrics and spans to collectors by OTLP over HTTP, on threads of its own, until it is disposed. What cannot be sent is dropped.</summary>
internal sealed class OtlpExport : IDisposable
{
    private const string MetricsPath = "v1/metrics";
    private const string TracesPath = "v1/traces";
    private const string Source = "Nats.Server";
    private const int ServerSeries = 100;
    private static readonly TimeSpan ShutdownTime = TimeSpan.FromSeconds(2);

    private readonly MeterProvider? _metrics;
    private readonly TracerProvider? _traces;

    private OtlpExport(MeterProvider? metrics, TracerProvider? traces)
    {
        _metrics = metrics;
        _traces = traces;
    }

    /// <summary>Begins to export what the options name a collector for.</summary>
    public static OtlpExport Start(ServerOptions options) => new(StartMetrics(options.Metrics, options.ServerName), StartTraces(options.Traces, options.ServerName));

    /// <summary>Where something goes: a collector's address without a path gets the usual one.</summary>
    internal static Uri AddressOf(Uri endpoint, string path = MetricsPath) => endpoint.AbsolutePath is "" or "/" ? new Uri(endpoint, path) : endpoint;

    public void Dispose()
    {
        _metrics?.Shutdown((int)ShutdownTime.TotalMilliseconds);
        _metrics?.Dispose();
        _traces?.Shutdown((int)ShutdownTime.TotalMilliseconds);
        _traces?.Dispose();
    }

    private static MeterProvider? StartMetrics(MetricsOptions metrics, string serverName)
    {
        if (metrics.OtlpEndpoint is not { } endpoint)
            return null;
        var limit = Math.Max(metrics.MaxAccounts, Math.Max(metrics.MaxStreams, metrics.MaxConsumers)) + ServerSeries;
        return OpenTelemetry.Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => Describe(resource, serverName))
            .AddMeter(Source)
            .AddView(_ => new MetricStreamConfiguration { CardinalityLimit = limit })
            .AddOtlpExporter((exporter, reader) =>
            {
                exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
                exporter.Endpoint = AddressOf(endpoint);
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)Math.Min(int.MaxValue, metrics.OtlpInterval.TotalMilliseconds);
            })
            .Build();
    }

    private static TracerProvider? StartTraces(TracesOptions traces, string serverName)
    {
        if (traces.OtlpEndpoint is not { } endpoint)
            return null;
        return OpenTelemetry.Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => Describe(resource, serverName))
            .AddSource(Source)
            .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(traces.Sampling / TracesOptions.AllRequests)))
            .AddOtlpExporter(exporter =>
            {
                exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
                exporter.Endpoint = AddressOf(endpoint, TracesPath);
            })
            .Build();
    }

    // A server without a name of its own has another one with every start.
    private static void Describe(ResourceBuilder resource, string serverName) => resource.AddService(
        "nats-server",
        serviceVersion: ServerVersion.Compatible,
        autoGenerateServiceInstanceId: serverName.Length == 0,
        serviceInstanceId: serverName.Length > 0 ? serverName : null);
}
