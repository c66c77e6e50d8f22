using NATS.Server.JetStream.Engine;
using NATS.Server.Monitoring;
using NATS.Server.Sessions;

namespace NATS.Server.SystemEvents;

/// <summary>What monitoring shows, as answers to requests: of the whole server, and of one account. Thread-safe.</summary>
internal sealed class MonitoringRequests(ServerContext server, ServerMonitor monitor)
{
    /// <summary>By the last word of <c>$SYS.REQ.SERVER.*.X</c>.</summary>
    public IEnumerable<(string Name, RequestHandler Handler)> OfServer() =>
    [
        ("VARZ", Handle(RequestBodies.FilterOnly("VarzEventOptions"), (_, _) => RequestOutcome.Data(monitor.Varz(), MonitoringJson.Default.Varz))),
        ("SUBSZ", Handle(RequestBodies.Subsz, (options, _) => Subsz(options))),
        ("CONNZ", Handle(RequestBodies.Connz, (query, _) => Connz(query))),
        ("JSZ", Handle(RequestBodies.Jsz, (options, _) => Jsz(options))),
        ("HEALTHZ", Handle(RequestBodies.Healthz, (options, _) => RequestOutcome.Data(monitor.Healthz(options), MonitoringJson.Default.HealthStatus))),
    ];

    /// <summary>By the last word of <c>$SYS.REQ.ACCOUNT.*.X</c>.</summary>
    public IEnumerable<(string Name, RequestHandler Handler)> OfAccount() =>
    [
        ("SUBSZ", Handle(RequestBodies.Subsz, (options, request) => Subsz(options with { Subscriptions = true, Account = request.NamedAccount }))),
        ("CONNZ", Handle(RequestBodies.Connz, (query, request) => Connz(query with { Options = query.Options with { Account = request.NamedAccount } }))),
        ("JSZ", Handle(RequestBodies.Jsz, (options, request) => JszOfAccount(options with { Account = request.NamedAccount }))),
    ];

    /// <summary>Reads a body, stays silent when another server is meant, and asks for the answer.</summary>
    public RequestHandler Handle<T>(RequestBody<T> body, Func<T, SystemRequest, RequestOutcome> answer) => request =>
    {
        if (body.Read(request.Body, out T options, out RequestFilter filter) is { } problem) return RequestOutcome.BadRequest(problem);
        return filter.Includes(server) ? answer(options, request) : RequestOutcome.Silent;
    };

    private RequestOutcome Connz(ConnzQuery query)
    {
        if (!ConnectionSortNames.TryParse(query.Sort, out ConnectionSort sort)) return RequestOutcome.FailedWithoutData("invalid sorting option: " + query.Sort);
        ConnzOptions options = query.Options with { Sort = sort };
        return options.Validate() is { } error ? RequestOutcome.FailedWithoutData(error) : RequestOutcome.Data(monitor.Connz(options), MonitoringJson.Default.Connz);
    }

    private RequestOutcome Subsz(SubszOptions options) =>
        options.Validate() is { } error ? RequestOutcome.FailedWithoutData(error) : RequestOutcome.Data(monitor.Subsz(options), MonitoringJson.Default.Subsz);

    private RequestOutcome Jsz(JszOptions options) =>
        JszWriter.MayAnswer(options, monitor.Server) ? RequestOutcome.Data(json => JszWriter.TryWrite(json, options, monitor.Server, monitor.Now)) : RequestOutcome.Silent;

    private RequestOutcome JszOfAccount(JszOptions options) => JszWriter.FindAccount(options.Account, monitor.Server, out JetStreamAccount? account) is { } problem
        ? RequestOutcome.FailedWithoutData(problem)
        : RequestOutcome.Data(json => JszWriter.WriteAccount(json, account!, options, monitor.Server));
}
