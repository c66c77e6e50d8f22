using Microsoft.Extensions.Logging;
using NATS.Server.Connections;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Sessions;

namespace NATS.Server.SystemEvents;

/// <summary>Requests that make the server do something: read its configuration anew, close a client, tell one to go. Thread-safe.</summary>
/// <param name="server">The server.</param>
/// <param name="monitoring">Reads filters.</param>
/// <param name="reload">Reads the configuration anew and takes it over; says why not when it fails, else null.</param>
internal sealed partial class ControlRequests(ServerContext server, MonitoringRequests monitoring, Func<string?> reload)
{
    /// <summary>By the last word of <c>$SYS.REQ.SERVER.ID.X</c>.</summary>
    public IEnumerable<(string Name, RequestHandler Handler)> OfServer()
    {
        RequestBody<object?> filter = RequestBodies.FilterOnly("EventFilterOptions");
        return
        [
            ("RELOAD", monitoring.Handle(filter, (_, _) => Outcome(reload()))),
            ("KICK", OfClient("KickClientReq", Kick)),
            ("LDM", OfClient("LDMClientReq", NotifyLameDuck)),
        ];

        // What cannot be read is logged, and not answered.
        RequestHandler OfClient(string type, Func<ulong, string?> act) => request =>
        {
            ulong id = 0;
            return JsonRequest.TryReadOnly(request.Body, type, ref id, (json, before) => ReadClientId(json, type, before), out string? problem)
                ? monitoring.Handle(filter, (_, _) => Outcome(act(id)))(request)
                : Refuse(problem);
        };
    }

    private static ulong ReadClientId(JsonCursor json, string type, ulong id)
    {
        if (!json.EnterObject("server." + type)) return id;
        while (json.NextProperty(["cid"], out _)) id = json.Unsigned(id);
        return id;
    }

    private static RequestOutcome Outcome(string? problem) => problem is null ? RequestOutcome.Done : RequestOutcome.Failed(problem);

    private RequestOutcome Refuse(string problem)
    {
        Log.BadClientRequest(server.Logger, problem);
        return RequestOutcome.Silent;
    }

    private string? Kick(ulong id)
    {
        if (server.Clients.Find(id) is not { } session) return "no such client or leafnode id";
        session.Connection.Close(ClosedState.Kicked, new CloseDetail("a request on $SYS.REQ.SERVER.<id>.KICK asked for it"));
        return null;
    }

    private string? NotifyLameDuck(ulong id)
    {
        if (server.Clients.Find(id) is not { } session) return "no such client id";
        return session.TrySendLameDuckInfo() ? null : "client does not support Lame Duck Mode or is not ready to receive the notification";
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "SYSTEM - Error unmarshalling kick client request: {Problem}")]
        public static partial void BadClientRequest(ILogger logger, string problem);
    }
}
