using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>Reads <c>ocsp_peer</c> of a <c>tls</c> block, and <c>ocsp_cache</c>.</summary>
internal static class OcspReader
{
    private const string PeerFailure = "error parsing tls peer config";
    private const string CacheFailure = "error parsing OCSP peer cache config";

    private static readonly BlockReader<OcspPeerOptions> PeerKeys = new(
        static name => $"{PeerFailure}, unknown field [{name}]",
        [
            Flag("verify", static (o, v) => o with { Verify = v }),
            Seconds("allowed_clockskew", static (o, v) => o with { AllowedClockSkew = v }, tellsWhy: false),
            Seconds("ca_timeout", static (o, v) => o with { CaTimeout = v }),
            Seconds("cache_ttl_when_next_update_unset", static (o, v) => o with { CacheTtlWhenNextUpdateUnset = v }),
            Flag("warn_only", static (o, v) => o with { WarnOnly = v }),
            Flag("unknown_is_good", static (o, v) => o with { UnknownIsGood = v }),
            Flag("allow_when_ca_unreachable", static (o, v) => o with { AllowWhenCaUnreachable = v }),
        ]);

    private static readonly BlockReader<CacheBlock> CacheKeys = new(
        static name => $"{CacheFailure}, unknown field [{name}]",
        [
            new("type", ReadType),
            new("local_store", static (block, entry) =>
            {
                if (entry.Content is not string) FailOfType(entry);
                return block;
            }),
            new("preserve_revoked", static (block, entry) =>
            {
                if (entry.Content is not bool) FailOfType(entry);
                return block;
            }),
            new("save_interval", ReadInterval),
        ]);

    public static TlsOptions ReadPeer(TlsOptions options, ConfigEntry entry)
    {
        switch (entry.Content)
        {
            case bool verify:
                return options with { OcspPeer = new OcspPeerOptions { Verify = verify } };
            case ConfigMap map:
                var diagnostics = new OptionsDiagnostics();
                var peer = PeerKeys.Read(map, new OcspPeerOptions(), diagnostics);
                if (diagnostics.Errors.Count == 0) return options with { OcspPeer = peer };
                entry.Fail(diagnostics.Errors[0]);
                return options;
            default:
                // The type that the reference names here is always that of the whole block.
                entry.Fail("error parsing ocsp peer config: unsupported type map[string]interface {}");
                return options;
        }
    }

    public static ServerOptions ReadCache(ServerOptions options, ConfigEntry entry)
    {
        switch (entry.Content)
        {
            case false:
                return options with { OcspCache = OcspCacheKind.None };
            case true:
                RefuseLocal(entry);
                return options;
            case ConfigMap map:
                var diagnostics = new OptionsDiagnostics();
                var block = CacheKeys.Read(map, default, diagnostics);
                entry.Diagnostics.Take(diagnostics, maxErrors: 1);
                if (diagnostics.Errors.Count > 0) return options;
                if (block.IsNone) return options with { OcspCache = OcspCacheKind.None };
                RefuseLocal(entry);
                return options;
            default:
                // These are the reference's words, although this is about no tags.
                entry.Fail($"error parsing tags: unsupported type {entry.TypeName}");
                return options;
        }
    }

    /// <summary>What is said to a server whose clients need not present what it is to check; null when they do.</summary>
    public static string? FindContradiction(TlsOptions? options) => options is { OcspPeer.Verify: true, Verify: false }
        ? "OCSP peer verification for client connections requires TLS verify (mTLS) to be enabled"
        : null;

    private static void RefuseLocal(ConfigEntry entry) =>
        entry.Fail($"field {GoFormat.Quote(entry.Name)}: the OCSP cache on disk is not built yet");

    private static KeyReader<OcspPeerOptions> Flag(string name, Func<OcspPeerOptions, bool, OcspPeerOptions> set) => new(name, (options, entry) =>
    {
        if (entry.Content is bool flag) return set(options, flag);
        entry.Fail($"{PeerFailure}, unknown field [{GoFormat.Quote(entry.Name)}]");
        return options;
    });

    private static KeyReader<OcspPeerOptions> Seconds(string name, Func<OcspPeerOptions, TimeSpan, OcspPeerOptions> set, bool tellsWhy = true) =>
        new(name, (options, entry) =>
        {
            if (!TryReadSeconds(entry.Content, out var seconds, out var problem))
            {
                entry.Fail($"{PeerFailure}, conversion error: {(tellsWhy ? problem : "unexpected type")}");
                return options;
            }

            // Less than nothing is the default.
            return seconds >= 0 ? set(options, TimeSpan.FromSeconds(seconds)) : options;
        });

    private static bool TryReadSeconds(object content, out double seconds, out string problem)
    {
        const double maxSeconds = 1e9;
        problem = "unexpected type";
        seconds = 0;
        switch (content)
        {
            case long whole:
                seconds = whole;
                break;
            case double number:
                seconds = number;
                break;
            case string text:
                if (!GoDuration.TryParse(text, out var duration, out var error))
                {
                    problem = error ?? problem;
                    return false;
                }

                seconds = duration.TotalSeconds;
                break;
            default:
                return false;
        }

        seconds = Math.Min(seconds, maxSeconds);
        return true;
    }

    private static CacheBlock ReadType(CacheBlock block, ConfigEntry entry)
    {
        if (entry.Content is not string text)
        {
            FailOfType(entry);
            return block;
        }

        var isNone = text.Equals("none", StringComparison.OrdinalIgnoreCase);
        if (!isNone && !text.Equals("local", StringComparison.OrdinalIgnoreCase)) entry.Fail($"{CacheFailure}, unknown type [{text}]");
        return new CacheBlock(isNone);
    }

    private static CacheBlock ReadInterval(CacheBlock block, ConfigEntry entry)
    {
        if (TryReadSeconds(entry.Content, out _, out var problem)) return block;
        entry.Fail(entry.Content is string ? $"{PeerFailure}, conversion error: {problem}" : $"{CacheFailure}, conversion error: {problem}");
        return block;
    }

    private static void FailOfType(ConfigEntry entry) => entry.Fail($"{CacheFailure}, unknown field [{GoFormat.Quote(entry.Name)}]");

    /// <summary>What of an <c>ocsp_cache</c> block counts without a cache on disk.</summary>
    /// <param name="IsNone">No cache at all.</param>
    private readonly record struct CacheBlock(bool IsNone);
}
