using NATS.Server.Core.Config;
using NATS.Server.Core.Security;

namespace NATS.Server.Core.Jwt;

public sealed partial class ClaimValidator
{
    // Overlaps are looked for between all pairs; the table of pairs of a longer list would take longer than a login may.
    private const int MaxListed = 4096;

    private static void CheckExports(IReadOnlyList<ClaimExport> exports, ClaimIssues issues)
    {
        foreach (ClaimExport export in exports) CheckExport(export, issues);
        CheckContained(exports, ExportKind.Service, issues);
        CheckContained(exports, ExportKind.Stream, issues);
    }

    private static void CheckExport(ClaimExport export, ClaimIssues issues)
    {
        bool isService = export.Kind == ExportKind.Service;
        if (export.Kind == ExportKind.Unknown) issues.Error("invalid export type: \"unknown\"");
        if (isService && export.ResponseType is not ("" or ClaimExport.SingletonResponse or ClaimExport.StreamResponse or ClaimExport.ChunkedResponse))
        {
            issues.Error("invalid response type for service: " + GoFormat.Quote(export.ResponseType));
        }

        if (export.Kind == ExportKind.Stream)
        {
            if (export.ResponseType.Length > 0) issues.Error("invalid response type for stream: " + GoFormat.Quote(export.ResponseType));
            if (export.AllowTrace) issues.Error("AllowTrace only valid for service export");
        }

        if (export.Latency is { } latency)
        {
            if (!isService) issues.Error("latency tracking only permitted for services");
            if (latency.Sampling is < 0 or > 100) issues.Error("sampling percentage needs to be between 1-100");
            CheckSubject(latency.Results, issues);
            if (ClaimSubject.HasWildcards(latency.Results)) issues.Error("results subject can not contain wildcards");
        }

        if (export.ResponseThresholdNs < 0) issues.Error("negative response threshold is invalid");
        if (export.ResponseThresholdNs > 0 && !isService) issues.Error("response threshold only valid for services");
        CheckSubject(export.Subject, issues);
        CheckTokenPosition(export, issues);
        CheckInfo(export.Description, export.InfoUrl, issues);
    }

    private static void CheckTokenPosition(ClaimExport export, ClaimIssues issues)
    {
        ulong position = export.AccountTokenPosition;
        if (position == 0) return;
        if (!ClaimSubject.HasWildcards(export.Subject))
        {
            issues.Error("Account Token Position can only be used with wildcard subjects: " + export.Subject);
            return;
        }

        string[] tokens = export.Subject.Split('.');
        if (position > (ulong)tokens.Length)
        {
            issues.Error($"Account Token Position {position} exceeds length of subject '{export.Subject}'");
        }
        else if (tokens[position - 1] != "*")
        {
            issues.Error($"Account Token Position {position} matches '{tokens[position - 1]}' but must match a * in: {export.Subject}");
        }
    }

    private static void CheckContained(IReadOnlyList<ClaimExport> exports, ExportKind kind, ClaimIssues issues)
    {
        // What is not a service counts as a stream, as in the reference.
        List<string> subjects = [.. exports.Where(export => (export.Kind == ExportKind.Service) == (kind == ExportKind.Service)).Select(static export => export.Subject)];
        if (subjects.Count > MaxListed)
        {
            issues.Error($"more than {MaxListed} exports of one kind");
            return;
        }

        string name = kind == ExportKind.Service ? "service" : "stream";
        var found = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < subjects.Count; i++)
        {
            for (int j = 0; j < subjects.Count; j++)
            {
                if (i == j || !ClaimSubject.IsContainedIn(subjects[i], subjects[j]) || !found.Add(subjects[j])) continue;
                issues.Error($"{name} export subject {GoFormat.Quote(subjects[j])} already exports {GoFormat.Quote(subjects[i])}");
            }
        }
    }

    private static void CheckMappings(AccountClaims account, ClaimIssues issues)
    {
        foreach ((string source, IReadOnlyList<WeightedDestination> destinations) in account.Mappings)
        {
            CheckSubject(source, issues);
            var totals = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (WeightedDestination destination in destinations)
            {
                CheckSubject(destination.Subject, issues);
                int weight = destination.EffectiveWeight;
                if (weight > 100) issues.Error($"Mapping {GoFormat.Quote(source)} has a weight {weight} that exceeds 100");
                int total = totals.GetValueOrDefault(destination.Cluster) + weight;
                totals[destination.Cluster] = total;
                if (destination.Cluster.Length > 0 && total > 100)
                {
                    issues.Error($"Mapping {GoFormat.Quote(source)} in cluster {GoFormat.Quote(destination.Cluster)} exceeds 100% among all of it's weighted to mappings");
                }
            }

            if (totals.GetValueOrDefault("") > 100) issues.Error($"Mapping {GoFormat.Quote(source)} exceeds 100% among all of it's weighted to mappings");
        }
    }

    private static void CheckAuthorization(ExternalAuthorization authorization, ClaimIssues issues)
    {
        if (authorization.AllowedAccounts.Count > 0 && authorization.AuthUsers.Count == 0)
        {
            issues.Error("External authorization cannot have accounts without users specified");
        }

        foreach (string user in authorization.AuthUsers)
        {
            if (!Nkey.IsValid(user, NkeyRole.User)) issues.Error($"AuthUser {GoFormat.Quote(user)} is not a valid user public key");
        }

        foreach (string account in authorization.AllowedAccounts)
        {
            if (account == ExternalAuthorization.AnyAccount)
            {
                if (authorization.AllowedAccounts.Count > 1) issues.Error("AllowedAccounts can only be a list of accounts or \"*\"");
            }
            else if (!Nkey.IsValid(account, NkeyRole.Account))
            {
                issues.Error($"Account {GoFormat.Quote(account)} is not a valid account public key");
            }
        }

        if (authorization.XKey.Length > 0 && !Nkey.IsValid(authorization.XKey, NkeyRole.Curve)) issues.Error($"XKey {GoFormat.Quote(authorization.XKey)} is not a valid public xkey");
    }

    private static void CheckTrace(TraceDestination trace, ClaimIssues issues)
    {
        if (SubjectProblems(trace.Destination) is { } problems) issues.Error("the account Trace.Destination " + problems[0]);
        if (ClaimSubject.HasWildcards(trace.Destination))
        {
            issues.Error($"the account Trace.Destination subject {GoFormat.Quote(trace.Destination)} is not a valid publish subject");
        }

        if (trace.Sampling is < 0 or > 100) issues.Error($"the account Trace.Sampling value '{trace.Sampling}' is not valid, should be in the range [1..100]");
    }

    private static void CheckAccount(AccountClaims account, ClaimIssues issues)
    {
        CheckImports(account, issues);
        CheckExports(account.Exports, issues);
        AccountLimits limits = account.Limits;
        if (limits.Tiers.Count > 0 && limits.JetStream != JetStreamLimits.None) issues.Error("JetStream Limits and tiered JetStream Limits are mutually exclusive");
        if (limits.Tiers.ContainsKey("")) issues.Error("Tiered JetStream Limits can not contain a blank \"\" tier name");
        CheckPermissions(account.DefaultPermissions, issues);
        CheckMappings(account, issues);
        CheckAuthorization(account.Authorization, issues);
        if (account.Trace is { } trace) CheckTrace(trace, issues);
        CheckCounts(account, issues);
        foreach ((string key, SigningKeyScope? scope) in account.SigningKeys)
        {
            if (Nkey.IsValid(key, NkeyRole.Account)) continue;
            issues.Error(scope is null ? $"{GoFormat.Quote(key)} is not a valid account signing key" : key + " is not an account public key");
        }

        CheckInfo(account.Description, account.InfoUrl, issues);
        if (account.ClusterTraffic is not ("" or "system" or "owner")) issues.Error("unknown cluster traffic option: " + GoFormat.Quote(account.ClusterTraffic));
        if (Nkey.IsValid(account.Issuer, NkeyRole.Account) && !limits.IsEmpty) issues.Warning("self-signed account JWTs shouldn't contain operator limits");
    }

    private static void CheckCounts(AccountClaims account, ClaimIssues issues)
    {
        const string TooManyImports = "the account contains more imports than allowed by the operator";
        AccountLimits limits = account.Limits;
        if (!limits.IsEmpty && limits.Imports >= 0 && account.Imports.Count > limits.Imports) issues.Error(TooManyImports);
        if (limits.Imports != AccountLimits.Unlimited && account.Imports.Count > limits.Imports) issues.Error(TooManyImports);
        if (limits.Exports == AccountLimits.Unlimited) return;
        if (account.Exports.Count > limits.Exports) issues.Error("the account contains more exports than allowed by the operator");
        if (limits.WildcardExports) return;
        foreach (ClaimExport export in account.Exports)
        {
            if (ClaimSubject.HasWildcards(export.Subject)) issues.Error("the account contains wildcard exports that are not allowed by the operator");
        }
    }
}
