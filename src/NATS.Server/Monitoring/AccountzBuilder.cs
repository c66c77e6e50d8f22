using System.Text;
using System.Text.Json;
using NATS.Server.Accounts;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Subjects;
using NATS.Server.Delivery;
using NATS.Server.Options;
using ExportKind = NATS.Server.Options.ExportKind;

namespace NATS.Server.Monitoring;

/// <summary>Lists accounts, or describes one, into an <see cref="Accountz"/>. Pure over <see cref="IMonitoredServer"/>, thread-safe.</summary>
internal static class AccountzBuilder
{
    private const long MaxUnixSeconds = 253_402_300_799;

    /// <summary>Builds what <paramref name="options"/> ask for.</summary>
    /// <returns>Null when there is no such account, see <see cref="NotFound"/>.</returns>
    public static Accountz? Build(AccountzOptions options, IMonitoredServer server, DateTimeOffset now)
    {
        ServerSnapshot snapshot = server.SnapshotServer();
        var accountz = new Accountz { ServerId = snapshot.ServerId, Now = now, SystemAccount = OrNull(snapshot.SystemAccount) };
        if (options.Account.Length == 0) return accountz with { Accounts = [.. server.ListAccounts().Order(StringComparer.Ordinal)] };
        return server.SnapshotAccount(options.Account) is { } account ? accountz with { AccountDetail = Describe(account) } : null;
    }

    /// <summary>What is said of an account that does not exist.</summary>
    public static string NotFound(string account) => $"Account {account} does not exist";

    private static AccountInfo Describe(AccountDetailSnapshot account) => new()
    {
        AccountName = account.Name,
        UpdateTime = account.UpdatedAt,
        IsSystem = account.IsSystem,
        Expired = account.IsExpired,
        Complete = !account.IsIncomplete,
        JetStreamEnabled = account.HasJetStream,
        LeafnodeConnections = account.LeafNodes,
        ClientConnections = account.Clients,
        Subscriptions = account.Sublist.Subscriptions,
        Mappings = Mappings(account.Model.Mappings),
        Exports = account.Exports.Count == 0 ? null : [.. account.Exports.OrderBy(static export => export.Kind == ExportKind.Stream).Select(export => Describe(export, account.Claims))],
        Imports = Imports(account),
        Jwt = OrNull(account.Token),
        IssuerKey = OrNull(account.Claims?.Issuer ?? ""),
        NameTag = OrNull(account.DisplayName),
        Tags = account.Claims is { Tags.Count: > 0 } tagged ? tagged.Tags : null,
        DecodedJwt = account.Claims is { } claims ? Parse(ClaimWriter.Write(claims)) : null,
        ValidationResultJwt = account.Issues.Count == 0 ? null : [.. account.Issues.Select(Describe)],
        RevokedUser = account.Claims is { } revoking ? Times(revoking.Revocations) : null,
        SublistStats = Statistics(account.Sublist),
        Responses = account.Responses.Count == 0 ? null : Responses(account.Responses),
    };

    /// <summary>A subscription index as monitoring shows it.</summary>
    public static SublistStatistics Statistics(in SublistSnapshot sublist) => new()
    {
        NumSubscriptions = sublist.Subscriptions,
        NumCache = sublist.CachedSubjects,
        NumInserts = sublist.Inserts,
        NumRemoves = sublist.Removes,
        NumMatches = sublist.Matches,
        CacheHitRate = sublist.Matches == 0 ? 0 : (double)sublist.CacheHits / sublist.Matches,
        MaxFanout = sublist.MaxFanout,
        AvgFanout = sublist.CachedSubjects == 0 ? 0 : (double)sublist.TotalFanout / sublist.CachedSubjects,
    };

    private static SortedDictionary<string, IReadOnlyList<AccountMapping>>? Mappings(SubjectMappings? mappings)
    {
        if (mappings is null || mappings.IsEmpty) return null;
        var bySource = new SortedDictionary<string, IReadOnlyList<AccountMapping>>(StringComparer.Ordinal);
        foreach (SubjectMapping mapping in mappings.All)
        {
            List<AccountMapping> destinations = [];
            foreach (IGrouping<string?, MappingDestination> cluster in mapping.Destinations.GroupBy(static destination => destination.Cluster, StringComparer.Ordinal))
            {
                // The reference keeps sums, with which chance is compared.
                int sum = 0;
                foreach (MappingDestination destination in cluster.OrderBy(static destination => destination.Weight))
                {
                    sum += destination.Weight;
                    destinations.Add(new AccountMapping { Subject = destination.Subject, Weight = sum, Cluster = destination.Cluster });
                }
            }

            bySource[mapping.Source] = destinations;
        }

        return bySource;
    }

    private static AccountExport Describe(ExportOptions export, AccountClaims? claims)
    {
        bool isService = export.Kind == ExportKind.Service;
        ClaimExport? claimed = claims?.Exports.FirstOrDefault(each => each.Subject == export.Subject && (each.Kind == Core.Jwt.ExportKind.Service) == isService);
        return new AccountExport
        {
            Subject = export.Subject,
            Type = Word(export.Kind),
            TokenReq = export.Accounts is { Count: 0 },
            ResponseType = isService ? export.ResponseType.ToString() : null,
            ServiceLatency = Latency(export.Latency),
            ApprovedAccounts = export.Accounts is { Count: > 0 } approved ? [.. approved.Order(StringComparer.Ordinal)] : null,
            RevokedActivations = claimed is null ? null : Times(claimed.Revocations),
        };
    }

    private static AccountImport[]? Imports(AccountDetailSnapshot account)
    {
        AccountImport[] imports =
        [
            .. account.Model.StreamImports.Select(static import => new AccountImport
            {
                Subject = import.Declared.Subject,
                Account = import.Exporter.Name,
                LocalSubject = Text(import.To),
                Type = Word(ExportKind.Stream),
                Invalid = false,
                Share = false,
                Tracking = false,
            }),
            .. account.ServiceImports.Select(static import => new AccountImport
            {
                Subject = Text(import.To),
                Account = import.Exporter.Name,
                To = Text(import.From),
                LocalSubject = Text(import.From),
                Type = Word(ExportKind.Service),
                Invalid = false,
                Share = import.Declared.Share,
                Tracking = false,
                Latency = Latency(import.Export.Latency),
            }),
        ];
        return imports.Length == 0 ? null : imports;
    }

    private static SortedDictionary<string, AccountResponse> Responses(IReadOnlyList<WaitingRequest> waiting)
    {
        var bySubject = new SortedDictionary<string, AccountResponse>(StringComparer.Ordinal);
        foreach (WaitingRequest request in waiting)
        {
            bySubject[request.Subject] = new AccountResponse
            {
                Subject = request.Reply,
                Account = request.Requester,
                To = request.Subject,
                LocalSubject = request.Subject,
                Invalid = false,
                Share = request.IsShared,
                Tracking = request.IsMeasured,
                TrackingHeader = request.HeaderJson is { } header ? Parse(header) : null,
                Latency = request.IsMeasured ? Latency(request.Latency) : null,
            };
        }

        return bySubject;
    }

    private static AccountIssue Describe(ClaimIssue issue) => new() { Description = issue.Text, Blocking = issue.IsBlocking, TimeCheck = issue.IsTimeCheck };

    private static AccountLatency? Latency(ServiceLatencyOptions? latency) => latency is null ? null : new AccountLatency { Sampling = latency.Sampling, Results = latency.Subject };

    private static SortedDictionary<string, DateTimeOffset>? Times(RevocationList revocations)
    {
        if (revocations.Entries.Count == 0) return null;
        var times = new SortedDictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        foreach ((string key, long seconds) in revocations.Entries) times[key] = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, 0, MaxUnixSeconds));
        return times;
    }

    private static JsonElement Parse(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    private static string Word(ExportKind kind) => kind == ExportKind.Stream ? "stream" : "service";

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static string? OrNull(string text) => text.Length == 0 ? null : text;
}
