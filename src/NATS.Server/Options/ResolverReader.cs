using System.Text.RegularExpressions;
using NATS.Server.Core.Config;
using NATS.Server.Core.Jwt;

namespace NATS.Server.Options;

/// <summary>Reads the account resolver: a word, <c>URL(…)</c>, or a block for one that keeps a directory. Pure.</summary>
internal static partial class ResolverReader
{
    private const int RegexTimeoutMs = 1000;

    private static readonly BlockReader<Draft> Keys = new(
        Key.Text<Draft>("dir", (d, v) => d with { Directory = v }),
        Key.Text<Draft>("type", (d, v) => d with { Type = v }),
        Key.Boolean<Draft>("allow_delete", (d, v) => d with { AllowDelete = v }),
        Key.Boolean<Draft>("hard_delete", (d, v) => d with { HardDelete = v }),
        Key.Long<Draft>("limit", (d, v) => d with { Limit = v }),
        Key.Text<Draft>("ttl", (d, v) => d with { TimeToLive = v }),
        Key.Text<Draft>("interval", (d, v) => d with { Interval = v }),
        Key.Text<Draft>("timeout", (d, v) => d with { Timeout = v }));

    /// <summary>Takes the resolver into the options; one that the file names wins over that of the operator.</summary>
    public static ServerOptions Read(ServerOptions options, ConfigEntry entry)
    {
        var errors = entry.Diagnostics.Errors.Count;
        ResolverOptions? resolver = null;
        switch (entry.Content)
        {
            case string text:
                resolver = ReadText(text, entry);
                break;
            case ConfigMap map:
                resolver = ReadBlock(map, entry);
                break;
            default:
                entry.Fail($"error parsing operator resolver, wrong type {entry.TypeName}");
                break;
        }
        if (resolver is null && entry.Diagnostics.Errors.Count == errors)
            entry.Fail("error parsing account resolver, should be MEM or  URL(\"url\") or a map containing dir and type state=[FULL|CACHE])");
        return options with { Operator = options.Operator with { Resolver = resolver } };
    }

    /// <summary>A resolver that asks a web server.</summary>
    /// <param name="url">What the public key of an account is appended to; a missing slash is added.</param>
    public static ResolverOptions OfUrl(string url) => new(ResolverKind.Url) { Url = url.EndsWith('/') ? url : url + "/" };

    // Whatever contains one of the words means it, as in the reference.
    private static ResolverOptions? ReadText(string text, ConfigEntry entry)
    {
        if (text.Contains("MEM", StringComparison.OrdinalIgnoreCase)) return new ResolverOptions(ResolverKind.Memory);
        if (UrlForm().Match(text) is not { Success: true } match) return null;
        var url = match.Groups["url"].Value;
        if (UrlText.TrySplit(url, out _)) return OfUrl(url);
        entry.Fail($"error parsing account resolver url [{GoFormat.Quote(url)}]");
        return null;
    }

    private static ResolverOptions? ReadBlock(ConfigMap map, ConfigEntry entry)
    {
        var before = entry.Diagnostics.Errors.Count;
        // Other keys are not looked at, as in the reference.
        var draft = Keys.Read(map, new Draft(), entry.Diagnostics, allowUnknown: true);
        if (entry.Diagnostics.Errors.Count > before) return null;
        if (!TryDuration(draft.TimeToLive, entry, out var timeToLive) || !TryDuration(draft.Interval, entry, out var interval) ||
            !TryDuration(draft.Timeout, entry, out var timeout)) return null;

        var resolver = new ResolverOptions(ResolverKind.Full)
        {
            Directory = draft.Directory,
            Limit = draft.Limit,
            FetchTimeout = timeout ?? TimeSpan.Zero,
        };
        switch (draft.Type.ToUpperInvariant())
        {
            case "MEM" or "MEMORY":
                return new ResolverOptions(ResolverKind.Memory);
            case "CACHE":
                var isUsable = CheckDirectory(draft.Directory, entry);
                if (interval is { } sync && sync != TimeSpan.Zero) entry.Fail("CACHE does not accept sync");
                if (draft.AllowDelete) entry.Fail("CACHE does not accept allow_delete");
                if (draft.HardDelete is not null) entry.Fail("CACHE does not accept hard_delete");
                return CheckStore(isUsable, timeout, entry) ? resolver with { Kind = ResolverKind.Cache, TimeToLive = timeToLive ?? TimeSpan.Zero } : null;
            case "FULL":
                isUsable = CheckDirectory(draft.Directory, entry);
                if (timeToLive is { } ttl && ttl != TimeSpan.Zero) entry.Fail("FULL does not accept ttl");
                if (draft.HardDelete is not null && !draft.AllowDelete) entry.Fail("hard_delete has no effect without delete");
                return CheckStore(isUsable, timeout, entry)
                    ? resolver with { SyncInterval = interval ?? TimeSpan.Zero, AllowDelete = draft.AllowDelete, HardDelete = draft.AllowDelete && draft.HardDelete is true }
                    : null;
            default:
                return null;
        }
    }

    private static bool TryDuration(string? text, ConfigEntry entry, out TimeSpan? duration)
    {
        duration = null;
        if (text is null) return true;
        if (!GoDuration.TryParse(text, out var value, out var error))
        {
            entry.Fail(error!);
            return false;
        }
        duration = value;
        return true;
    }

    // What is wrong with the directory when the store is made; null when it can be made. A start makes it if there is none.
    private static string? CheckDirectory(string directory, ConfigEntry entry)
    {
        if (directory.Length == 0)
        {
            entry.Fail("dir has no value and needs to point to a directory");
            return "mkdir : no such file or directory";
        }
        if (entry.Diagnostics.ReadFile(directory).Error is not null) return null;
        entry.Fail("dir needs to point to an accessible directory");
        return $"mkdir {directory}: not a directory";
    }

    private static bool CheckStore(string? directoryFault, TimeSpan? timeout, ConfigEntry entry)
    {
        var fault = directoryFault ?? (timeout <= TimeSpan.Zero ? $"Fetch timeout {GoDuration.Format(timeout.Value)} is too smal" : null);
        if (fault is not null) entry.Fail(fault);
        return fault is null;
    }

    [GeneratedRegex("""url(?:\(\s*"?(?<url>[^\s"]*)"?\s*\))?""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, RegexTimeoutMs)]
    private static partial Regex UrlForm();

    /// <summary>The block as written.</summary>
    private sealed record Draft
    {
        public string Directory { get; init; } = "";
        public string Type { get; init; } = "";
        public bool AllowDelete { get; init; }
        public bool? HardDelete { get; init; }
        public long Limit { get; init; }
        public string? TimeToLive { get; init; }
        public string? Interval { get; init; }
        public string? Timeout { get; init; }
    }
}
