using System.Text;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Subjects;
using NATS.Server.Options;
using AccountLimits = NATS.Server.Core.Jwt.AccountLimits;
using ExportKind = NATS.Server.Options.ExportKind;

namespace NATS.Server.OperatorMode;

/// <summary>Says of an account what its token says, in the words of a configuration. Pure.</summary>
internal static class DeclaredAccount
{
    /// <summary>The account; entries that the server could not use are left out.</summary>
    /// <param name="claims">Validated.</param>
    /// <param name="imports">Which import of the claims each declared one was made of.</param>
    /// <param name="report">Told of what is left out.</param>
    public static AccountOptions From(AccountClaims claims, out IReadOnlyDictionary<ImportOptions, ClaimImport> imports, Action<string> report)
    {
        var byOptions = new Dictionary<ImportOptions, ClaimImport>();
        foreach (ClaimImport import in claims.Imports) byOptions.TryAdd(ImportOf(import), import);
        imports = byOptions;
        bool isTraced = claims.Trace is { } trace && Subject.IsValidPublish(Encoding.UTF8.GetBytes(trace.Destination));
        return new AccountOptions
        {
            Name = claims.Subject,
            DisplayName = claims.Name,
            Nkey = claims.Subject,
            DefaultPermissions = Permissions(claims.DefaultPermissions),
            Exports = Exports(claims, report),
            Imports = [.. byOptions.Keys],
            Mappings = [.. Mappings(claims, report)],
            Limits = Limits(claims.Limits),
            JetStream = JetStream(claims.Limits),
            ClusterTraffic = claims.ClusterTraffic == "owner" ? ClusterTraffic.Owner : ClusterTraffic.System,
            TraceDestination = isTraced ? claims.Trace!.Destination : "",
            TraceSampling = isTraced ? SamplingOf(claims.Trace!.Sampling) : 0,
        };
    }

    /// <summary>Permissions in the words of a configuration; null when the token says nothing.</summary>
    public static PermissionsOptions? Permissions(ClaimPermissions permissions)
    {
        if (permissions.IsEmpty) return null;
        return new PermissionsOptions
        {
            Publish = List(permissions.Publish, permissions.Responses is not null),
            Subscribe = List(permissions.Subscribe, isClosed: false),
            AllowResponses = permissions.Responses is { } responses
                ? new ResponsePermissionOptions(
                    responses.MaxMessages == 0 ? DefaultResponses : (int)Math.Clamp(responses.MaxMessages, -1, int.MaxValue),
                    responses.ExpiresNs == 0 ? DefaultResponseTime : TimeSpan.FromTicks(responses.ExpiresNs < 0 ? -1 : responses.ExpiresNs / TimeSpan.NanosecondsPerTick))
                : null,
        };

        // Whoever may answer may publish nothing else unless it is allowed.
        static SubjectPermissionOptions? List(PermissionList list, bool isClosed)
        {
            if (list.IsEmpty && !isClosed) return null;
            return new SubjectPermissionOptions
            {
                Allow = list.Allow.Count > 0 ? list.Allow : isClosed ? [] : null,
                Deny = list.Deny.Count > 0 ? list.Deny : null,
            };
        }
    }

    /// <summary>A limit of a token: the server counts in 32 bits, and all that is negative is unlimited.</summary>
    public static long Limit(long value) => Math.Clamp(value, AccountLimits.Unlimited, int.MaxValue);

    private const int DefaultResponses = 1;
    private static readonly TimeSpan DefaultResponseTime = TimeSpan.FromMinutes(2);

    private static int SamplingOf(long sampling) => sampling is <= 0 or > 100 ? 100 : (int)sampling;

    private static AccountLimitsOptions Limits(AccountLimits limits) => new()
    {
        MaxConnections = Limit(limits.Connections),
        MaxSubscriptions = Limit(limits.Subscriptions),
        MaxPayload = Limit(limits.Payload),
        MaxLeafNodes = Limit(limits.LeafNodeConnections),
    };

    private static AccountTiers? JetStream(AccountLimits limits)
    {
        if (!limits.IsJetStreamEnabled) return null;
        return limits.JetStream.HasStorage
            ? new AccountTiers(Tier(limits.JetStream))
            : new AccountTiers(limits.Tiers.ToDictionary(static tier => tier.Key, static tier => Tier(tier.Value), StringComparer.Ordinal));

        static Core.JetStream.Limits.AccountLimits Tier(JetStreamLimits tier) => new()
        {
            MaxMemory = tier.MemoryStorage,
            MaxStorage = tier.DiskStorage,
            MaxStreams = tier.Streams,
            MaxConsumers = tier.Consumers,
            MaxAckPending = OrUnlimited(tier.MaxAckPending),
            MaxMemoryStreamBytes = OrUnlimited(tier.MemoryMaxStreamBytes),
            MaxStorageStreamBytes = OrUnlimited(tier.DiskMaxStreamBytes),
            IsMaxBytesRequired = tier.MaxBytesRequired,
        };

        static long OrUnlimited(long value) => value > 0 ? value : AccountLimits.Unlimited;
    }

    private static List<ExportOptions> Exports(AccountClaims claims, Action<string> report)
    {
        var exports = new List<ExportOptions>(claims.Exports.Count);
        foreach (ClaimExport export in claims.Exports)
        {
            bool isService = export.Kind == Core.Jwt.ExportKind.Service;
            if (!Subject.IsValid(Encoding.UTF8.GetBytes(export.Subject)))
            {
                report($"Error adding {(isService ? "service" : "stream")} export to account [{claims.Subject}]: invalid subject");
                continue;
            }

            exports.Add(new ExportOptions(isService ? ExportKind.Service : ExportKind.Stream, export.Subject)
            {
                Accounts = export.TokenRequired ? [] : null,
                AccountTokenPosition = (int)Math.Min(export.AccountTokenPosition, int.MaxValue),
                ResponseType = export.ResponseType switch
                {
                    ClaimExport.StreamResponse => ServiceResponseType.Streamed,
                    ClaimExport.ChunkedResponse => ServiceResponseType.Chunked,
                    _ => ServiceResponseType.Singleton,
                },
                ResponseThreshold = TimeSpan.FromTicks(export.ResponseThresholdNs / TimeSpan.NanosecondsPerTick),
                Latency = isService && export.Latency is { } latency ? new ServiceLatencyOptions((int)latency.Sampling, latency.Results) : null,
                AllowTrace = export.AllowTrace,
            });
        }

        return exports;
    }

    private static ImportOptions ImportOf(ClaimImport import)
    {
        if (import.Kind == Core.Jwt.ExportKind.Stream)
        {
            return new ImportOptions(ExportKind.Stream, import.Account, import.Subject)
            {
                To = import.LocalSubject,
                Prefix = import.LocalSubject.Length > 0 ? "" : import.To,
                AllowTrace = import.AllowTrace,
            };
        }

        // The old form names the subject of the importer first, the new one that of the exporter.
        bool isOld = import.LocalSubject.Length == 0 && import.To.Length > 0;
        return new ImportOptions(ExportKind.Service, import.Account, isOld ? import.To : import.Subject)
        {
            To = isOld ? import.Subject : import.LocalSubject,
            Share = import.Share,
        };
    }

    private static IEnumerable<SubjectMappingOptions> Mappings(AccountClaims claims, Action<string> report)
    {
        foreach ((string source, IReadOnlyList<WeightedDestination> destinations) in claims.Mappings)
        {
            var mapping = new SubjectMappingOptions(
                source, [.. destinations.Select(static destination => new MappingDestinationOptions(destination.Subject, destination.EffectiveWeight, destination.Cluster))]);
            if (SubjectMapping.TryCreate(source, SubjectMappingCheck.Destinations(mapping), out _, out string? error))
            {
                yield return mapping;
            }
            else
            {
                report($"Error adding mapping for {source} to account [{claims.Subject}]: {error}");
            }
        }
    }
}
