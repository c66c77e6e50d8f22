using NATS.Server.Core.Config;
using NATS.Server.Core.Storage;

namespace NATS.Server.Options;

/// <summary>Reads <c>jetstream</c>, <c>store_dir</c> and <c>default_js_domain</c> of the top level. Pure.</summary>
internal static class JetStreamReader
{
    private const int MinConcurrentIo = 4;
    private const int MaxConcurrentIo = 8192;

    private static readonly BlockReader<JetStreamOptions> Keys = new(
    [
        new("enabled enable", static (o, _) => o), // whether it is comes last, see Read
        new("strict", ReadStrict),
        new("store_dir storedir store", ReadStoreDirectory),
        new("sync_interval sync", ReadSync),
        Size("max_memory_store max_mem_store max_mem", static (o, v) => o with { MaxMemory = v }, "max_mem_store"),
        Size("max_file_store max_file", static (o, v) => o with { MaxStorage = v }, "max_file_store"),
        Key.Text<JetStreamOptions>("domain", static (o, v) => o with { Domain = v }),
        Key.Text<JetStreamOptions>("key ek encryption_key", static (o, v) => o with { Key = v }),
        Key.Text<JetStreamOptions>("prev_key prev_ek prev_encryption_key", static (o, v) => o with { PreviousKey = v }),
        new("cipher", static (o, e) => TryCipher(e, out var cipher) ? o with { Cipher = cipher } : o),
        Key.Text<JetStreamOptions>("extension_hint", static (o, v) => o with { ExtensionHint = v }),
        new("limits", ReadLimits),
        new("tpm", ReadTpm),
        Key.Text<JetStreamOptions>("unique_tag", static (o, v) => o with { UniqueTag = v.Trim().ToLowerInvariant() }),
        Size("max_outstanding_catchup", static (o, v) => o with { MaxOutstandingCatchup = v }),
        Size("max_buffered_size", static (o, v) => o with { MaxBufferedSize = v }),
        Count("max_buffered_msgs", static (o, v) => o with { MaxBufferedMessages = v }),
        Count("request_queue_limit", static (o, v) => o with { RequestQueueLimit = v }),
        Count("info_queue_limit", static (o, v) => o with { InfoQueueLimit = v }),
        new("meta_compact", static (o, e) =>
        {
            if (e.Content is long and >= 0) return o with { MetaCompact = (long)e.Content };
            FailOfAbsolute(e);
            return o;
        }),
        new("meta_compact_size", static (o, e) =>
        {
            if (!StorageSize.TryRead(e, e.Name.ToLowerInvariant(), out var size)) return o;
            if (size >= 0) return o with { MetaCompactSize = size };
            FailOfAbsolute(e);
            return o;
        }),
        Key.Boolean<JetStreamOptions>("meta_compact_sync", static (o, v) => o with { MetaCompactSync = v }),
        new("max_concurrent_io", static (o, e) =>
        {
            if (e.Content is long and >= MinConcurrentIo and <= MaxConcurrentIo) return o with { MaxConcurrentIo = (int)(long)e.Content };
            e.Fail($"Expected an absolute size for {GoFormat.Quote(e.Name)} between {MinConcurrentIo} and {MaxConcurrentIo}, got {GoFormat.Value(e.Content)}");
            return o;
        }),
    ]);

    private static readonly BlockReader<JetStreamLimitOptions> LimitKeys = new(
    [
        Key.Long<JetStreamLimitOptions>("max_ack_pending", static (l, v) => l with { MaxAckPending = v }),
        Key.Long<JetStreamLimitOptions>("max_ha_assets", static (l, v) => l with { MaxHaAssets = v }),
        Key.Long<JetStreamLimitOptions>("default_max_consumers", static (l, v) => l with { DefaultMaxConsumers = v == 0 ? JetStreamLimitOptions.DefaultDefaultMaxConsumers : v }),
        Key.Long<JetStreamLimitOptions>("max_request_batch", static (l, v) => l with { MaxRequestBatch = v }),
        Duration("duplicate_window", static (l, v) => l with { DuplicateWindow = v }),
        new("batch", ReadBatch),
    ]);

    private static readonly BlockReader<JetStreamLimitOptions> BatchKeys = new(
    [
        Key.Long<JetStreamLimitOptions>("max_inflight_per_stream", static (l, v) => l with { MaxBatchInflightPerStream = v }),
        Key.Long<JetStreamLimitOptions>("max_inflight_total", static (l, v) => l with { MaxBatchInflightTotal = v }),
        Key.Long<JetStreamLimitOptions>("max_msgs", static (l, v) => l with { MaxBatchSize = v }),
        Duration("timeout", static (l, v) => l with { MaxBatchTimeout = v }),
    ]);

    private static readonly BlockReader<(JetStreamTpmOptions Tpm, StoreCipher Cipher)> TpmKeys = new(
    [
        Key.Text<(JetStreamTpmOptions Tpm, StoreCipher Cipher)>("keys_file", static (t, v) => t with { Tpm = t.Tpm with { KeysFile = v } }),
        Key.Text<(JetStreamTpmOptions Tpm, StoreCipher Cipher)>("encryption_password", static (t, v) => t with { Tpm = t.Tpm with { EncryptionPassword = v } }),
        Key.Text<(JetStreamTpmOptions Tpm, StoreCipher Cipher)>("srk_password", static (t, v) => t with { Tpm = t.Tpm with { SrkPassword = v } }),
        Key.Long<(JetStreamTpmOptions Tpm, StoreCipher Cipher)>("pcr", static (t, v) => t with { Tpm = t.Tpm with { Pcr = v } }),
        new("cipher", static (t, e) => TryCipher(e, out var cipher) ? t with { Cipher = cipher } : t),
    ]);

    /// <summary>Reads <c>jetstream</c>: a switch, or a block that is on unless it says otherwise.</summary>
    public static ServerOptions Read(ServerOptions options, ConfigEntry entry)
    {
        var settings = options.JetStreamSettings;
        switch (entry.Content)
        {
            case bool isEnabled:
                settings = settings with { IsEnabled = isEnabled };
                break;
            case string text when Switch(text) is { } isEnabled:
                settings = settings with { IsEnabled = isEnabled };
                break;
            case string text:
                entry.Fail($"Expected 'enabled' or 'disabled' for string value, got '{text}'");
                break;
            case ConfigMap block:
                settings = Keys.Read(block, settings, entry.Diagnostics) with { IsEnabled = IsOn(block, entry.Diagnostics) };
                break;
            default:
                entry.Fail($"Expected map, bool or string to define JetStream, got {entry.TypeName}");
                break;
        }

        return options with { JetStreamSettings = settings };
    }

    /// <summary>Reads <c>store_dir</c> of the top level.</summary>
    public static ServerOptions ReadStoreDirectory(ServerOptions options, ConfigEntry entry) =>
        options with { JetStreamSettings = ReadStoreDirectory(options.JetStreamSettings, entry) };

    /// <summary>Reads <c>default_js_domain</c>: the domains that accounts without JetStream of their own ask.</summary>
    public static ServerOptions ReadDefaultDomains(ServerOptions options, ConfigEntry entry)
    {
        if (entry.Content is not ConfigMap map)
        {
            entry.Fail($"error default_js_domain config: unsupported type {entry.TypeName}");
            return options;
        }

        var domains = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (account, value) in map)
        {
            if ((entry with { Name = account, Value = value }).TryText(out var domain)) domains[account] = domain;
        }

        return options with { DefaultJetStreamDomains = domains };
    }

    /// <summary>What a word says of JetStream, of the server and of an account; null when it is none of them.</summary>
    public static bool? Switch(string text) => text.ToLowerInvariant() switch
    {
        "enabled" or "enable" => true,
        "disabled" or "disable" => false,
        _ => null,
    };

    private static bool IsOn(ConfigMap block, OptionsDiagnostics diagnostics)
    {
        var isOn = true;
        foreach (var (name, value) in block)
        {
            if (name.ToLowerInvariant() is "enabled" or "enable" && new ConfigEntry(name, value, diagnostics).TryBoolean(out var isEnabled)) isOn = isEnabled;
        }

        return isOn;
    }

    private static JetStreamOptions ReadStoreDirectory(JetStreamOptions options, ConfigEntry entry)
    {
        if (options.StoreDirectory.Length > 0)
            entry.Fail("Duplicate 'store_dir' configuration");
        else if (entry.TryText(out var directory))
            return options with { StoreDirectory = directory };
        return options;
    }

    private static JetStreamOptions ReadStrict(JetStreamOptions options, ConfigEntry entry)
    {
        if (entry.Content is bool isStrict) return options with { IsStrict = isStrict };
        entry.Fail($"Expected 'true' or 'false' for bool value, got '{GoFormat.Value(entry.Content)}'");
        return options;
    }

    private static JetStreamOptions ReadSync(JetStreamOptions options, ConfigEntry entry)
    {
        if (entry.Content is string text && text.Equals("always", StringComparison.OrdinalIgnoreCase)) return options with { SyncAlways = true };
        return entry.TryDuration(entry.Name, out var interval) ? options with { SyncInterval = interval } : options;
    }

    private static JetStreamOptions ReadLimits(JetStreamOptions options, ConfigEntry entry)
    {
        if (entry.Content is ConfigMap map) return options with { Limits = LimitKeys.Read(map, new JetStreamLimitOptions(), entry.Diagnostics) };
        FailOfBlock(entry, "JetStreamLimits");
        return options;
    }

    private static JetStreamLimitOptions ReadBatch(JetStreamLimitOptions limits, ConfigEntry entry)
    {
        if (entry.Content is ConfigMap map) return BatchKeys.Read(map, limits, entry.Diagnostics);
        FailOfBlock(entry, "batch limits");
        return limits;
    }

    // The module's block is called by the name of the other one in the reference too.
    private static JetStreamOptions ReadTpm(JetStreamOptions options, ConfigEntry entry)
    {
        if (entry.Content is ConfigMap map)
        {
            var (tpm, cipher) = TpmKeys.Read(map, (new JetStreamTpmOptions(), options.Cipher), entry.Diagnostics);
            return options with { Tpm = tpm, Cipher = cipher };
        }

        FailOfBlock(entry, "JetStreamLimits");
        return options;
    }

    private static bool TryCipher(ConfigEntry entry, out StoreCipher cipher)
    {
        cipher = default;
        if (!entry.TryText(out var name)) return false;
        switch (name.ToLowerInvariant())
        {
            case "chacha" or "chachapoly":
                cipher = StoreCipher.ChaCha;
                return true;
            case "aes":
                cipher = StoreCipher.Aes;
                return true;
            default:
                entry.Fail($"Unknown cipher type: {GoFormat.Quote(name)}");
                return false;
        }
    }

    private static KeyReader<JetStreamOptions> Size(string names, Func<JetStreamOptions, long, JetStreamOptions> set, string? field = null) =>
        new(names, (options, entry) => StorageSize.TryRead(entry, field ?? entry.Name.ToLowerInvariant(), out var size) ? set(options, size) : options);

    private static KeyReader<JetStreamOptions> Count(string names, Func<JetStreamOptions, long, JetStreamOptions> set) => new(names, (options, entry) =>
    {
        if (entry.Content is long count) return set(options, count);
        entry.Fail($"Expected a parseable size for {GoFormat.Quote(entry.Name)}, got {GoFormat.Value(entry.Content)}");
        return options;
    });

    // Always a text, and nothing is said before what is wrong with it.
    private static KeyReader<JetStreamLimitOptions> Duration(string names, Func<JetStreamLimitOptions, TimeSpan, JetStreamLimitOptions> set) => new(names, (limits, entry) =>
    {
        if (!entry.TryText(out var text)) return limits;
        if (GoDuration.TryParse(text, out TimeSpan duration, out var error)) return set(limits, duration);
        entry.Fail(error!);
        return limits;
    });

    private static void FailOfAbsolute(ConfigEntry entry) => entry.Fail($"Expected an absolute size for {GoFormat.Quote(entry.Name)}, got {GoFormat.Value(entry.Content)}");

    private static void FailOfBlock(ConfigEntry entry, string name) => entry.Fail($"Expected a map to define {name}, got {entry.TypeName}");
}
