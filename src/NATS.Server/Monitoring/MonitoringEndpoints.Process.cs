using System.Buffers;
using System.Text;
using NATS.Server.Monitoring.Http;

namespace NATS.Server.Monitoring;

/// <summary>The endpoints about the process. As in the reference nobody counts requests to them.</summary>
internal sealed partial class MonitoringEndpoints
{
    private const string JsonInUtf8 = HttpResponse.Json + "; charset=utf-8";

    private HttpResponse Ipqueuesz(HttpRequest request)
    {
        var query = new QueryReader(request.RawQuery);
        var options = new IpqueueszOptions { All = query.Bool("all"), Filter = query.Text("queues") };
        return query.Error is { } error
            ? HttpResponse.Text(400, error)
            : Json(200, _monitor.Ipqueuesz(options), MonitoringJson.Default.IReadOnlyDictionaryStringQueueStatus, indented: true);
    }

    // Its type is that of JSON in the reference too.
    private HttpResponse Stacksz(HttpRequest request) => new(200, HttpResponse.Json, Encoding.UTF8.GetBytes(_monitor.Stacksz())) { ExtraHeaders = Cors };

    private HttpResponse Expvarz(HttpRequest request)
    {
        Expvarz vars = _monitor.Expvarz();
        var body = new PooledBuffer();
        try
        {
            body.Write("{\n\"cmdline\": "u8);
            MonitoringJson.Write(body, vars.Cmdline, MonitoringJson.Default.IReadOnlyListString, indented: false);
            body.Write(",\n\"memstats\": "u8);
            MonitoringJson.Write(body, vars.Memstats, MonitoringJson.Default.MemoryStatistics, indented: false);
            body.Write("\n}\n"u8);
        }
        catch
        {
            body.Dispose();
            throw;
        }

        return new HttpResponse(200, JsonInUtf8, body);
    }
}
