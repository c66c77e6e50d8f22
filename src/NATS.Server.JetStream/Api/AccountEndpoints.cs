using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Engine;

namespace NATS.Server.JetStream.Api;

/// <summary>By the account's executor. What an account uses.</summary>
internal static class AccountEndpoints
{
    public static void Info(ApiCall call)
    {
        if (!call.TryBegin(out JetStreamAccount? account)) return;
        call.Answer(Describe(account));
    }

    /// <summary>What an account uses and may use. Any thread.</summary>
    public static AccountInfo Describe(JetStreamAccount account)
    {
        IReadOnlyList<Stream> streams = account.Streams;
        AccountTiers tiers = account.Tiers;
        AccountLimits? all = tiers.ByName.GetValueOrDefault("");
        IReadOnlyList<OfflineStream> offline = account.OfflineStreams;
        AccountUsage usage = UsageOf(streams, all ?? AccountUsage.NoLimits, isTier: false);
        return new AccountInfo
        {
            Usage = usage with { Streams = usage.Streams + offline.Count, Consumers = usage.Consumers + offline.Sum(static stream => stream.Consumers.Count) },
            Domain = account.Domain,
            ApiTotal = (ulong)account.Api.Total,
            ApiErrors = (ulong)account.Api.Errors,
            Tiers = all is not null ? [] : [.. tiers.ByName.OrderBy(static tier => tier.Key, StringComparer.Ordinal).Select(tier => KeyValuePair.Create(tier.Key, TierOf(streams, tier.Key, tier.Value)))],
        };
    }

    private static AccountUsage TierOf(IReadOnlyList<Stream> streams, string tier, AccountLimits limits) =>
        UsageOf([.. streams.Where(stream => AccountTiers.NameOf(stream.Config.Replicas) == tier)], limits, isTier: true);

    private static AccountUsage UsageOf(IReadOnlyList<Stream> streams, AccountLimits limits, bool isTier) => new()
    {
        Memory = Sum(streams, StorageType.Memory, static stream => (long)stream.Store.State.Bytes),
        Storage = Sum(streams, StorageType.File, static stream => (long)stream.Store.State.Bytes),
        ReservedMemory = Sum(streams, StorageType.Memory, stream => Reserved(stream, isTier)),
        ReservedStorage = Sum(streams, StorageType.File, stream => Reserved(stream, isTier)),
        Streams = streams.Count,
        Consumers = streams.Sum(static stream => stream.PublicConsumers),
        Limits = limits,
    };

    private static long Reserved(Stream stream, bool isTier) => StorageReservation.Of(isTier ? AccountTiers.NameOf(stream.Config.Replicas) : "", stream.Config.Replicas, stream.Config.MaxBytes);

    private static ulong Sum(IReadOnlyList<Stream> streams, StorageType storage, Func<Stream, long> bytes) =>
        (ulong)streams.Where(stream => stream.Config.Storage == storage).Aggregate(0L, (sum, stream) => StorageReservation.Add(sum, Math.Max(0, bytes(stream))));
}
