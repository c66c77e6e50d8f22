using System.Text.Json;
using NATS.Server.Core.Protocol;
using NATS.Server.Sessions;

namespace NATS.Server.SystemEvents;

/// <summary>All subjects of the system account that the server answers, but for those of tokens. Immutable.</summary>
/// <param name="server">The server.</param>
/// <param name="monitoring">What monitoring shows.</param>
/// <param name="control">What makes the server do something.</param>
/// <param name="accounts">Connections and subscriptions of accounts.</param>
/// <param name="statistics">How the server does.</param>
internal sealed class RequestTable(
    ServerContext server, MonitoringRequests monitoring, ControlRequests control, AccountRequests accounts, ServerStatistics statistics)
{
    private static readonly RequestBody<object?> StatisticsBody = RequestBodies.FilterOnly("StatszEventOptions");

    public IReadOnlyList<RequestRoute> Routes =>
    [
        .. monitoring.OfServer().SelectMany(entry => OfServer(entry.Name, entry.Handler)),
        .. OfServer("IDZ", _ => RequestOutcome.Whole(WriteId)),
        .. OfServer("STATSZ", Statistics, needsReply: false),
        new RequestRoute("$SYS.REQ.SERVER.PING", Statistics, NeedsReply: false),
        .. control.OfServer().Select(entry => new RequestRoute($"$SYS.REQ.SERVER.{Id}.{entry.Name}", entry.Handler)),
        .. monitoring.OfAccount().Select(static entry => new RequestRoute($"$SYS.REQ.ACCOUNT.*.{entry.Name}", entry.Handler)),
        new RequestRoute("$SYS.REQ.ACCOUNT.PING.STATZ", monitoring.OfAllAccounts),
        new RequestRoute("$SYS.REQ.ACCOUNT.*.CONNS", accounts.Connections),
        new RequestRoute("$SYS.REQ.ACCOUNT.NSUBS", accounts.CountForServer),
        new RequestRoute("$SYS.DEBUG.SUBSCRIBERS", accounts.CountForAccount),
    ];

    private string Id => server.Info.ServerId;

    private RequestRoute[] OfServer(string name, RequestHandler handler, bool needsReply = true) =>
        [new($"$SYS.REQ.SERVER.{Id}.{name}", handler, needsReply), new($"$SYS.REQ.SERVER.PING.{name}", handler, needsReply)];

    private RequestOutcome Statistics(SystemRequest request)
    {
        if (StatisticsBody.Read(request.Body, out _, out RequestFilter filter) is { } problem) return RequestOutcome.BadRequest(problem);
        if (!filter.Includes(server)) return RequestOutcome.Silent;
        if (request.Reply.Length > 0) return RequestOutcome.Whole(statistics.Write);

        // Nobody in particular asks: everybody is told.
        statistics.PublishNow();
        return RequestOutcome.Silent;
    }

    private void WriteId(Utf8JsonWriter json)
    {
        ServerInfo info = server.Info;
        json.WriteStartObject();
        json.WriteString("name"u8, info.ServerName);
        json.WriteString("host"u8, info.Host);
        json.WriteString("id"u8, info.ServerId);
        json.WriteEndObject();
    }
}
