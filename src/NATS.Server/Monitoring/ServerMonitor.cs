using System.Buffers;
using System.Text;
using System.Text.Json;
using NATS.Server.Monitoring.Explaining;
using NATS.Server.Monitoring.Http;
using NATS.Server.Monitoring.Metrics;

namespace NATS.Server.Monitoring;

/// <summary>
/// The monitoring of one server for programs that embed it: the same answers as the HTTP endpoints, as objects. Thread-safe. A call costs about as
/// much as the request it corresponds to and never makes message flow wait.
/// </summary>
public sealed class ServerMonitor
{
    private readonly IMonitoredServer _server;
    private readonly ProcessUsageSampler _usage;
    private readonly TimeProvider _time;

    internal ServerMonitor(IMonitoredServer server, ProcessUsageSampler usage, TimeProvider time)
    {
        _server = server;
        _usage = usage;
        _time = time;
    }

    /// <summary>What is shown.</summary>
    internal IMonitoredServer Server => _server;

    /// <summary>What the process uses.</summary>
    internal ProcessUsage Usage => _usage.Current;

    internal DateTimeOffset Now => _time.GetUtcNow();

    internal RequestCounters Requests { get; } = new();

    /// <summary>The HTTP endpoints over this object. Set once, right after construction.</summary>
    internal MonitoringEndpoints? Endpoints { get; set; }

    /// <summary>General information about the server.</summary>
    public Varz Varz() => VarzBuilder.Build(_server.SnapshotServer(), _usage.Current, Requests.Snapshot(), _time.GetUtcNow());

    /// <summary>A page of connections.</summary>
    /// <exception cref="ArgumentException">The options contradict each other, see <see cref="ConnzOptions.Validate"/>.</exception>
    public Connz Connz(ConnzOptions? options = null)
    {
        options ??= new ConnzOptions();
        if (options.Validate() is string error) throw new ArgumentException(error, nameof(options));
        return ConnzBuilder.Build(options, _server, _time.GetUtcNow());
    }

    /// <summary>Subscriptions and the statistics of their index.</summary>
    /// <exception cref="ArgumentException">The options are wrong, see <see cref="SubszOptions.Validate"/>.</exception>
    public Subsz Subsz(SubszOptions? options = null)
    {
        options ??= new SubszOptions();
        if (options.Validate() is string error) throw new ArgumentException(error, nameof(options));
        return SubszBuilder.Build(options, _server, _time.GetUtcNow());
    }

    /// <summary>The accounts of the server, or one of them.</summary>
    /// <returns>Null when there is no account of the name that was asked for.</returns>
    public Accountz? Accountz(AccountzOptions? options = null) => AccountzBuilder.Build(options ?? new AccountzOptions(), _server, _time.GetUtcNow());

    /// <summary>What accounts have done so far.</summary>
    public AccountStatz AccountStatz(AccountStatzOptions? options = null) => AccountStatzBuilder.Build(options ?? new AccountStatzOptions(), _server, _time.GetUtcNow());

    /// <summary>Connections to other servers of the cluster.</summary>
    public Routez Routez() => PeersBuilder.Routes(_server, _time.GetUtcNow());

    /// <summary>Connections to and from other clusters.</summary>
    public Gatewayz Gatewayz() => PeersBuilder.Gateways(_server, _time.GetUtcNow());

    /// <summary>Leaf nodes.</summary>
    public Leafz Leafz() => PeersBuilder.LeafNodes(_server, _time.GetUtcNow());

    /// <summary>The server's own queues, by name.</summary>
    public IReadOnlyDictionary<string, QueueStatus> Ipqueuesz(IpqueueszOptions? options = null) => IpqueueszBuilder.Build(options ?? new IpqueueszOptions(), _server);

    /// <summary>What the threads of the process are about, as text for people.</summary>
    public string Stacksz() => StacksBuilder.Render(_server.Options.ServerName, ProcessThreads.Read(), Environment.StackTrace);

    /// <summary>The memory and the command line of the process.</summary>
    public Expvarz Expvarz() => new() { Memstats = MemoryStatistics.Read(), Cmdline = _server.CommandLine };

    /// <summary>A profile of the process, or why there is none.</summary>
    public ProfilezStatus Profilez(ProfilezOptions? options = null) => ProfilezBuilder.Build(options ?? new ProfilezOptions(), Stacksz);

    /// <summary>Writes what JetStream has and uses, as JSON on several lines.</summary>
    /// <param name="output">Gets it.</param>
    /// <param name="options">What to show.</param>
    /// <returns>False when this server does not answer such a request.</returns>
    public bool TryWriteJsz(IBufferWriter<byte> output, JszOptions? options = null)
    {
        using var writer = new Utf8JsonWriter(output, MonitoringJson.Indented);
        return JszWriter.TryWrite(writer, options ?? new JszOptions(), _server, _time.GetUtcNow());
    }

    /// <summary>Says why the server does what it does: with permissions, messages, consumers and connections.</summary>
    /// <exception cref="ArgumentException">The question is incomplete, see <see cref="ExplainQuestion.Validate"/>.</exception>
    public Explanation Explain(ExplainQuestion question)
    {
        ArgumentNullException.ThrowIfNull(question);
        if (question.Validate() is { } problem) throw new ArgumentException(problem, nameof(question));
        return ExplanationBuilder.Build(question, _server, _time.GetUtcNow());
    }

    /// <summary>Writes all metrics in the text format of Prometheus, whether the monitoring port answers them or not.</summary>
    public void WriteMetrics(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        Write(new PrometheusWriter(output));
    }

    /// <summary>Hands all metrics to somebody.</summary>
    internal void Write(IMetricSink sink) => ServerMetrics.Write(sink, _server, Varz(), _time.GetUtcNow());

    /// <summary>Whether the monitoring port answers metrics, at the moment.</summary>
    internal bool TellsMetrics => _server.Options.Metrics.IsEnabled;

    /// <summary>Answers a request as the monitoring port does, to serve monitoring from a web server of one's own.</summary>
    /// <param name="target">Path and query, percent-encoded, below the configured base path, such as <c>/connz?subs=1</c>.</param>
    /// <param name="cancellationToken">Gives up waiting for other large answers.</param>
    public async Task<MonitoringResponse> RespondAsync(string target, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        HttpParseResult parsed = HttpRequestParser.Parse(Encoding.UTF8.GetBytes($"GET {target} HTTP/1.0\r\n\r\n"), HttpConnection.MaxHeadBytes);
        using HttpResponse response = parsed.Request is { } request
            ? await Endpoints!.RespondAsync(request, cancellationToken)
            : HttpResponse.Text(parsed.ErrorCode, parsed.ErrorText);
        return new MonitoringResponse(response.Status, response.ContentType ?? "", response.Body.ToArray());
    }

    /// <summary>Whether the server works.</summary>
    public HealthStatus Healthz(HealthzOptions? options = null) => HealthBuilder.Build(options ?? new HealthzOptions(), _server);
}

/// <summary>An answer of the monitoring port. Immutable.</summary>
/// <param name="Status">HTTP status code.</param>
/// <param name="ContentType">Empty for none.</param>
/// <param name="Body">The content.</param>
public sealed record MonitoringResponse(int Status, string ContentType, ReadOnlyMemory<byte> Body);
