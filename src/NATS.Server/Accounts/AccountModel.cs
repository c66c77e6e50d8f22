using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.Subjects;
using NATS.Server.Options;
using NATS.Server.Tracing;

namespace NATS.Server.Accounts;

/// <summary>
/// What an account is at one moment: what was declared of it, by configuration or by its JWT, with its imports resolved. Immutable; an account has one
/// behind a volatile reference, and a change replaces it as a whole. Made by <see cref="AccountLinker"/>.
/// </summary>
internal sealed record AccountModel
{
    public static AccountModel Empty { get; } = new() { Declared = new AccountOptions { Name = "" } };

    /// <summary>As declared, exports included. Of its imports only those count that were accepted: <see cref="StreamImports"/>, <see cref="ServiceImports"/>.</summary>
    public required AccountOptions Declared { get; init; }

    public IReadOnlyList<StreamImport> StreamImports { get; init; } = [];

    public IReadOnlyList<ServiceImport> ServiceImports { get; init; } = [];

    /// <summary>Applied to what clients publish; null without any.</summary>
    public SubjectMappings? Mappings { get; init; }

    public AccountLimitsOptions Limits => Declared.Limits;

    /// <summary>What the account may use of JetStream; null: nothing, it is not enabled.</summary>
    public AccountTiers? JetStream => Declared.JetStream;

    /// <summary>Where traces go that an application's own trace asks for; null: nowhere.</summary>
    public TraceTarget? TraceTarget => Declared.TraceDestination.Length == 0 ? null : new TraceTarget(Declared.TraceDestination, Declared.TraceSampling);

    public IReadOnlyList<ExportOptions> Exports => Declared.Exports;

    /// <summary>The export that an import of this subject uses: the one of the very subject, or else the first that covers it. Null when there is none.</summary>
    public ExportOptions? FindExport(ExportKind kind, string subject)
    {
        ExportOptions? covering = null;
        byte[]? bytes = null;
        foreach (ExportOptions export in Exports)
        {
            if (export.Kind != kind) continue;
            if (export.Subject == subject) return export;
            bytes ??= System.Text.Encoding.UTF8.GetBytes(subject);
            if (covering is null && Subject.IsSubset(bytes, System.Text.Encoding.UTF8.GetBytes(export.Subject))) covering = export;
        }

        return covering;
    }
}
