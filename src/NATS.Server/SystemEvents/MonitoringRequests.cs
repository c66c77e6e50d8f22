using System.Text.Json;
using NATS.Server.JetStream.Engine;
using NATS.Server.Monitoring;
using NATS.Server.Monitoring.Explaining;
using NATS.Server.Sessions;

namespace NATS.Server.SystemEvents;

/// <summary>What monitoring shows, as answers to requests: of the whole server, and of one account. Thread-safe.</summary>
internal sealed class MonitoringRequests(ServerContext server, ServerMonitor monitor)
{
    private const string AllAccounts = "PING";

    /// <summary>By the last word of <c>$SYS.REQ.SERVER.*.X</c>.</summary>
    public IEnumerable<(string Name, RequestHandler Handler)> OfServer() =>
    [
        ("VARZ", Handle(RequestBodies.FilterOnly("VarzEventOptions"), (_, _) => RequestOutcome.Data(monitor.Varz(), MonitoringJson.Default.Varz))),
        ("SUBSZ", Handle(RequestBodies.Subsz, (options, _) => Subsz(options))),
        ("CONNZ", Handle(RequestBodies.Connz, (query, _) => Connz(query))),
        ("ROUTEZ", Handle(RequestBodies.Routez, (_, _) => RequestOutcome.Data(monitor.Routez(), MonitoringJson.Default.Routez))),
        ("GATEWAYZ", Handle(RequestBodies.Gatewayz, (_, _) => RequestOutcome.Data(monitor.Gatewayz(), MonitoringJson.Default.Gatewayz))),
        ("LEAFZ", Handle(RequestBodies.Leafz, (_, _) => RequestOutcome.Data(monitor.Leafz(), MonitoringJson.Default.Leafz))),
        ("ACCOUNTZ", Handle(RequestBodies.Accountz, (options, _) => Accountz(options))),
        ("JSZ", Handle(RequestBodies.Jsz, (options, _) => Jsz(options))),
        ("PROFILEZ", Handle(RequestBodies.Profilez, (options, _) => RequestOutcome.Data(monitor.Profilez(options), MonitoringJson.Default.ProfilezStatus))),
        ("EXPVARZ", Handle(RequestBodies.FilterOnly("ExpvarzEventOptions"), (_, _) => RequestOutcome.Data(monitor.Expvarz(), MonitoringJson.Default.Expvarz))),
        ("IPQUEUESZ", Handle(RequestBodies.Ipqueuesz, (options, _) => Ipqueuesz(options))),

        ("EXPLAIN", Handle(RequestBodies.Explain, (question, _) => Explain(question))),

        // A server without others has no groups.
        ("RAFTZ", Handle(RequestBodies.Raftz, static (_, _) => RequestOutcome.Data(WriteNothing))),
        ("HEALTHZ", Handle(RequestBodies.Healthz, (options, _) => RequestOutcome.Data(monitor.Healthz(options), MonitoringJson.Default.HealthStatus))),
    ];

    /// <summary>By the last word of <c>$SYS.REQ.ACCOUNT.*.X</c>.</summary>
    public IEnumerable<(string Name, RequestHandler Handler)> OfAccount() =>
    [
        ("SUBSZ", Handle(RequestBodies.Subsz, (options, request) => Subsz(options with { Subscriptions = true, Account = request.NamedAccount }))),
        ("CONNZ", Handle(RequestBodies.Connz, (query, request) => Connz(query with { Options = query.Options with { Account = request.NamedAccount } }))),
        ("JSZ", Handle(RequestBodies.Jsz, (options, request) => JszOfAccount(options with { Account = request.NamedAccount }))),
        ("LEAFZ", Handle(RequestBodies.Leafz, (_, _) => RequestOutcome.Data(monitor.Leafz(), MonitoringJson.Default.Leafz))),
        ("INFO", Handle(RequestBodies.FilterOnly("AccInfoEventOptions"), (_, request) => AccountInfo(request.NamedAccount))),

        // Who asks about all accounts asks under a subject that looks like that of one.
        ("STATZ", Handle(RequestBodies.AccountStatz, (options, request) => request.NamedAccount == AllAccounts ? RequestOutcome.Silent : Statz(options with { Accounts = [request.NamedAccount] }))),
    ];

    /// <summary><c>$SYS.REQ.ACCOUNT.PING.STATZ</c>: what all accounts have done so far.</summary>
    public RequestHandler OfAllAccounts => Handle(RequestBodies.AccountStatz, (options, _) => Statz(options));

    /// <summary>Reads a body, stays silent when another server is meant, and asks for the answer.</summary>
    public RequestHandler Handle<T>(RequestBody<T> body, Func<T, SystemRequest, RequestOutcome> answer) => request =>
    {
        if (body.Read(request.Body, out T options, out RequestFilter filter) is { } problem) return RequestOutcome.BadRequest(problem);
        return filter.Includes(server) ? answer(options, request) : RequestOutcome.Silent;
    };

    private static void WriteNothing(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteEndObject();
    }

    private RequestOutcome Accountz(AccountzOptions options) => monitor.Accountz(options) is { } accountz
        ? RequestOutcome.Data(accountz, MonitoringJson.Default.Accountz)
        : RequestOutcome.FailedWithoutData(AccountzBuilder.NotFound(options.Account));

    private RequestOutcome AccountInfo(string account) => monitor.Accountz(new AccountzOptions { Account = account }) is { AccountDetail: { } info }
        ? RequestOutcome.Data(info, MonitoringJson.Default.AccountInfo)
        : RequestOutcome.FailedWithoutData(AccountzBuilder.NotFound(account));

    private RequestOutcome Ipqueuesz(IpqueueszOptions options) =>
        RequestOutcome.Data(monitor.Ipqueuesz(options), MonitoringJson.Default.IReadOnlyDictionaryStringQueueStatus);

    private RequestOutcome Statz(AccountStatzOptions options)
    {
        AccountStatz statz = monitor.AccountStatz(options);
        return statz.Accounts.Count == 0 && !options.IncludeUnused ? RequestOutcome.Silent : RequestOutcome.Data(statz, MonitoringJson.Default.AccountStatz);
    }

    private RequestOutcome Explain(ExplainQuestion question) =>
        question.Validate() is { } problem ? RequestOutcome.BadRequest(problem) : RequestOutcome.Data(monitor.Explain(question), MonitoringJson.Default.Explanation);

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
