using NATS.Server.Core.Config;

namespace NATS.Server.Core.Jwt;

public sealed partial class ClaimValidator
{
    private static void CheckImports(AccountClaims account, ClaimIssues issues)
    {
        if (account.Imports.Count > MaxListed)
        {
            issues.Error($"more than {MaxListed} imports");
            return;
        }

        var taken = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (ClaimImport import in account.Imports)
        {
            if (import.Kind == ExportKind.Service) CheckOverlap(import, taken, issues);
            CheckImport(import, account.Subject, issues);
        }
    }

    private static void CheckOverlap(ClaimImport import, Dictionary<string, HashSet<string>> taken, ClaimIssues issues)
    {
        string local = import.To.Length > 0 ? import.To : ClaimSubject.WithWildcards(import.LocalSubject);
        if (local.Length == 0) local = import.Subject;
        if (!taken.TryGetValue(import.Account, out HashSet<string>? others)) taken[import.Account] = others = new HashSet<string>(StringComparer.Ordinal);
        foreach (string other in others)
        {
            if (ClaimSubject.IsContainedIn(local, other) || ClaimSubject.IsContainedIn(other, local))
            {
                issues.Error($"overlapping subject namespace for {GoFormat.Quote(local)} and {GoFormat.Quote(other)} in same account {GoFormat.Quote(import.Account)}");
            }
        }

        if (!others.Add(local)) issues.Error($"overlapping subject namespace for {GoFormat.Quote(local)} in account {GoFormat.Quote(import.Account)}");
    }

    private static void CheckImport(ClaimImport import, string account, ClaimIssues issues)
    {
        bool isService = import.Kind == ExportKind.Service;
        if (import.Kind == ExportKind.Unknown) issues.Error("invalid import type: \"unknown\"");
        if (isService && import.AllowTrace) issues.Error("AllowTrace only valid for stream import");
        if (import.Account.Length == 0) issues.Error("account to import from is not specified");
        if (import.To.Length > 0) issues.Warning("the field to has been deprecated (use LocalSubject instead)");
        CheckSubject(import.Subject, issues);
        if (import.LocalSubject.Length > 0)
        {
            CheckLocalSubject(import.LocalSubject, import.Subject, issues);
            if (import.To.Length > 0) issues.Error("Local Subject replaces To");
        }

        if (import.Share && !isService)
        {
            issues.Error("sharing information (for latency tracking) is only valid for services: " + GoFormat.Quote(import.Subject));
        }

        if (import.Token.Length > 0) CheckImportToken(import, account, issues);
    }

    // The token must have been given to this account, by the exporter, for this subject: anything else would let an account import what it likes.
    private static void CheckImportToken(ClaimImport import, string account, ClaimIssues issues)
    {
        string quoted = GoFormat.Quote(import.Subject);
        if (!JwtToken.TryDecode(import.Token, out ActivationClaims? activation, out _))
        {
            issues.Error($"import {quoted} contains an invalid activation token");
            return;
        }

        if (activation.Issuer != import.Account && activation.IssuerAccount != import.Account)
        {
            issues.Error($"activation token doesn't match account for import {quoted}");
        }

        if (activation.Subject != account) issues.Error($"activation token doesn't match account it is being included in, {quoted}");
        if (activation.ImportKind != import.Kind)
        {
            issues.Error($"mismatch between token import type {NameOf(activation.ImportKind)} and type of import {NameOf(import.Kind)}");
        }

        CheckActivation(activation, issues);
        string subject = import.Kind == ExportKind.Service && import.To.Length > 0 ? import.To : import.Subject;
        if (!ClaimSubject.IsContainedIn(subject, activation.ImportSubject))
        {
            issues.Error($"activation token import subject {GoFormat.Quote(activation.ImportSubject)} doesn't match import {quoted}");
        }
    }

    private static void CheckLocalSubject(string local, string subject, ClaimIssues issues)
    {
        CheckSubject(local, issues);
        if (subject.Length == 0) issues.Error("subject cannot be empty");
        if (local.Contains(' ')) issues.Error($"subject {GoFormat.Quote(local)} cannot have spaces");
        if (ClaimSubject.EndsInFullWildcard(local) != ClaimSubject.EndsInFullWildcard(subject))
        {
            issues.Error("both, renaming subject and subject, need to end or not end in >");
        }

        int wildcards = subject.Split('.').Count(static token => token == "*");
        int used = 0;
        foreach (string token in local.Split('.'))
        {
            if (token == "*") used++;
            if (!ClaimSubject.IsReference(token, out long index)) continue;
            if (index > wildcards)
            {
                issues.Error($"Reference ${index} in {GoFormat.Quote(local)} reference * in {GoFormat.Quote(subject)} that do not exist");
            }
            else
            {
                used++;
            }
        }

        if (used != wildcards) issues.Error("subject does not contain enough * or reference wildcards $[0-9]");
    }

    private static string NameOf(ExportKind kind) => kind switch
    {
        ExportKind.Stream => "stream",
        ExportKind.Service => "service",
        _ => "unknown",
    };
}
