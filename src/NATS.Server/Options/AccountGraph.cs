using System.Text;
using NATS.Server.Core.Config;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Options;

/// <summary>
/// Accounts and what they offer to each other: tells imports that nobody offers, that are not allowed, or that lead in a circle. Built once for a
/// configuration; one owner.
/// </summary>
internal sealed class AccountGraph
{
    private const string InvalidSubject = "sublist: invalid subject";
    private const string InvalidPublishSubject = "invalid publish subject";
    private const string NotDefined = "account not defined for";

    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private readonly bool _hasNoSystemAccount;
    private readonly Action<string> _fail;

    private AccountGraph(IReadOnlyList<AccountOptions> accounts, bool hasNoSystemAccount, Action<string> fail)
    {
        foreach (var account in accounts) _nodes[account.Name] = new Node(account.Name);
        _hasNoSystemAccount = hasNoSystemAccount;
        _fail = fail;
    }

    /// <summary>Checks exports, then imports, in the order of the file.</summary>
    /// <param name="accounts">All accounts, as they were read.</param>
    /// <param name="hasNoSystemAccount">Latencies cannot be measured then.</param>
    /// <param name="fail">Gets all that is wrong.</param>
    /// <returns>The accounts with exports of the same subject made one.</returns>
    public static IReadOnlyList<AccountOptions> Link(IReadOnlyList<AccountOptions> accounts, bool hasNoSystemAccount, Action<string> fail)
    {
        var graph = new AccountGraph(accounts, hasNoSystemAccount, fail);
        ForEach(ExportKind.Stream, static account => account.Exports, static export => export.Kind, graph.AddStreamExport);
        ForEach(ExportKind.Service, static account => account.Exports, static export => export.Kind, graph.AddServiceExport);
        ForEach(ExportKind.Stream, static account => account.Imports, static import => import.Kind, graph.AddStreamImport);
        ForEach(ExportKind.Service, static account => account.Imports, static import => import.Kind, graph.AddServiceImport);
        return [.. accounts.Select(account => account with { Exports = [.. graph._nodes[account.Name].Exports] })];

        void ForEach<T>(ExportKind kind, Func<AccountOptions, IReadOnlyList<T>> list, Func<T, ExportKind> kindOf, Action<Node, T> add)
        {
            foreach (var account in accounts)
            {
                foreach (var item in list(account).Where(item => kindOf(item) == kind)) add(graph._nodes[account.Name], item);
            }
        }
    }

    private void AddStreamExport(Node node, ExportOptions export)
    {
        if (TryExport(node.StreamExports, export, "stream") is { } merged) node.StreamExports[export.Subject] = merged;
    }

    private void AddServiceExport(Node node, ExportOptions export)
    {
        if (TryExport(node.ServiceExports, export, "service") is not { } merged) return;
        node.ServiceExports[export.Subject] = merged;
        if (export.Latency is not { } latency) return;
        var what = $"Error adding service latency sampling for {GoFormat.Quote(export.Subject)}";
        if (_hasNoSystemAccount)
            _fail($"{what}: system account not setup");
        else if (!Subject.IsValidPublish(Bytes(latency.Subject)) || FindExport(node.ServiceExports, latency.Subject, out _) is not null)
            _fail($"{what} on subject {GoFormat.Quote(latency.Subject)}: {InvalidPublishSubject}");
        else if (merged.ResponseType != ServiceResponseType.Singleton)
            _fail($"{what} on subject {GoFormat.Quote(latency.Subject)}: bad service response type");
    }

    private ExportOptions? TryExport(OrderedDictionary<string, ExportOptions> exports, ExportOptions export, string name)
    {
        foreach (var importer in (export.Accounts ?? []).Where(importer => !_nodes.ContainsKey(importer)))
            _fail($"{GoFormat.Quote(importer)} {NotDefined} {name} export");
        if (export.AccountTokenPosition != 0)
        {
            var tokens = export.Subject.Split('.');
            if (export.AccountTokenPosition < 0 || export.AccountTokenPosition > tokens.Length || tokens[export.AccountTokenPosition - 1] != "*")
            {
                _fail($"Error adding {name} export {GoFormat.Quote(export.Subject)}: {InvalidSubject}");
                return null;
            }
        }
        return exports.TryGetValue(export.Subject, out var earlier) ? Merge(earlier, export) : export;
    }

    // An export that says nothing of who may import leaves that as it was; others add to it.
    private static ExportOptions Merge(ExportOptions earlier, ExportOptions export)
    {
        var isOpen = export.Accounts is null && export.AccountTokenPosition == 0;
        return export with
        {
            Accounts = isOpen || export.Accounts is null ? earlier.Accounts : [.. (earlier.Accounts ?? []).Union(export.Accounts, StringComparer.Ordinal)],
            AccountTokenPosition = isOpen ? earlier.AccountTokenPosition : export.AccountTokenPosition,
            ResponseType = export.ResponseType == ServiceResponseType.Singleton ? earlier.ResponseType : export.ResponseType,
            Latency = export.Latency ?? earlier.Latency,
            AllowTrace = export.AllowTrace || earlier.AllowTrace,
        };
    }

    private void AddStreamImport(Node node, ImportOptions import)
    {
        if (!_nodes.TryGetValue(import.Account, out var exporter))
            _fail($"{GoFormat.Quote(import.Account)} {NotDefined} stream import");
        else if (FindFault(node, exporter, import) is { } fault)
            _fail($"Error adding stream import {GoFormat.Quote(import.Subject)}: {fault}");
    }

    private void AddServiceImport(Node node, ImportOptions import)
    {
        if (!_nodes.TryGetValue(import.Account, out var exporter))
            _fail($"{GoFormat.Quote(import.Account)} {NotDefined} service import");
        else if (FindServiceFault(node, exporter, import) is { } fault)
            _fail($"Error adding service import {GoFormat.Quote(import.Subject)}: {fault}");
    }

    // Why a stream cannot be imported; null after it was.
    private static string? FindFault(Node node, Node exporter, ImportOptions import)
    {
        if (!Subject.IsValid(Bytes(import.Subject)) || !IsAllowed(exporter.StreamExports, import.Subject, node.Name)) return "stream import not authorized";
        if (import.Prefix.Length > 0 && Subject.HasWildcard(Bytes(import.Prefix))) return "stream import prefix can not contain wildcard tokens";
        var from = import.Subject;
        var to = import switch
        {
            { Prefix.Length: > 0 } => import.Prefix + (import.Prefix.EndsWith('.') ? "" : ".") + from,
            { To.Length: > 0 } => import.To,
            _ => from,
        };
        if ((FindCircle(ExportKind.Stream, exporter, to, [node.Name]) ?? FindCircle(ExportKind.Stream, exporter, from, [node.Name])) is { } circle) return circle;
        if (Subject.HasWildcard(Bytes(from)) && to != from)
        {
            if (!SubjectTransform.TryCreate(from, SubjectTransform.Tokenize(to), isStrict: true, out _, out var error))
                return $"failed to create mapping transform for stream import subject from {GoFormat.Quote(from)} to {GoFormat.Quote(to)}: {error}";
            to = SubjectTransform.Untokenize(to).Filter;
        }
        if (node.StreamImports.Any(edge => edge.Exporter == exporter && edge.Theirs == from)) return "stream import already exists";
        node.StreamImports.Add(new Edge(exporter, from, to));
        return null;
    }

    // Why a service cannot be imported; null after it was.
    private static string? FindServiceFault(Node node, Node exporter, ImportOptions import)
    {
        var ours = import.To.Length > 0 ? import.To : import.Subject;
        var theirs = import.Subject;
        if (!Subject.IsValid(Bytes(ours)) || !Subject.IsValid(Bytes(theirs))) return InvalidSubject;
        if (!IsAllowed(exporter.ServiceExports, theirs, node.Name)) return "service import not authorized";
        var isMapped = Subject.HasWildcard(Bytes(theirs)) && theirs != ours;
        if (FindCircle(ExportKind.Service, exporter, isMapped ? SubjectTransform.Untokenize(ours).Filter : ours, [node.Name]) is { } circle) return circle;
        if (node.ServiceImports.Find(edge => edge.Exporter == exporter && edge.Ours == ours) is { } earlier)
        {
            return $"duplicate service import subject {GoFormat.Quote(ours)}, previously used in import for account {GoFormat.Quote(exporter.Name)}, " +
                $"subject {GoFormat.Quote(earlier.Theirs)}";
        }
        if (isMapped)
        {
            theirs = SubjectTransform.Untokenize(theirs).Filter;
            if (!SubjectTransform.TryCreate(theirs, SubjectTransform.Tokenize(ours), isStrict: true, out _, out var error))
                return $"failed to create mapping transform for service import subject from {GoFormat.Quote(ours)} to {GoFormat.Quote(theirs)}: {error}";
            ours = SubjectTransform.Untokenize(ours).Filter;
        }
        node.ServiceImports.Add(new Edge(exporter, theirs, ours));
        return null;
    }

    private static bool IsAllowed(OrderedDictionary<string, ExportOptions> exports, string subject, string importer)
    {
        if (FindExport(exports, subject, out var isExact) is not { } export) return false;
        if (export.AccountTokenPosition > 0)
        {
            // The token must be there to compare: an import of the very pattern of the export names nobody.
            var tokens = subject.Split('.');
            return !isExact && export.AccountTokenPosition <= tokens.Length && tokens[export.AccountTokenPosition - 1] == importer;
        }
        return export.Accounts is null || export.Accounts.Contains(importer, StringComparer.Ordinal);
    }

    private static ExportOptions? FindExport(OrderedDictionary<string, ExportOptions> exports, string subject, out bool isExact)
    {
        isExact = exports.TryGetValue(subject, out var export);
        return export ?? exports.Values.FirstOrDefault(candidate => IsSubset(subject, candidate.Subject));
    }

    /// <summary>
    /// Follows a subject from an account to those that it imports the subject from. Like the reference, accounts seen on one branch count as seen on
    /// the next ones, so that two ways to the same account are taken for a circle too.
    /// </summary>
    private static string? FindCircle(ExportKind kind, Node node, string subject, HashSet<string> visited)
    {
        const int maxAccounts = 1024;
        if (visited.Count >= maxAccounts) return "search cycle depth exhausted";
        var isStream = kind == ExportKind.Stream;
        if (isStream && !node.StreamExports.Keys.Any(exported => IsSubset(subject, exported))) return null;
        foreach (var edge in isStream ? node.StreamImports : node.ServiceImports)
        {
            // A stream's subject is compared as it arrives here, a service's as it leaves.
            if (!Subject.Collide(Bytes(subject), Bytes(isStream ? edge.Ours : edge.Theirs))) continue;
            if (visited.Contains(edge.Exporter.Name)) return "import forms a cycle";
            visited.Add(node.Name);
            if (FindCircle(kind, edge.Exporter, IsSubset(edge.Ours, subject) ? edge.Ours : subject, visited) is { } circle) return circle;
        }
        return null;
    }

    private static bool IsSubset(string subject, string filter) => Subject.IsSubset(Bytes(subject), Bytes(filter));

    private static byte[] Bytes(string subject) => Encoding.UTF8.GetBytes(subject);

    /// <summary>An accepted import.</summary>
    private sealed record Edge(Node Exporter, string Theirs, string Ours);

    /// <summary>An account and what it accepted so far.</summary>
    private sealed class Node(string name)
    {
        public string Name { get; } = name;
        public OrderedDictionary<string, ExportOptions> StreamExports { get; } = new(StringComparer.Ordinal);
        public OrderedDictionary<string, ExportOptions> ServiceExports { get; } = new(StringComparer.Ordinal);
        public List<Edge> StreamImports { get; } = [];
        public List<Edge> ServiceImports { get; } = [];
        public IEnumerable<ExportOptions> Exports => StreamExports.Values.Concat(ServiceExports.Values);
    }
}
