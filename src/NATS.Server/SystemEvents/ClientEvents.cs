using System.Text.Json;
using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Sessions;

namespace NATS.Server.SystemEvents;

/// <summary>
/// Tells the system account of clients that come, go and are refused. Thread-safe; called by the threads of the connections. Nothing is made of an event
/// that nobody subscribed to.
/// </summary>
internal sealed class ClientEvents(ServerContext server, EventPublisher publisher, ServerStamp stamp)
{
    /// <summary>Where the owner of an account is told of a client that was refused.</summary>
    public const string AccountRefusalSubject = "$SYS.ACCOUNT.CLIENT.AUTH.ERR";

    /// <summary>A client has authenticated, or goes on after a reload judged it again.</summary>
    public void OnConnected(ClientSession session)
    {
        if (server.Accounts.System is not { } system) return;
        string subject = $"$SYS.ACCOUNT.{session.Account.Name}.CONNECT";
        if (!publisher.IsWanted(system, subject)) return;
        EventHead head = EventHead.New(EventHead.ClientConnect, server.Clock.UtcNow);
        EventClient client = EventClient.Connected(session);
        publisher.Enqueue(system, subject, json =>
        {
            json.WriteStartObject();
            head.Write(json);
            stamp.Write(json);
            client.Write(json);
            json.WriteEndObject();
        });
    }

    /// <summary>A connection has ended, also one that was refused.</summary>
    public void OnDisconnected(ClientSession session, ClosedState reason, Subscription[] subscriptions)
    {
        if (server.Accounts.System is not { } system) return;
        string subject = $"$SYS.ACCOUNT.{session.Account.Name}.DISCONNECT";
        if (!publisher.IsWanted(system, subject)) return;
        DateTimeOffset now = server.Clock.UtcNow;
        PublishEnd(system, subject, EventClient.Leaving(session, now), session, reason, now);
    }

    /// <summary>A client is refused.</summary>
    /// <param name="session">The client.</param>
    /// <param name="rejected">The verdict.</param>
    /// <param name="wasJudged">Whether it said who it is; one that did not concerns no account.</param>
    public void OnRefused(ClientSession session, AuthResult rejected, bool wasJudged)
    {
        if (server.Accounts.System is not { } system) return;
        DateTimeOffset now = server.Clock.UtcNow;
        if (wasJudged) TellAccount(session, rejected, now);
        string subject = $"$SYS.SERVER.{server.Info.ServerId}.CLIENT.AUTH.ERR";
        if (publisher.IsWanted(system, subject)) PublishEnd(system, subject, EventClient.Leaving(session, now), session, rejected.ClosedState, now);
    }

    private void TellAccount(ClientSession session, AuthResult rejected, DateTimeOffset now)
    {
        // An authorization service refuses in the name of its account.
        Account? account = session.Account;
        if (rejected.RefusedBy.Length > 0) server.Accounts.TryFind(rejected.RefusedBy, out account);
        if (account is null || !publisher.IsWanted(account, AccountRefusalSubject)) return;
        PublishEnd(account, AccountRefusalSubject, EventClient.Leaving(session, now, account.Name), session, rejected.ClosedState, now);
    }

    private void PublishEnd(Account account, string subject, EventClient client, ClientSession session, ClosedState reason, DateTimeOffset now)
    {
        EventHead head = EventHead.New(EventHead.ClientDisconnect, now);
        TrafficCount traffic = session.Traffic;
        publisher.Enqueue(account, subject, json => Write(json, head, client, traffic, reason));
    }

    private void Write(Utf8JsonWriter json, EventHead head, EventClient client, TrafficCount traffic, ClosedState reason)
    {
        json.WriteStartObject();
        head.Write(json);
        stamp.Write(json);
        client.Write(json);

        // Told from the client's side.
        json.WriteTraffic("sent"u8, traffic.InMessages, traffic.InBytes);
        json.WriteTraffic("received"u8, traffic.OutMessages, traffic.OutBytes);
        json.WriteString("reason"u8, reason.ToReason());
        json.WriteEndObject();
    }
}
