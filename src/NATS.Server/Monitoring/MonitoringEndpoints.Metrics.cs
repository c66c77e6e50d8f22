using NATS.Server.Monitoring.Http;
using NATS.Server.Monitoring.Metrics;

namespace NATS.Server.Monitoring;

/// <summary>The endpoint for Prometheus, which is not there unless it is asked for.</summary>
internal sealed partial class MonitoringEndpoints
{
    private HttpResponse Metrics(HttpRequest request)
    {
        if (!_monitor.TellsMetrics) return NotFound();
        _monitor.Requests.Count("/metrics");
        var body = new PooledBuffer(64 * 1024);
        try
        {
            _monitor.WriteMetrics(body);
        }
        catch
        {
            body.Dispose();
            throw;
        }

        return new HttpResponse(200, PrometheusWriter.ContentType, body);
    }
}
