using System.Text;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;
using NATS.Server.Options;

namespace NATS.Server.Accounts;

/// <summary>Whether the token that comes with an import allows it.</summary>
/// <param name="exporter">The exporting account.</param>
/// <param name="export">What is asked for; it needs a token.</param>
/// <param name="importer">Name of the importing account.</param>
/// <param name="import">What is imported.</param>
internal delegate bool ActivationCheck(AccountModel exporter, ExportOptions export, string importer, ImportOptions import);

/// <summary>
/// Makes models of what accounts declare: links their imports to the accounts that export, and leaves out those that nobody offers, that are not allowed,
/// or that lead in a circle. One owner.
/// </summary>
/// <param name="find">The models there are; null for an account that does not exist.</param>
/// <param name="identify">The account of a name.</param>
/// <param name="isActivated">Judges the tokens of exports that need one; null: no token is good.</param>
internal sealed class AccountLinker(Func<string, AccountModel?> find, Func<string, Account> identify, ActivationCheck? isActivated = null)
{
    private const int MaxAccountsOfCycle = 1024;

    /// <summary>Links accounts that are declared together: exports first, then imports in their order.</summary>
    /// <param name="declared">All accounts.</param>
    /// <param name="identify">The account of a name.</param>
    /// <param name="report">Told of every import that is left out.</param>
    public static IReadOnlyList<AccountModel> LinkAll(IReadOnlyList<AccountOptions> declared, Func<string, Account> identify, Action<string> report)
    {
        Dictionary<string, AccountModel> models = new(StringComparer.Ordinal);
        foreach (AccountOptions account in declared) models[account.Name] = Unlinked(account);
        var linker = new AccountLinker(models.GetValueOrDefault, identify);
        foreach (ExportKind kind in (ReadOnlySpan<ExportKind>)[ExportKind.Stream, ExportKind.Service])
        {
            foreach (AccountOptions account in declared)
            {
                foreach (ImportOptions import in account.Imports)
                {
                    if (import.Kind == kind) models[account.Name] = linker.Add(models[account.Name], import, report);
                }
            }
        }

        return [.. declared.Select(account => models[account.Name])];
    }

    /// <summary>Links one account to others that exist already.</summary>
    /// <param name="declared">The account.</param>
    /// <param name="report">Told of every import that is left out.</param>
    public AccountModel Link(AccountOptions declared, Action<string> report)
    {
        AccountModel model = Unlinked(declared);
        foreach (ImportOptions import in declared.Imports) model = Add(model, import, report);
        return model;
    }

    private static AccountModel Unlinked(AccountOptions declared) =>
        new() { Declared = declared, Mappings = SubjectMappingsFactory.Create(declared.Mappings) };

    private AccountModel Add(AccountModel importer, ImportOptions import, Action<string> report)
    {
        string kind = import.Kind == ExportKind.Stream ? "stream" : "service";
        string? problem;
        AccountModel? exporter = import.Account == importer.Declared.Name ? importer : find(import.Account);
        if (exporter is null)
        {
            report($"{Quote(import.Account)} account not defined for {kind} import");
            return importer;
        }

        if (import.Kind == ExportKind.Stream)
        {
            if (CreateStream(importer, exporter, import, out problem) is { } stream) return importer with { StreamImports = [.. importer.StreamImports, stream] };
        }
        else if (CreateService(importer, exporter, import, out problem) is { } service)
        {
            return importer with { ServiceImports = [.. importer.ServiceImports, service] };
        }

        report($"Error adding {kind} import {Quote(import.Subject)}: {problem}");
        return importer;
    }

    private StreamImport? CreateStream(AccountModel importer, AccountModel exporter, ImportOptions import, out string? problem)
    {
        string from = import.Subject;
        string to = import.To.Length > 0 ? import.To : from;
        if (FindUsableExport(exporter, importer, import) is null)
        {
            problem = "stream import not authorized";
            return null;
        }

        if (import.Prefix.Length > 0)
        {
            if (Subject.HasWildcard(Bytes(import.Prefix)))
            {
                problem = "stream import prefix can not contain wildcard tokens";
                return null;
            }

            to = (import.Prefix.EndsWith('.') ? import.Prefix : import.Prefix + ".") + from;
        }

        problem = FindCycle(exporter, to, [importer.Declared.Name], ExportKind.Stream) ?? FindCycle(exporter, from, [importer.Declared.Name], ExportKind.Stream);
        if (problem is not null) return null;
        SubjectTransform? transform = null;
        if (to != from && Subject.HasWildcard(Bytes(from)))
        {
            if (!SubjectTransform.TryCreate(from, SubjectTransform.Tokenize(to), isStrict: true, out transform, out string? error))
            {
                problem = $"failed to create mapping transform for stream import subject from {Quote(from)} to {Quote(to)}: {error}";
                return null;
            }

            to = SubjectTransform.Untokenize(to).Filter;
        }

        if (!Subject.IsWellFormed(Bytes(to)))
        {
            problem = TransformErrors.BadSubject;
            return null;
        }

        Account account = identify(import.Account);
        if (importer.StreamImports.Any(other => ReferenceEquals(other.Exporter, account) && other.Declared.Subject == from))
        {
            problem = "stream import already exists";
            return null;
        }

        return new StreamImport(import, account, to, transform);
    }

    private ServiceImport? CreateService(AccountModel importer, AccountModel exporter, ImportOptions import, out string? problem)
    {
        string to = import.Subject;
        string from = import.To.Length > 0 ? import.To : to;
        if (!Subject.IsValid(Bytes(from)) || !Subject.IsValid(Bytes(to)))
        {
            problem = TransformErrors.BadSubject;
            return null;
        }

        if (FindUsableExport(exporter, importer, import) is not { } export)
        {
            problem = "service import not authorized";
            return null;
        }

        bool isMapped = from != to && Subject.HasWildcard(Bytes(to));
        problem = FindCycle(exporter, isMapped ? SubjectTransform.Untokenize(from).Filter : from, [importer.Declared.Name], ExportKind.Service);
        if (problem is not null) return null;
        Account account = identify(import.Account);
        if (importer.ServiceImports.FirstOrDefault(other => ReferenceEquals(other.Exporter, account) && Text(other.From) == from) is { } earlier)
        {
            problem = $"duplicate service import subject {Quote(from)}, previously used in import for account {Quote(import.Account)}, subject {Quote(Text(earlier.To))}";
            return null;
        }

        SubjectTransform? transform = null;
        if (isMapped)
        {
            to = SubjectTransform.Untokenize(to).Filter;
            if (!SubjectTransform.TryCreate(to, SubjectTransform.Tokenize(from), isStrict: true, out SubjectTransform? backwards, out string? error))
            {
                problem = $"failed to create mapping transform for service import subject from {Quote(from)} to {Quote(to)}: {error}";
                return null;
            }

            from = SubjectTransform.Untokenize(from).Filter;
            transform = backwards?.Reverse();
        }

        return new ServiceImport(import, account, export, from, to, transform);
    }

    /// <summary>The export that allows an import; null when there is none, or it is for others.</summary>
    private ExportOptions? FindUsableExport(AccountModel exporter, AccountModel importer, ImportOptions import)
    {
        if (!Subject.IsValid(Bytes(import.Subject)) || exporter.FindExport(import.Kind, import.Subject) is not { } export) return null;
        string name = importer.Declared.Name;
        if (export.AccountTokenPosition > 0)
        {
            // Importing the very pattern of the export would say nothing of who imports.
            bool namesImporter = import.Subject != export.Subject
                && Subject.TokenAt(Bytes(import.Subject), export.AccountTokenPosition).SequenceEqual(Bytes(name));
            return namesImporter ? export : null;
        }

        bool isAllowed = export.Accounts switch
        {
            null => true,
            { Count: 0 } => isActivated is not null && isActivated(exporter, export, name, import),
            _ => export.Accounts.Contains(name, StringComparer.Ordinal),
        };
        return isAllowed ? export : null;
    }

    /// <summary>
    /// Follows a subject from an account to those that it imports the subject from. As in the reference, accounts seen on one branch count as seen on the
    /// next, so that two ways to one account are taken for a circle.
    /// </summary>
    private string? FindCycle(AccountModel model, string subject, HashSet<string> visited, ExportKind kind)
    {
        if (visited.Count >= MaxAccountsOfCycle) return "search cycle depth exhausted";
        byte[] bytes = Bytes(subject);
        if (kind == ExportKind.Stream && !model.Exports.Any(export => export.Kind == kind && Subject.IsSubset(bytes, Bytes(export.Subject)))) return null;
        IEnumerable<(string Exporter, byte[] Ours, byte[] Compared)> imports = kind == ExportKind.Stream
            ? model.StreamImports.Select(static import => (import.Exporter.Name, import.To, import.To))
            : model.ServiceImports.Select(static import => (import.Exporter.Name, import.From, import.To));
        foreach ((string exporter, byte[] ours, byte[] compared) in imports)
        {
            if (!Subject.Collide(bytes, compared)) continue;
            if (visited.Contains(exporter)) return "import forms a cycle";
            visited.Add(model.Declared.Name);
            string next = Subject.IsSubset(ours, bytes) ? Text(ours) : subject;
            if (find(exporter) is { } other && FindCycle(other, next, visited, kind) is { } cycle) return cycle;
        }

        return null;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static string Quote(string text) => QuotedText.Quote(text);
}
