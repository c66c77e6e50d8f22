using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>
/// The keys of subsystems that are not built: known, and refused with the name of the subsystem, so that nothing is silently ignored. Removing a line
/// here is part of building its subsystem. Immutable.
/// </summary>
/// <remarks>A value that asks for nothing passes, such as <c>prof_block_rate: 0</c> or an empty list.</remarks>
internal sealed class UnbuiltKeys(params UnbuiltKey[] keys)
{
    private const string Clustering = "clustering";
    private const string LeafNodes = "the leaf node subsystem";
    private const string BlockProfiles = "block profiling by rate";
    private const string Ocsp = "OCSP stapling";

    public static UnbuiltKeys TopLevel { get; } = new(
        new("ocsp", Ocsp, IsOcspOff, Schemas.Ocsp),
        new("cluster", Clustering, IsEmpty, Schemas.Cluster),
        new("gateway", "the gateway subsystem", IsEmpty, Schemas.Gateway),
        new("leafnodes leaf", LeafNodes, IsEmpty, Schemas.LeafNodes),
        new("websocket ws", "WebSocket", IsEmpty, Schemas.Websocket),
        new("mqtt", "MQTT", IsEmpty, Schemas.Mqtt),
        new("proxy_protocol", "the PROXY protocol", IsFalse),
        new("prof_block_rate", BlockProfiles, IsZero));

    public IEnumerable<KeyReader<T>> Readers<T>() => keys.Select(static key => new KeyReader<T>(key.Names, (target, entry) =>
    {
        key.Refuse(entry);
        return target;
    }));

    private static bool IsFalse(object content) => content is false;

    // Without stapling the reference honours certificates that must be stapled; "never" switches that off too.
    private static bool IsOcspOff(object content) => content switch
    {
        ConfigMap map => map.Any(static pair => pair.Key == "mode" && pair.Value.Content is string mode && mode.Equals("never", StringComparison.OrdinalIgnoreCase)),
        _ => content is false,
    };

    private static bool IsZero(object content) => content is 0L;

    private static bool IsEmpty(object content) => content is "" or ConfigMap { Count: 0 } or ConfigArray { Count: 0 };

    /// <summary>The blocks.</summary>
    private static class Schemas
    {
        public static KeySchema OcspPeer { get; } = new(
            "verify allowed_clockskew ca_timeout cache_ttl_when_next_update_unset warn_only unknown_is_good allow_when_ca_unreachable")
        {
            FormatUnknown = static name => $"error parsing tls peer config, unknown field [{name}]",
        };

        private static readonly KeySchema CertificatePair = new("cert_file key_file")
        {
            FormatUnknown = static name => $"error parsing tls certs config, unknown field {name}",
        };

        private static readonly KeySchema Compression = new("mode rtt_thresholds thresholds rtts rtt");

        private static readonly KeySchema SubjectLists = new("allow deny")
        {
            FormatUnknown = static name => $"Unknown field name {name} parsing subject permissions, only 'allow' or 'deny' are permitted",
        };

        private static readonly KeySchema Responses = new("max max_msgs max_messages max_responses expires expiration ttl")
        {
            FormatUnknown = static name => $"Unknown field {name} parsing permissions",
        };

        private static readonly KeySchema Permissions =
            new("", ("publish pub import subscribe sub export", SubjectLists), ("allow_responses publish_allow_responses", Responses))
            {
                FormatUnknown = static name => $"Unknown field {name} parsing permissions",
            };

        private static readonly KeySchema SimpleAuthorization = new("user username password pass token timeout");

        public static KeySchema Tls { get; } = new(
            "cert_file key_file ca_file insecure verify verify_and_map verify_cert_and_check_known_urls allow_insecure_cipher_suites cipher_suites " +
            "curve_preferences timeout connection_rate_limit pinned_certs cert_store cert_match_by cert_match ca_certs_match cert_match_skip_invalid " +
            "handshake_first first immediate min_version",
            ("ocsp_peer", OcspPeer),
            ("certs certificates", CertificatePair))
        {
            FormatUnknown = static name => $"error parsing tls config, unknown field {name}",
        };

        public static KeySchema Ocsp { get; } = new("mode url urls")
        {
            FormatUnknown = static name => $"error parsing ocsp config: unsupported field {name}",
        };

        public static KeySchema Cluster { get; } = new(
            "name listen port host net routes advertise cluster_advertise no_advertise connect_retries connect_backoff pool_size accounts ping_interval " +
            "ping_max write_deadline write_timeout",
            ("authorization", new KeySchema("user username password pass token timeout users auth_callout auth_hook proxy_required",
                ("permissions default_permissions default_permission", Permissions))),
            ("tls", Tls),
            ("permissions", Permissions),
            ("compression", Compression));

        public static KeySchema Gateway { get; } = new(
            "name listen port host net advertise connect_retries connect_backoff reject_unknown reject_unknown_cluster write_deadline write_timeout",
            ("authorization", new KeySchema("user username password pass token timeout users auth_callout auth_hook proxy_required",
                ("permissions default_permissions default_permission", Permissions))),
            ("tls", Tls),
            ("gateways", new KeySchema("name url urls", ("tls", Tls))));

        public static KeySchema LeafNodes { get; } = new(
            "listen port host net reconnect reconnect_delay reconnect_interval dial_timeout advertise leafnode_advertise no_advertise min_version " +
            "minimum_version isolate_leafnode_interest isolate write_deadline write_timeout",
            ("authorization", new KeySchema("user username password pass nkey timeout account proxy_required",
                ("users", new KeySchema("user username password pass account proxy_required")))),
            ("tls", Tls),
            ("compression", Compression),
            ("remotes", new KeySchema(
                "url urls account local credentials creds nkey seed no_randomize dont_randomize hub deny_imports deny_import deny_exports deny_export " +
                "ws_compress ws_compression websocket_compress websocket_compression ws_no_masking websocket_no_masking isolate_leafnode_interest " +
                "isolate request_isolation first_info_timeout dial_timeout disabled ignore_discovered_servers",
                ("tls", Tls),
                ("compression", Compression),
                ("jetstream_cluster_migrate js_cluster_migrate", new KeySchema("leader_migrate_delay")),
                ("proxy", new KeySchema("url username password timeout")))));

        public static KeySchema Websocket { get; } = new(
            "listen port host net advertise no_tls same_origin allowed_origins allowed_origin allow_origins allow_origin origins origin handshake_timeout " +
            "compression compress jwt_cookie user_cookie pass_cookie token_cookie no_auth_user ping_interval",
            ("tls", Tls),
            ("authorization authentication", SimpleAuthorization),
            ("headers", KeySchema.Free));

        public static KeySchema Mqtt { get; } = new(
            "listen port host net no_auth_user ack_wait ackwait js_api_timeout api_timeout max_ack_pending max_pending max_inflight js_domain " +
            "stream_replicas consumer_replicas consumer_memory_storage consumer_inactive_threshold consumer_auto_cleanup reject_qos2_publish " +
            "downgrade_qos2_subscribe",
            ("tls", Tls),
            ("authorization authentication", SimpleAuthorization));
    }
}

/// <summary>A key of a subsystem that is not built.</summary>
/// <param name="Names">The key and its aliases in lower case, separated by spaces.</param>
/// <param name="Subsystem">What the message says is not built.</param>
/// <param name="AsksForNothing">Contents that pass.</param>
/// <param name="Block">The names within, when the value is a block.</param>
internal sealed record UnbuiltKey(string Names, string Subsystem, Func<object, bool> AsksForNothing, KeySchema? Block = null)
{
    /// <summary>Reports unknown names in the block, and that the subsystem is not built.</summary>
    public void Refuse(ConfigEntry entry)
    {
        Block?.Check(entry.Value, entry.Diagnostics);
        if (!AsksForNothing(entry.Content)) entry.Fail($"field {GoFormat.Quote(entry.Name)}: {Subsystem} is not built yet");
    }
}
