using System.Text.Json;

namespace NATS.Server.Core.Jwt;

internal static partial class ClaimWriter
{
    private static void WriteAccount(Utf8JsonWriter json, AccountClaims claims)
    {
        WriteImports(json, claims.Imports);
        WriteExports(json, claims.Exports);

        json.WriteStartObject("limits");
        WriteAccountLimits(json, claims.Limits);
        json.WriteEndObject();

        WriteSigningKeys(json, claims.SigningKeys);
        WriteRevocations(json, claims.Revocations);
        json.WriteStartObject("default_permissions");
        WritePermissions(json, claims.DefaultPermissions);
        json.WriteEndObject();
        WriteMappings(json, claims.Mappings);

        json.WriteStartObject("authorization");
        Texts(json, "auth_users", claims.Authorization.AuthUsers);
        Texts(json, "allowed_accounts", claims.Authorization.AllowedAccounts);
        Text(json, "xkey", claims.Authorization.XKey);
        json.WriteEndObject();

        if (claims.Trace is { } trace)
        {
            json.WriteStartObject("trace");
            Text(json, "dest", trace.Destination);
            Number(json, "sampling", trace.Sampling);
            json.WriteEndObject();
        }

        Text(json, "cluster_traffic", claims.ClusterTraffic);
        Text(json, "description", claims.Description);
        Text(json, "info_url", claims.InfoUrl);
        WriteKind(json, claims, "account");
    }

    private static void WriteAccountLimits(Utf8JsonWriter json, AccountLimits limits)
    {
        Number(json, "subs", limits.Subscriptions);
        Number(json, "data", limits.Data);
        Number(json, "payload", limits.Payload);
        Number(json, "imports", limits.Imports);
        Number(json, "exports", limits.Exports);
        Flag(json, "wildcards", limits.WildcardExports);
        Flag(json, "disallow_bearer", limits.DisallowBearer);
        Number(json, "conn", limits.Connections);
        Number(json, "leaf", limits.LeafNodeConnections);
        WriteJetStreamLimits(json, limits.JetStream);
        if (limits.Tiers.Count == 0) return;

        json.WriteStartObject("tiered_limits");
        foreach (string tier in limits.Tiers.Keys.Order(StringComparer.Ordinal))
        {
            json.WriteStartObject(tier);
            WriteJetStreamLimits(json, limits.Tiers[tier]);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteJetStreamLimits(Utf8JsonWriter json, JetStreamLimits limits)
    {
        Number(json, "mem_storage", limits.MemoryStorage);
        Number(json, "disk_storage", limits.DiskStorage);
        Number(json, "streams", limits.Streams);
        Number(json, "consumer", limits.Consumers);
        Number(json, "max_ack_pending", limits.MaxAckPending);
        Number(json, "mem_max_stream_bytes", limits.MemoryMaxStreamBytes);
        Number(json, "disk_max_stream_bytes", limits.DiskMaxStreamBytes);
        Flag(json, "max_bytes_required", limits.MaxBytesRequired);
    }

    private static void WriteImports(Utf8JsonWriter json, IReadOnlyList<ClaimImport> imports)
    {
        if (imports.Count == 0) return;
        json.WriteStartArray("imports");
        foreach (ClaimImport import in imports.OrderBy(static import => import.Subject, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            Text(json, "name", import.Name);
            Text(json, "subject", import.Subject);
            Text(json, "account", import.Account);
            Text(json, "token", import.Token);
            Text(json, "to", import.To);
            Text(json, "local_subject", import.LocalSubject);
            WriteExportKind(json, "type", import.Kind);
            Flag(json, "share", import.Share);
            Flag(json, "allow_trace", import.AllowTrace);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteExports(Utf8JsonWriter json, IReadOnlyList<ClaimExport> exports)
    {
        if (exports.Count == 0) return;
        json.WriteStartArray("exports");
        foreach (ClaimExport export in exports.OrderBy(static export => export.Subject, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            Text(json, "name", export.Name);
            Text(json, "subject", export.Subject);
            WriteExportKind(json, "type", export.Kind);
            Flag(json, "token_req", export.TokenRequired);
            WriteRevocations(json, export.Revocations);
            Text(json, "response_type", export.ResponseType);
            Number(json, "response_threshold", export.ResponseThresholdNs);
            if (export.Latency is { } latency)
            {
                json.WriteStartObject("service_latency");
                if (latency.Sampling == 0)
                {
                    json.WriteString("sampling", "headers");
                }
                else
                {
                    json.WriteNumber("sampling", latency.Sampling);
                }

                json.WriteString("results", latency.Results);
                json.WriteEndObject();
            }

            if (export.AccountTokenPosition != 0) json.WriteNumber("account_token_position", export.AccountTokenPosition);
            Flag(json, "advertise", export.Advertise);
            Flag(json, "allow_trace", export.AllowTrace);
            Text(json, "description", export.Description);
            Text(json, "info_url", export.InfoUrl);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteSigningKeys(Utf8JsonWriter json, IReadOnlyDictionary<string, SigningKeyScope?> keys)
    {
        if (keys.Count == 0) return;
        json.WriteStartArray("signing_keys");
        foreach (string key in keys.Keys.Order(StringComparer.Ordinal))
        {
            if (keys[key] is not { } scope)
            {
                json.WriteStringValue(key);
                continue;
            }

            json.WriteStartObject();
            json.WriteString("kind", "user_scope");
            json.WriteString("key", scope.Key);
            json.WriteString("role", scope.Role);
            json.WriteStartObject("template");
            WriteRights(json, scope.Template);
            json.WriteEndObject();
            json.WriteString("description", scope.Description);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteRevocations(Utf8JsonWriter json, RevocationList revocations)
    {
        if (revocations.Entries.Count == 0) return;
        json.WriteStartObject("revocations");
        foreach (string key in revocations.Entries.Keys.Order(StringComparer.Ordinal)) json.WriteNumber(key, revocations.Entries[key]);
        json.WriteEndObject();
    }

    private static void WriteMappings(Utf8JsonWriter json, IReadOnlyDictionary<string, IReadOnlyList<WeightedDestination>> mappings)
    {
        if (mappings.Count == 0) return;
        json.WriteStartObject("mappings");
        foreach (string source in mappings.Keys.Order(StringComparer.Ordinal))
        {
            json.WriteStartArray(source);
            foreach (WeightedDestination destination in mappings[source])
            {
                json.WriteStartObject();
                json.WriteString("subject", destination.Subject);
                Number(json, "weight", destination.Weight);
                Text(json, "cluster", destination.Cluster);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
