using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>Reads the <c>exports</c> of an account. Pure.</summary>
internal static class ExportsReader
{
    private const string ResponseOnStream = "Detected response directive on non-service";

    private static readonly BlockReader<Draft> Keys = new(
        new KeyReader<Draft>("stream", (d, e) => ReadSubject(d, e, ExportKind.Stream)),
        new KeyReader<Draft>("service", (d, e) => ReadSubject(d, e, ExportKind.Service)),
        new KeyReader<Draft>("response response_type", ReadResponse),
        new KeyReader<Draft>("threshold response_threshold response_max_time response_time", ReadThreshold),
        new KeyReader<Draft>("accounts", ReadAccounts),
        new KeyReader<Draft>("latency", (d, e) => (LatencyReader.Read(e) is { } latency ? d with { Latency = latency } : d).ForServices(e, "Detected latency directive on non-service")),
        Key.Long<Draft>("account_token_position", (d, v) => d with { TokenPosition = v }),
        new KeyReader<Draft>("allow_trace", (d, e) => (e.TryBoolean(out var allows) ? d with { AllowTrace = allows } : d).ForServices(e, "Detected allow_trace directive on non-service")));

    /// <summary>The exports in the order of the file; an entry that is neither a stream nor a service is none.</summary>
    public static IEnumerable<ExportOptions> Read(ConfigEntry entry)
    {
        if (entry.Content is not ConfigArray array)
        {
            entry.Fail($"Exports should be an array, got {entry.TypeName}");
            return [];
        }
        return array.Select(item => ReadItem(entry with { Value = item })).OfType<ExportOptions>().ToArray();
    }

    private static ExportOptions? ReadItem(ConfigEntry entry)
    {
        if (entry.Content is not ConfigMap map)
        {
            entry.Fail($"Export Items should be a map with type entry, got {entry.TypeName}");
            return null;
        }
        var draft = Keys.Read(map, new Draft(), entry.Diagnostics);
        if (draft.Kind is not { } kind) return null;
        if (kind == ExportKind.Stream)
        {
            foreach (var (directive, reason) in draft.ServiceDirectives) directive.Fail(reason);
        }
        return new ExportOptions(kind, draft.Subject)
        {
            Accounts = draft.Accounts,
            // No subject has so many tokens; such a position is refused when accounts are linked.
            AccountTokenPosition = (int)Math.Clamp(draft.TokenPosition, int.MinValue, int.MaxValue),
            ResponseType = draft.ResponseType ?? ServiceResponseType.Singleton,
            ResponseThreshold = draft.Threshold ?? TimeSpan.Zero,
            Latency = draft.Latency,
            AllowTrace = draft.AllowTrace,
        };
    }

    private static Draft ReadSubject(Draft draft, ConfigEntry entry, ExportKind kind)
    {
        var name = NameOf(kind);
        if (draft.Kind is { } earlier && earlier != kind)
        {
            entry.Fail($"Detected {name} {GoFormat.QuoteValue(entry.Content)} but already saw a {NameOf(earlier)}");
            return draft;
        }
        if (entry.Content is string subject) return draft with { Kind = kind, Subject = subject };
        entry.Fail($"Expected {name} name to be string, got {entry.TypeName}");
        return draft;
    }

    private static Draft ReadResponse(Draft draft, ConfigEntry entry)
    {
        if (draft.HasResponse)
        {
            entry.Fail("Duplicate response type definition");
            return draft;
        }
        draft = draft with { HasResponse = true };
        if (entry.Content is not string text)
        {
            entry.Fail($"Expected response type to be string, got {entry.TypeName}");
            return draft;
        }
        ServiceResponseType? type = text.ToUpperInvariant() switch
        {
            "SINGLE" or "SINGLETON" => ServiceResponseType.Singleton,
            "STREAM" => ServiceResponseType.Streamed,
            "CHUNK" or "CHUNKED" => ServiceResponseType.Chunked,
            _ => null,
        };
        if (type is not null) return (draft with { ResponseType = type }).ForServices(entry, ResponseOnStream);
        entry.Fail($"Unknown response type: {GoFormat.Quote(text)}");
        return draft;
    }

    private static Draft ReadThreshold(Draft draft, ConfigEntry entry)
    {
        if (draft.HasThreshold)
        {
            entry.Fail("Duplicate response threshold detected");
            return draft;
        }
        draft = draft with { HasThreshold = true };
        const string expectation = "Expected response threshold to be a parseable time duration, got ";
        if (entry.Content is not string text)
        {
            entry.Fail(expectation + entry.TypeName);
            return draft;
        }
        if (GoDuration.TryParse(text, out var threshold, out _)) return (draft with { Threshold = threshold }).ForServices(entry, ResponseOnStream);
        entry.Fail(expectation + GoFormat.Quote(text));
        return draft;
    }

    private static Draft ReadAccounts(Draft draft, ConfigEntry entry)
    {
        if (!entry.TryArray(out var array)) return draft;
        var accounts = new List<string>();
        foreach (var item in array)
        {
            if ((entry with { Value = item }).TryText(out var name)) accounts.Add(name);
        }
        // Nobody listed is everybody, as in the reference.
        return accounts.Count == 0 ? draft : draft with { Accounts = accounts };
    }

    private static string NameOf(ExportKind kind) => kind == ExportKind.Stream ? "stream" : "service";

    /// <summary>What an entry says so far: its keys may come in any order.</summary>
    private sealed record Draft
    {
        public ExportKind? Kind { get; init; }
        public string Subject { get; init; } = "";
        public IReadOnlyList<string>? Accounts { get; init; }
        public long TokenPosition { get; init; }
        public bool HasResponse { get; init; }
        public ServiceResponseType? ResponseType { get; init; }
        public bool HasThreshold { get; init; }
        public TimeSpan? Threshold { get; init; }
        public ServiceLatencyOptions? Latency { get; init; }
        public bool AllowTrace { get; init; }

        /// <summary>Keys that a stream may not have, and what is said of them.</summary>
        public IReadOnlyList<(ConfigEntry Entry, string Reason)> ServiceDirectives { get; init; } = [];

        public Draft ForServices(ConfigEntry entry, string reason) => this with { ServiceDirectives = [.. ServiceDirectives, (entry, reason)] };
    }
}
