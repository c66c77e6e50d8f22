using NATS.Server.Core.Protocol;
using NATS.Server.Options;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace NATS.Server.Host.Telemetry;

/// <summary>Sends the server's metrics to a collector by OTLP over HTTP, on a thread of its own, until it is disposed. What cannot be sent is dropped.</summary>
internal sealed class OtlpExport : IDisposable
{
    private const string MetricsPath = "v1/metrics";
    private const int ServerSeries = 100;
    private static readonly TimeSpan ShutdownTime = TimeSpan.FromSeconds(2);

    private readonly MeterProvider _provider;

    private OtlpExport(MeterProvider provider) => _provider = provider;

    /// <summary>Begins to export.</summary>
    /// <returns>Null when the options name no collector.</returns>
    public static OtlpExport? Start(ServerOptions options, string serverName)
    {
        var metrics = options.Metrics;
        if (metrics.OtlpEndpoint is not { } endpoint)
            return null;
        var limit = Math.Max(metrics.MaxAccounts, Math.Max(metrics.MaxStreams, metrics.MaxConsumers)) + ServerSeries;
        return new OtlpExport(OpenTelemetry.Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => resource.AddService("nats-server", serviceVersion: ServerVersion.Compatible, autoGenerateServiceInstanceId: false, serviceInstanceId: serverName))
            .AddMeter("Nats.Server")
            .AddView(_ => new MetricStreamConfiguration { CardinalityLimit = limit })
            .AddOtlpExporter((exporter, reader) =>
            {
                exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
                exporter.Endpoint = AddressOf(endpoint);
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)Math.Min(int.MaxValue, metrics.OtlpInterval.TotalMilliseconds);
            })
            .Build());
    }

    /// <summary>Where metrics go: a collector's address without a path gets the usual one.</summary>
    internal static Uri AddressOf(Uri endpoint) => endpoint.AbsolutePath is "" or "/" ? new Uri(endpoint, MetricsPath) : endpoint;

    public void Dispose()
    {
        _provider.Shutdown((int)ShutdownTime.TotalMilliseconds);
        _provider.Dispose();
    }
}
