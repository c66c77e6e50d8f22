using System.Text;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using NATS.Server.Core.Protocol;
using NATS.Server.Monitoring.Http;

namespace NATS.Server.Monitoring;

/// <summary>
/// The monitoring endpoints: request in, response out. Thread-safe. Methods are not told apart, as in the reference: a POST is answered like a GET.
/// Lists can be large, so that only <see cref="MaxConcurrentLists"/> of them are built and written at a time; further ones wait.
/// </summary>
internal sealed partial class MonitoringEndpoints : IDisposable
{
    public const int MaxConcurrentLists = 4;

    private const string Cors = "Access-Control-Allow-Origin: *\r\n";

    private readonly ServerMonitor _monitor;
    private readonly ILogger _logger;
    private readonly string _basePath;
    private readonly Dictionary<string, Endpoint> _endpoints;
    private readonly SemaphoreSlim _lists = new(MaxConcurrentLists);

    /// <summary>Sets the endpoints up below a path.</summary>
    /// <param name="monitor">Where the answers come from.</param>
    /// <param name="basePath">As configured: with or without slashes, empty for the root.</param>
    /// <param name="logger">Where failed health checks are reported.</param>
    public MonitoringEndpoints(ServerMonitor monitor, string basePath, ILogger logger)
    {
        _monitor = monitor;
        _logger = logger;
        _basePath = Normalize(basePath);
        Endpoint[] all =
        [
            new("/varz", Varz),
            new("/connz", Connz, isList: true),
            new("/subsz", Subsz, isList: true),
            new("/healthz", Healthz),
            new("/jsz", Jsz, isList: true),
            new("/accountz", Accountz, isList: true),
            new("/accstatz", AccountStatz, isList: true),
            new("/routez", Routez),
            new("/gatewayz", Gatewayz),
            new("/leafz", Leafz),
            new("/raftz", Raftz),
            new("/ipqueuesz", Ipqueuesz, isList: true),
            new("/stacksz", Stacksz),
            new("/debug/vars", Expvarz),
            new("/metrics", Metrics, isList: true),
        ];
        _endpoints = all.ToDictionary(x => Below(x.Name), StringComparer.Ordinal);
        _endpoints.Add(Below("/subscriptionsz"), _endpoints[Below("/subsz")]);
        _endpoints.Add(_basePath, new Endpoint("/", _ => RootPage()));
    }

    /// <summary>Answers one request.</summary>
    public async ValueTask<HttpResponse> RespondAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (request.Path == "*") return new HttpResponse(200, null, ReadOnlyMemory<byte>.Empty);
        string cleaned = UrlPath.Clean(request.RawPath);
        if (cleaned != request.RawPath && request.RawPath.Length > 0) return Redirect(request, cleaned);
        if (!_endpoints.TryGetValue(request.Path, out Endpoint? endpoint)) return NotFound();

        if (!endpoint.IsList) return endpoint.Answer(request);
        await _lists.WaitAsync(cancellation);
        HttpResponse? response = null;
        try
        {
            response = endpoint.Answer(request);
            response.Disposed = () => _lists.Release();
        }
        finally
        {
            if (response is null) _lists.Release();
        }

        return response;
    }

    public void Dispose() => _lists.Dispose();

    private static HttpResponse NotFound() => new(404, HttpResponse.PlainText, "404 page not found\n"u8.ToArray())
    {
        ExtraHeaders = "X-Content-Type-Options: nosniff\r\n",
    };

    private static HttpResponse Redirect(HttpRequest request, string path)
    {
        string location = request.RawQuery.Length == 0 ? path : $"{path}?{request.RawQuery}";
        string header = $"Location: {location}\r\n";
        if (!request.IsGetOrHead) return new HttpResponse(301, null, ReadOnlyMemory<byte>.Empty) { ExtraHeaders = header };
        string escaped = location.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("\"", "&#34;").Replace("'", "&#39;");
        return new HttpResponse(301, HttpResponse.Html, Encoding.Latin1.GetBytes($"<a href=\"{escaped}\">Moved Permanently</a>.\n\n"))
        {
            ExtraHeaders = header,
        };
    }

    private static HttpResponse Json<T>(int status, T value, JsonTypeInfo<T> type, bool indented)
    {
        var body = new PooledBuffer();
        try
        {
            MonitoringJson.Write(body, value, type, indented);
        }
        catch
        {
            body.Dispose();
            throw;
        }

        return new HttpResponse(status, HttpResponse.Json, body) { ExtraHeaders = Cors };
    }

    private static string Normalize(string basePath)
    {
        string cleaned = UrlPath.Clean(basePath);
        return cleaned.Length > 1 ? cleaned.TrimEnd('/') : cleaned;
    }

    private string Below(string endpoint) => _basePath == "/" ? endpoint : _basePath + endpoint;

    private HttpResponse RootPage()
    {
        _monitor.Requests.Count("/");
        return new HttpResponse(200, HttpResponse.Html, Encoding.UTF8.GetBytes(Monitoring.RootPage.Render(Below)));
    }

    private HttpResponse Varz(HttpRequest request)
    {
        _monitor.Requests.Count("/varz");
        return Json(200, _monitor.Varz(), MonitoringJson.Default.Varz, indented: true);
    }

    private HttpResponse Connz(HttpRequest request)
    {
        var query = new QueryReader(request.RawQuery);
        bool auth = query.Bool("auth");
        bool detail = query.Text("subs").Equals("detail", StringComparison.OrdinalIgnoreCase);
        var options = new ConnzOptions
        {
            Auth = auth,
            SubscriptionsDetail = detail,
            Subscriptions = !detail && query.Bool("subs"),
            Offset = query.Int("offset"),
            Limit = query.Int("limit"),
            Cid = query.Unsigned("cid"),
            State = query.State(),
            User = query.Text("user"),
            Account = query.Text("acc"),
            MqttClient = query.Text("mqtt_client"),
        };
        if (query.Error is not null) return HttpResponse.Text(400, query.Error);

        _monitor.Requests.Count("/connz");
        string sortName = query.Text("sort");
        if (!ConnectionSortNames.TryParse(sortName, out ConnectionSort sort)) return HttpResponse.Text(400, $"invalid sorting option: {sortName}");
        options = options with { Sort = sort };
        if (options.Validate() is string error) return HttpResponse.Text(400, error);
        return Json(200, _monitor.Connz(options), MonitoringJson.Default.Connz, indented: true);
    }

    private HttpResponse Subsz(HttpRequest request)
    {
        _monitor.Requests.Count("/subsz");
        var query = new QueryReader(request.RawQuery);
        var options = new SubszOptions
        {
            Subscriptions = query.Bool("subs"),
            Offset = query.Int("offset"),
            Limit = query.Int("limit"),
            Account = query.Text("acc"),
            Test = query.Text("test"),
        };
        if ((query.Error ?? options.Validate()) is string error) return HttpResponse.Text(400, error);
        return Json(200, _monitor.Subsz(options), MonitoringJson.Default.Subsz, indented: true);
    }

    private HttpResponse Jsz(HttpRequest request)
    {
        _monitor.Requests.Count("/jsz");
        var query = new QueryReader(request.RawQuery);
        var options = new JszOptions
        {
            Accounts = query.Bool("accounts"),
            Streams = query.Bool("streams"),
            Consumers = query.Bool("consumers"),
            DirectConsumers = query.Bool("direct-consumers"),
            Config = query.Bool("config"),
            Offset = query.Int("offset"),
            Limit = query.Int("limit"),
            LeaderOnly = query.Bool("leader-only"),
            Raft = query.Bool("raft"),
            StreamLeaderOnly = query.Bool("stream-leader-only"),
            Account = query.Text("acc"),
        };
        if (query.Error is not null) return HttpResponse.Text(400, query.Error);
        var body = new PooledBuffer();
        try
        {
            if (_monitor.TryWriteJsz(body, options)) return new HttpResponse(200, HttpResponse.Json, body) { ExtraHeaders = Cors };
        }
        catch
        {
            body.Dispose();
            throw;
        }

        body.Dispose();
        return HttpResponse.Text(400, "filtered response: not leader");
    }

    private HttpResponse Healthz(HttpRequest request)
    {
        _monitor.Requests.Count("/healthz");
        var query = new QueryReader(request.RawQuery);
        bool isDeprecated = query.Bool("js-enabled");
        if (isDeprecated) Log.DeprecatedParameter(_logger);
        var options = new HealthzOptions
        {
            JsEnabledOnly = query.Bool("js-enabled-only") || isDeprecated,
            JsServerOnly = query.Bool("js-server-only"),
            JsMetaOnly = query.Bool("js-meta-only"),
            Details = query.Bool("details"),
            Account = query.Text("account"),
            Stream = query.Text("stream"),
            Consumer = query.Text("consumer"),
        };
        if (query.Error is not null) return HttpResponse.Text(400, query.Error);

        HealthStatus status = _monitor.Healthz(options);
        if (status.Error is string error) Log.Unhealthy(_logger, QuotedText.Quote(error));
        else if (status.Errors is { Count: > 0 } errors) Log.UnhealthyInDetail(_logger, errors.Count);
        return Json(status.StatusCode, status with { StatusCode = 0 }, MonitoringJson.Default.HealthStatus, indented: false);
    }

    private sealed class Endpoint(string name, Func<HttpRequest, HttpResponse> answer, bool isList = false)
    {
        public string Name => name;

        public bool IsList => isList;

        public HttpResponse Answer(HttpRequest request) => answer(request);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Healthcheck: js-enabled deprecated, use js-enabled-only instead")]
        public static partial void DeprecatedParameter(ILogger logger);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Healthcheck failed: {Error}")]
        public static partial void Unhealthy(ILogger logger, string error);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Healthcheck failed: {Count} errors")]
        public static partial void UnhealthyInDetail(ILogger logger, int count);
    }
}
