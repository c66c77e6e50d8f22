using NATS.Server.Options;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>What is told of every connection, open or closed, and whose a limit is. Pure over its arguments.</summary>
internal static class ConnectionDescription
{
    /// <summary>Who it is.</summary>
    /// <param name="connection">Which.</param>
    /// <param name="isKnown">Whether it has authenticated; until then it is in no account of its own.</param>
    public static Finding Identity(ConnectionSnapshot connection, bool isKnown = true)
    {
        string address = connection.Ip.Length == 0 ? "inside the process" : $"from {connection.Ip}:{connection.Port}";
        string library = connection.Language.Length == 0 ? "" : $", {connection.Language} {connection.Version}".TrimEnd();
        string account = isKnown ? $", account {(connection.AccountTag.Length > 0 ? connection.AccountTag : connection.Account)}" : ", not authenticated";
        string tls = connection.Tls is { } state ? $", TLS {state.VersionText}" : "";
        return new Finding
        {
            Kind = "client",
            Text = $"{ConnectionSearch.NameOf(connection)} {address}{library}{tls}{account}, since {StandingText.Time(connection.Start)}",
            Account = isKnown ? connection.Account : null,
            Cid = connection.Cid,
            Name = connection.Name.Length > 0 ? connection.Name : null,
            User = ConnectionSearch.UserOf(connection) is { Length: > 0 } user ? user : null,
        };
    }

    /// <summary>What it sent and got.</summary>
    public static Finding Traffic(ConnectionSnapshot connection) => new()
    {
        Kind = "traffic",
        Text = $"it has published {StandingText.Count(connection.Traffic.InMessages, "message")} ({StandingText.Number(connection.Traffic.InBytes)} bytes) and received {StandingText.Count(connection.Traffic.OutMessages, "message")} ({StandingText.Number(connection.Traffic.OutBytes)} bytes)",
    };

    /// <summary>Whose limit of the payload it is.</summary>
    public static ExplainRule MaxPayload(long limit, ConnectionSnapshot connection, ConnectionLimits? limits, IMonitoredServer server) =>
        Of("max_payload", limit, connection, server, limits?.UserMaxPayload ?? -1, AccountLimits(connection, server)?.MaxPayload ?? -1);

    /// <summary>Whose limit of subscriptions it is.</summary>
    public static ExplainRule MaxSubscriptions(long limit, ConnectionSnapshot connection, ConnectionLimits? limits, IMonitoredServer server) =>
        Of("max_subscriptions", limit, connection, server, limits?.UserMaxSubscriptions ?? -1, AccountLimits(connection, server)?.MaxSubscriptions ?? -1);

    /// <summary>A setting of the server.</summary>
    public static ExplainRule OfServer(string name, string value) => new(name, value, "the server");

    private static AccountLimitsOptions? AccountLimits(ConnectionSnapshot connection, IMonitoredServer server) => server.SnapshotAccount(connection.Account)?.Model.Limits;

    private static ExplainRule Of(string name, long limit, ConnectionSnapshot connection, IMonitoredServer server, long ofUser, long ofAccount)
    {
        string account = server.DisplayNameOf(connection.Account);
        string source = ofUser == limit ? $"user {ConnectionSearch.UserOf(connection)} in account {account}"
            : ofAccount == limit ? $"account {account}"
            : "the server";
        return new ExplainRule(name, StandingText.Plain(limit), source);
    }
}
