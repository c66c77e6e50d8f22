using System.Text.Json;
using NATS.Server.Connections.Tls.Ocsp;
using NATS.Server.Core.Jwt;
using NATS.Server.Options;

namespace NATS.Server.Monitoring;

/// <summary>Turns a <see cref="ServerSnapshot"/> into a <see cref="Varz"/>. Pure, thread-safe.</summary>
internal static class VarzBuilder
{
    // A TLS handshake has 2 seconds unless a tls block says otherwise; the field is shown without TLS as well.

    /// <summary>Flags of the reference's 2.15 and their defaults: unknown flags in a configuration are reported nowhere.</summary>
    private static readonly SortedDictionary<string, bool> DefaultFeatureFlags = new(StringComparer.Ordinal)
    {
        ["js_ack_fc_v2"] = false,
        ["js_api_reply_v2"] = false,
        ["js_raft_delete_range"] = true,
        ["js_snapshot_sources"] = false,
    };

    public static Varz Build(ServerSnapshot server, ProcessUsage usage, IReadOnlyDictionary<string, ulong> requests, DateTimeOffset now)
    {
        ServerOptions options = server.Options;
        return new Varz
        {
            ServerId = server.ServerId,
            ServerName = server.ServerName,
            Version = server.Version,
            Proto = server.Protocol,
            GitCommit = OrNull(server.GitCommit),
            Go = server.Runtime,
            Host = server.Host,
            Port = server.Port,
            AuthRequired = server.IsAuthRequired,
            TlsRequired = options.Tls is not null && !options.AllowNonTls,
            TlsVerify = options.Tls is { Verify: true },
            TlsOcspPeerVerify = options.Tls is { OcspPeer.Verify: true } && !options.AllowNonTls,
            TlsCertNotAfter = options.Tls?.Material?.NotAfter,
            Ip = OrNull(server.Ip),
            ConnectUrls = OrNull(server.ConnectUrls),
            WsConnectUrls = OrNull(server.WebSocketConnectUrls),
            MaxConnections = options.MaxConnections,
            MaxSubscriptions = options.MaxSubscriptions,
            PingInterval = options.PingInterval,
            PingMax = options.MaxPingsOut,
            HttpHost = options.HttpHost.Length > 0 ? options.HttpHost : options.Host,
            HttpPort = options.HttpPort,
            HttpsPort = options.HttpsPort,
            HttpBasePath = options.HttpBasePath,
            AuthTimeout = options.Authorization.Timeout.TotalSeconds,
            MaxControlLine = options.MaxControlLine,
            MaxPayload = options.MaxPayload,
            MaxPending = options.MaxPending,
            Jetstream = server.JetStream,
            DiskIoWaitStats = server.DiskWaits,
            OcspPeerCache = server.OcspCache is { } cache ? Describe(cache) : null,
            TlsTimeout = (options.Tls?.Timeout ?? TlsOptions.DefaultTimeout).TotalSeconds,
            WriteDeadline = options.WriteDeadline,
            WriteTimeout = options.WriteTimeout switch
            {
                WriteTimeoutPolicy.Close => "close",
                WriteTimeoutPolicy.Retry => "retry",
                _ => null,
            },
            Start = server.Start,
            Now = now,
            Uptime = GoText.Uptime(now - server.Start),
            Mem = usage.ResidentBytes,
            Cores = usage.Processors,
            Gomaxprocs = usage.Processors,
            Cpu = usage.CpuPercent,
            Connections = server.Connections,
            TotalConnections = server.TotalConnections,
            Routes = server.Routes,
            Remotes = server.Remotes,
            Leafnodes = server.LeafNodes,
            InMsgs = server.Traffic.InMessages,
            InBytes = server.Traffic.InBytes,
            OutMsgs = server.Traffic.OutMessages,
            OutBytes = server.Traffic.OutBytes,
            InClientMsgs = server.ClientTraffic.InMessages,
            InClientBytes = server.ClientTraffic.InBytes,
            OutClientMsgs = server.ClientTraffic.OutMessages,
            OutClientBytes = server.ClientTraffic.OutBytes,
            SlowConsumers = server.SlowConsumers.Total,
            StaleConnections = server.StaleConnections.Total,
            StalledClients = server.StalledClients,
            Subscriptions = server.Subscriptions,
            HttpReqStats = requests,
            ConfigLoadTime = server.ConfigLoadTime,
            ConfigDigest = options.ConfigDigest,
            Tags = OrNull(options.Tags),
            Metadata = options.Metadata.Count == 0 ? null : Sorted(options.Metadata),
            FeatureFlags = MergeFlags(options.FeatureFlags),
            TrustedOperatorsJwt = OrNull(options.Operator.Tokens),
            TrustedOperatorsClaim = options.Operator.Tokens.Count == 0 ? null : [.. Claims(options.Operator.Tokens)],
            SystemAccount = OrNull(server.SystemAccount),
            PinnedAccountFails = server.PinnedAccountFailures == 0 ? null : (ulong)server.PinnedAccountFailures,
            SlowConsumerStats = Stats(server.SlowConsumers),
            StaleConnectionStats = Stats(server.StaleConnections),
            Proxies = options.TrustedProxies.Count > 0 ? new ProxiesOptions([.. options.TrustedProxies.Select(static key => new ProxyInfo(key))]) : null,
        };
    }

    /// <summary>All feature flags as they are in force, by name.</summary>
    public static IReadOnlyDictionary<string, bool> MergeFlags(IReadOnlyDictionary<string, bool> configured)
    {
        var merged = new SortedDictionary<string, bool>(DefaultFeatureFlags, StringComparer.Ordinal);
        foreach ((string flag, bool isOn) in configured)
        {
            if (merged.ContainsKey(flag)) merged[flag] = isOn;
        }

        return merged;
    }

    // Written anew, in the order of fields in which the library of JWTs writes them.
    private static IEnumerable<JsonElement> Claims(IReadOnlyList<string> tokens)
    {
        foreach (string token in tokens)
        {
            if (!JwtToken.TryDecode(token, out OperatorClaims? claims, out _)) continue;
            using JsonDocument document = JsonDocument.Parse(ClaimWriter.Write(claims));
            yield return document.RootElement.Clone();
        }
    }

    private static SortedDictionary<string, string> Sorted(IReadOnlyDictionary<string, string> values)
    {
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string key, string value) in values) sorted[key] = value;
        return sorted;
    }

    private static OcspPeerCache Describe(OcspCacheState cache) => new()
    {
        CacheType = "memory",
        CacheHits = cache.Hits,
        CacheMisses = cache.Misses,
        CachedResponses = cache.Responses,
        CachedRevokedResponses = cache.Revoked,
        CachedGoodResponses = cache.Good,
        CachedUnknownResponses = cache.Responses - cache.Revoked - cache.Good,
    };

    private static PeerStats Stats(PeerCounts counts) => new()
    {
        Clients = counts.Clients,
        Routes = counts.Routes,
        Gateways = counts.Gateways,
        Leafs = counts.LeafNodes,
    };

    private static string? OrNull(string text) => text.Length == 0 ? null : text;

    private static IReadOnlyList<string>? OrNull(IReadOnlyList<string> texts) => texts.Count == 0 ? null : texts;
}
