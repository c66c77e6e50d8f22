using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>Reads the <c>imports</c> of an account. Pure.</summary>
internal static class ImportsReader
{
    private static readonly BlockReader<Draft> Keys = new(
        new KeyReader<Draft>("stream", (d, e) => ReadSource(d, e, ExportKind.Stream)),
        new KeyReader<Draft>("service", (d, e) => ReadSource(d, e, ExportKind.Service)),
        Key.Text<Draft>("prefix", (d, v) => d with { Prefix = v }),
        new KeyReader<Draft>("to", (d, e) => e.TryText(out var to) ? d with { To = to, ToEntry = e } : d),
        Key.Boolean<Draft>("share", (d, v) => d with { Share = v }),
        new KeyReader<Draft>("allow_trace", (d, e) => e.TryBoolean(out var allows) ? d with { AllowTrace = allows, AllowTraceEntry = e } : d));

    private static readonly BlockReader<Source> SourceKeys = new(
        Key.Text<Source>("account", (s, v) => s with { Account = v }),
        Key.Text<Source>("subject", (s, v) => s with { Subject = v }));

    /// <summary>The imports in the order of the file; an entry that is neither a stream nor a service is none.</summary>
    public static IReadOnlyList<ImportOptions> Read(ConfigEntry entry)
    {
        if (entry.Content is not ConfigArray array)
        {
            entry.Fail($"Imports should be an array, got {entry.TypeName}");
            return [];
        }
        var imports = new List<ImportOptions>();
        foreach (var item in array)
        {
            if (ReadItem(entry with { Value = item }) is not { } import) continue;
            var local = LocalSubject(import);
            if (import.Kind == ExportKind.Service &&
                imports.Find(other => other.Kind == ExportKind.Service && other.Account == import.Account && LocalSubject(other) == local) is { } earlier)
            {
                entry.Diagnostics.Error(item.Position, $"Duplicate service import subject {GoFormat.Quote(local)}, previously used in import for account " +
                    $"{GoFormat.Quote(earlier.Account)}, subject {GoFormat.Quote(earlier.Subject)}");
                continue;
            }
            imports.Add(import);
        }
        return imports;
    }

    private static string LocalSubject(ImportOptions import) => import.To.Length > 0 ? import.To : import.Subject;

    private static ImportOptions? ReadItem(ConfigEntry entry)
    {
        if (entry.Content is not ConfigMap map)
        {
            entry.Fail($"Import Items should be a map with type entry, got {entry.TypeName}");
            return null;
        }
        var draft = Keys.Read(map, new Draft(), entry.Diagnostics);
        if (draft is not { Kind: { } kind, Source: { } source }) return null;
        if (kind == ExportKind.Service)
        {
            draft.AllowTraceEntry?.Fail("Detected allow_trace directive on a non-stream");
            return new ImportOptions(kind, source.Account, source.Subject) { To = draft.To, Share = draft.Share };
        }
        if (draft.Prefix.Length > 0) draft.ToEntry?.Fail("Stream import can not have a 'prefix' and a 'to' property");
        return new ImportOptions(kind, source.Account, source.Subject) { To = draft.To, Prefix = draft.Prefix, AllowTrace = draft.AllowTrace };
    }

    private static Draft ReadSource(Draft draft, ConfigEntry entry, ExportKind kind)
    {
        if (draft.Kind is { } earlier && earlier != kind)
        {
            entry.Fail($"Detected {(kind == ExportKind.Stream ? "stream" : "service")} but already saw a {(kind == ExportKind.Stream ? "service" : "stream")}");
            return draft;
        }
        if (entry.Content is not ConfigMap map)
        {
            entry.Fail($"{(kind == ExportKind.Stream ? "Stream" : "Service")} entry should be an account map, got {entry.TypeName}");
            return draft;
        }
        var source = SourceKeys.Read(map, new Source(), entry.Diagnostics);
        if (source.Account.Length > 0 && source.Subject.Length > 0) return draft with { Kind = kind, Source = source };
        entry.Fail("Expect an account name and a subject");
        return draft;
    }

    /// <summary>The account and subject of what is imported.</summary>
    private sealed record Source
    {
        public string Account { get; init; } = "";
        public string Subject { get; init; } = "";
    }

    /// <summary>What an entry says so far: its keys may come in any order.</summary>
    private sealed record Draft
    {
        public ExportKind? Kind { get; init; }
        public Source? Source { get; init; }
        public string Prefix { get; init; } = "";
        public string To { get; init; } = "";
        public ConfigEntry? ToEntry { get; init; }
        public bool Share { get; init; }
        public bool AllowTrace { get; init; }
        public ConfigEntry? AllowTraceEntry { get; init; }
    }
}
