using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NATS.Server.Connections;
using NATS.Server.Connections.Tls;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Monitoring;

/// <summary>Selects, orders and cuts connections into a <see cref="Connz"/>. Pure over <see cref="IMonitoredServer"/>, thread-safe.</summary>
internal static class ConnzBuilder
{
    private const string GlobalAccount = "$G";

    /// <summary>Builds the page that <paramref name="options"/> ask for; they must be valid, see <see cref="ConnzOptions.Validate"/>.</summary>
    public static Connz Build(ConnzOptions options, IMonitoredServer server, DateTimeOffset now)
    {
        Page page = Page.Of(options.Offset, options.Cid > 0 ? 1 : options.Limit, Connz.DefaultLimit);
        if (options.Account.Length > 0 && !server.HasAccount(options.Account))
        {
            return Result("", now, page, 0, null);
        }

        IReadOnlyList<ConnectionSnapshot> open = options.State is ConnectionState.Open or ConnectionState.All ? server.SnapshotConnections() : [];
        ClosedConnection[] closed = options.State is ConnectionState.Closed or ConnectionState.All ? server.ClosedConnections.Snapshot() : [];
        if (options.Account.Length > 0)
        {
            // The reference stores no account with closed connections of the global account, so that filtering by it finds none.
            open = [.. open.Where(x => x.Account == options.Account)];
            closed = options.Account == GlobalAccount ? [] : [.. closed.Where(x => x.Connection.Account == options.Account)];
        }

        List<Entry> entries = Select(options, server, open, closed);
        entries.Sort(OrderBy(options.Sort));
        (int start, int length) = page.Within(entries.Count);
        var connections = new ConnInfo[length];
        for (int i = 0; i < length; i++)
        {
            connections[i] = Describe(entries[start + i], options, server, now);
        }

        return Result(server.SnapshotServer().ServerId, now, page, open.Count + closed.Length, connections);
    }

    private static Connz Result(string serverId, DateTimeOffset now, Page page, int total, ConnInfo[]? connections) => new()
    {
        ServerId = serverId,
        Now = now,
        NumConnections = connections?.Length ?? 0,
        Total = total,
        Offset = page.Offset,
        Limit = page.Limit,
        Connections = connections,
    };

    private static List<Entry> Select(
        ConnzOptions options, IMonitoredServer server, IReadOnlyList<ConnectionSnapshot> open, ClosedConnection[] closed)
    {
        List<Entry> entries = new(options.Cid > 0 ? 1 : open.Count + closed.Length);
        byte[]? filter = options.FilterSubject is "" or ">" ? null : Encoding.UTF8.GetBytes(options.FilterSubject);
        foreach (ConnectionSnapshot connection in open)
        {
            if (!IsSelected(connection, options)) continue;
            if (filter is not null && !server.SnapshotSubscriptions(connection.Cid).Any(x => Subject.Collide(filter, x.Subject))) continue;
            entries.Add(new Entry(connection, null));
        }

        foreach (ClosedConnection ended in closed)
        {
            if (IsSelected(ended.Connection, options)) entries.Add(new Entry(ended.Connection, ended));
        }

        return entries;
    }

    private static bool IsSelected(ConnectionSnapshot connection, ConnzOptions options) =>
        (options.Cid == 0 || connection.Cid == options.Cid)
        && (options.User.Length == 0 || connection.AuthorizedUser == options.User)
        && (options.MqttClient.Length == 0 || connection.MqttClient == options.MqttClient);

    private static Comparison<Entry> OrderBy(ConnectionSort sort)
    {
        Comparison<Entry> compare = sort switch
        {
            ConnectionSort.Subscriptions => Descending(x => x.Connection.SubscriptionCount),
            ConnectionSort.Pending => Descending(x => x.Connection.PendingBytes),
            ConnectionSort.MessagesTo => Descending(x => x.Connection.Traffic.OutMessages),
            ConnectionSort.MessagesFrom => Descending(x => x.Connection.Traffic.InMessages),
            ConnectionSort.BytesTo => Descending(x => x.Connection.Traffic.OutBytes),
            ConnectionSort.BytesFrom => Descending(x => x.Connection.Traffic.InBytes),
            ConnectionSort.Last => Descending(x => x.Connection.LastActivity.UtcTicks),
            ConnectionSort.Idle => Descending(x => -x.Connection.LastActivity.UtcTicks),
            ConnectionSort.Uptime => Descending(x => -x.AgeTicks),
            ConnectionSort.Stop => Descending(x => x.Closed?.Stop.UtcTicks ?? 0),
            ConnectionSort.RoundTrip => Descending(x => x.Connection.RoundTrip.Ticks),
            ConnectionSort.Reason => (x, y) => string.CompareOrdinal(x.Reason, y.Reason),
            _ => static (_, _) => 0,
        };
        return (x, y) => compare(x, y) is not 0 and int order ? order : x.Connection.Cid.CompareTo(y.Connection.Cid);
    }

    private static Comparison<Entry> Descending(Func<Entry, long> key) => (x, y) => key(y).CompareTo(key(x));

    private static ConnInfo Describe(Entry entry, ConnzOptions options, IMonitoredServer server, DateTimeOffset now)
    {
        ConnectionSnapshot connection = entry.Connection;
        DateTimeOffset end = entry.Closed?.Stop ?? now;

        // Of a closed connection the reference shows what its token said to everybody.
        bool showsToken = options.Auth || entry.Closed is not null;
        IReadOnlyList<SubscriptionSnapshot> subscriptions = !options.Subscriptions && !options.SubscriptionsDetail ? []
            : entry.Closed is null ? server.SnapshotSubscriptions(connection.Cid) : entry.Closed.Subscriptions;
        return new ConnInfo
        {
            Cid = connection.Cid,
            Kind = OrNull(connection.Kind),
            Type = OrNull(connection.Type),
            Ip = connection.Ip,
            Port = connection.Port,
            Start = connection.Start,
            LastActivity = connection.LastActivity,
            Stop = entry.Closed?.Stop,
            Reason = entry.Closed?.Reason.ToReason(),
            Rtt = GoText.RoundTrip(connection.RoundTrip),
            Uptime = GoText.Uptime(end - connection.Start),
            Idle = GoText.Uptime(end - connection.LastActivity),
            PendingBytes = connection.PendingBytes,
            InMsgs = connection.Traffic.InMessages,
            OutMsgs = connection.Traffic.OutMessages,
            InBytes = connection.Traffic.InBytes,
            OutBytes = connection.Traffic.OutBytes,
            Stalls = connection.Stalls,
            Subscriptions = (uint)connection.SubscriptionCount,
            Name = OrNull(connection.Name),
            Lang = OrNull(connection.Language),
            Version = OrNull(connection.Version),
            TlsVersion = connection.Tls?.VersionText,
            TlsCipherSuite = connection.Tls?.CipherSuiteText,
            TlsPeerCerts = options.Auth && connection.Tls is { PeerCertificates.Count: > 0 } tls ? [.. tls.PeerCertificates.Select(Describe)] : null,
            TlsFirst = connection.Tls is { IsHandshakeFirst: true },
            AuthorizedUser = options.Auth ? OrNull(connection.AuthorizedUser) : null,
            Account = options.Auth && connection.Account != GlobalAccount ? OrNull(connection.Account) : null,
            SubscriptionsList = options.SubscriptionsDetail || subscriptions.Count == 0 ? null : Subjects(subscriptions),
            SubscriptionsListDetail = options.SubscriptionsDetail && subscriptions.Count > 0 ? Details(subscriptions, entry.Closed is not null) : null,
            Jwt = showsToken && !BearerToken.IsBearer(connection.Jwt) ? OrNull(connection.Jwt) : null,
            IssuerKey = showsToken ? OrNull(connection.IssuerKey) : null,
            NameTag = NameTag(entry, options.Auth),
            Tags = showsToken && connection.Tags.Count > 0 ? connection.Tags : null,
            MqttClient = OrNull(connection.MqttClient),
            Proxy = connection.ProxyKey.Length > 0 ? new ProxyInfo(connection.ProxyKey) : null,
        };
    }

    private static TlsPeerCert Describe(X509Certificate2 certificate) => new()
    {
        Subject = DistinguishedName.Format(certificate.SubjectName),
        SpkiSha256 = TlsState.PublicKeyFingerprint(certificate),
        CertSha256 = Convert.ToHexStringLower(SHA256.HashData(certificate.RawDataMemory.Span)),
    };

    private static string[] Subjects(IReadOnlyList<SubscriptionSnapshot> subscriptions) =>
        [.. subscriptions.Select(x => Encoding.UTF8.GetString(x.Subject))];

    private static SubDetail[] Details(IReadOnlyList<SubscriptionSnapshot> subscriptions, bool withAccount) =>
        [.. subscriptions.Select(x => withAccount ? SubDetails.WithAccount(x) : SubDetails.WithoutAccount(x))];

    // The account's, and of closed connections the user's where the account's is not shown.
    private static string? NameTag(Entry entry, bool isAccountShown)
    {
        ConnectionSnapshot connection = entry.Connection;
        if (entry.Closed is not null && (!isAccountShown || connection.Account == GlobalAccount)) return OrNull(connection.UserName);
        return isAccountShown ? OrNull(connection.AccountTag.Length > 0 ? connection.AccountTag : connection.Account) : null;
    }

    private static string? OrNull(string text) => text.Length == 0 ? null : text;

    private readonly record struct Entry(ConnectionSnapshot Connection, ClosedConnection? Closed)
    {
        public string Reason => Closed?.Reason.ToReason() ?? "";

        // Without an end the age grows equally for all: only the start counts, seen from the end of time.
        public long AgeTicks => (Closed?.Stop ?? DateTimeOffset.MaxValue).UtcTicks - Connection.Start.UtcTicks;
    }
}
