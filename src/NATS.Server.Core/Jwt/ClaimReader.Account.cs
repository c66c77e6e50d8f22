using System.Text.Json;

namespace NATS.Server.Core.Jwt;

internal static partial class ClaimReader
{
    private static AccountClaims ReadAccount(ClaimFields nats, bool isOld)
    {
        var account = new AccountClaims
        {
            Imports = nats.Items("imports", ReadImport),
            Exports = nats.Items("exports", ReadExport),
            Limits = ReadAccountLimits(nats.Object("limits"), isOld),
            SigningKeys = isOld ? ReadOldSigningKeys(nats) : ReadSigningKeys(nats),
            Revocations = ReadRevocations(nats),
        };
        if (isOld) return account;

        ClaimFields authorization = nats.Object("authorization");
        ClaimFields trace = nats.Object("trace");
        return account with
        {
            DefaultPermissions = ReadPermissions(nats.Object("default_permissions")),
            Mappings = nats.Map("mappings", ReadDestinations),
            Authorization = new ExternalAuthorization(authorization.Texts("auth_users"), authorization.Texts("allowed_accounts"), authorization.Text("xkey")),
            Trace = nats.Has("trace") ? new TraceDestination(trace.Text("dest"), trace.Number("sampling")) : null,
            ClusterTraffic = nats.Text("cluster_traffic"),
            Description = nats.Text("description"),
            InfoUrl = nats.Text("info_url"),
        };
    }

    private static AccountLimits ReadAccountLimits(ClaimFields limits, bool isOld)
    {
        var read = new AccountLimits
        {
            Subscriptions = limits.Number("subs"),
            Data = limits.Number("data"),
            Payload = limits.Number("payload"),
            Imports = limits.Number("imports"),
            Exports = limits.Number("exports"),
            WildcardExports = limits.Flag("wildcards"),
            DisallowBearer = limits.Flag("disallow_bearer"),
            Connections = limits.Number("conn"),
            LeafNodeConnections = limits.Number("leaf"),
        };
        if (isOld) return read;

        IReadOnlyDictionary<string, JetStreamLimits> tiers = limits.Map("tiered_limits", static (value, path) => ReadJetStreamLimits(new ClaimFields(value, path)));
        JetStreamLimits flat = ReadJetStreamLimits(limits);
        return read with { JetStream = tiers.Count > 0 ? JetStreamLimits.None : flat, Tiers = tiers };
    }

    private static JetStreamLimits ReadJetStreamLimits(ClaimFields limits) => new()
    {
        MemoryStorage = limits.Number("mem_storage"),
        DiskStorage = limits.Number("disk_storage"),
        Streams = limits.Number("streams"),
        Consumers = limits.Number("consumer"),
        MaxAckPending = limits.Number("max_ack_pending"),
        MemoryMaxStreamBytes = limits.Number("mem_max_stream_bytes"),
        DiskMaxStreamBytes = limits.Number("disk_max_stream_bytes"),
        MaxBytesRequired = limits.Flag("max_bytes_required"),
    };

    // A list entry of null is kept as an entry without content, for the validation to refuse.
    private static ClaimImport ReadImport(JsonElement value, string path)
    {
        var fields = new ClaimFields(value, path);
        return new ClaimImport
        {
            Name = fields.Text("name"),
            Subject = fields.Text("subject"),
            Account = fields.Text("account"),
            Token = fields.Text("token"),
            To = fields.Text("to"),
            LocalSubject = fields.Text("local_subject"),
            Kind = ReadExportKind(fields, "type"),
            Share = fields.Flag("share"),
            AllowTrace = fields.Flag("allow_trace"),
        };
    }

    private static ClaimExport ReadExport(JsonElement value, string path)
    {
        var fields = new ClaimFields(value, path);
        ClaimFields latency = fields.Object("service_latency");
        return new ClaimExport
        {
            Name = fields.Text("name"),
            Subject = fields.Text("subject"),
            Kind = ReadExportKind(fields, "type"),
            TokenRequired = fields.Flag("token_req"),
            Revocations = ReadRevocations(fields),
            ResponseType = fields.Text("response_type"),
            ResponseThresholdNs = fields.Number("response_threshold"),
            Latency = fields.Has("service_latency") ? new ClaimLatency(ReadSampling(latency), latency.Text("results")) : null,
            AccountTokenPosition = fields.Unsigned("account_token_position"),
            Advertise = fields.Flag("advertise"),
            AllowTrace = fields.Flag("allow_trace"),
            Description = fields.Text("description"),
            InfoUrl = fields.Text("info_url"),
        };
    }

    private static long ReadSampling(ClaimFields latency)
    {
        const string Name = "sampling";
        if (!latency.All.TryGetValue(Name, out JsonElement value)) return 0;
        if (value.ValueKind == JsonValueKind.String && string.Equals(value.GetString(), "headers", StringComparison.OrdinalIgnoreCase)) return 0;
        return latency.Number(Name);
    }

    private static RevocationList ReadRevocations(ClaimFields fields) =>
        fields.Has("revocations") ? new RevocationList(fields.Map("revocations", ClaimFields.NumberOf)) : RevocationList.Empty;

    private static Dictionary<string, SigningKeyScope?> ReadOldSigningKeys(ClaimFields nats) =>
        nats.Texts("signing_keys").Distinct(StringComparer.Ordinal).ToDictionary(static key => key, static _ => (SigningKeyScope?)null, StringComparer.Ordinal);

    private static Dictionary<string, SigningKeyScope?> ReadSigningKeys(ClaimFields nats)
    {
        var keys = new Dictionary<string, SigningKeyScope?>(StringComparer.Ordinal);
        foreach (JsonElement item in nats.Items("signing_keys", static (value, _) => value))
        {
            switch (item.ValueKind)
            {
                case JsonValueKind.String:
                    keys[ClaimFields.TextOf(item, "nats.signing_keys")] = null;
                    break;
                case JsonValueKind.Object:
                    SigningKeyScope scope = ReadScope(new ClaimFields(item, "nats.signing_keys"));
                    keys[scope.Key] = scope;
                    break;
            }
        }

        return keys;
    }

    private static SigningKeyScope ReadScope(ClaimFields fields)
    {
        if (!fields.All.TryGetValue("kind", out JsonElement kind) || kind.ValueKind != JsonValueKind.String || kind.GetString() != "user_scope")
        {
            throw new ClaimFormatException("unknown signing key scope");
        }

        return new SigningKeyScope
        {
            Key = fields.Text("key"),
            Role = fields.Text("role"),
            Template = ReadRights(fields.Object("template"), AccountLimits.Unlimited),
            Description = fields.Text("description"),
        };
    }

    private static IReadOnlyList<WeightedDestination> ReadDestinations(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Null) return [];
        if (value.ValueKind != JsonValueKind.Array) throw ClaimFields.Wrong(value, "an array", path);
        var destinations = new List<WeightedDestination>(value.GetArrayLength());
        foreach (JsonElement item in value.EnumerateArray())
        {
            var fields = new ClaimFields(item, path);
            destinations.Add(new WeightedDestination(fields.Text("subject"), fields.Byte("weight"), fields.Text("cluster")));
        }

        return destinations;
    }
}
