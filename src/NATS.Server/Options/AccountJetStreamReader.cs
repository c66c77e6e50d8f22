using NATS.Server.Core.Config;
using NATS.Server.Core.JetStream.Limits;

namespace NATS.Server.Options;

/// <summary>Reads <c>jetstream</c> of an account. Pure.</summary>
internal static class AccountJetStreamReader
{
    private static readonly BlockReader<Block> Keys = new(
    [
        Count("max_memory max_mem mem memory", static (l, v) => l with { MaxMemory = v }),
        Count("max_store max_file max_disk store disk", static (l, v) => l with { MaxStorage = v }),
        Count("max_streams streams", static (l, v) => l with { MaxStreams = v }),
        Count("max_consumers consumers", static (l, v) => l with { MaxConsumers = v }),
        Count("mem_max_stream_bytes memory_max_stream_bytes", static (l, v) => l with { MaxMemoryStreamBytes = v }),
        Count("disk_max_stream_bytes store_max_stream_bytes", static (l, v) => l with { MaxStorageStreamBytes = v }),
        Count("max_ack_pending", static (l, v) => l with { MaxAckPending = v }),
        new("max_bytes_required max_stream_bytes max_bytes", static (block, entry) =>
        {
            if (entry.Content is bool isRequired) return block with { Limits = block.Limits with { IsMaxBytesRequired = isRequired } };
            entry.Fail($"Expected a parseable bool for {GoFormat.Quote(entry.Name)}, got {GoFormat.Value(entry.Content)}");
            return block;
        }),
        new("cluster_traffic", ReadTraffic),
    ]);

    /// <summary>The account with what it may use, or without JetStream.</summary>
    public static AccountOptions Read(AccountOptions account, ConfigEntry entry)
    {
        switch (entry.Content)
        {
            case bool isEnabled:
                return isEnabled ? account with { JetStream = AccountTiers.Unlimited } : account;
            case string text when JetStreamReader.Switch(text) is { } isEnabled:
                return account with { JetStream = isEnabled ? AccountTiers.Unlimited : null };
            case string text:
                entry.Fail($"Expected 'enabled' or 'disabled' for string value, got '{text}'");
                return account;
            case ConfigMap map:
                var block = Keys.Read(map, new Block(new AccountLimits(), account.ClusterTraffic), entry.Diagnostics);
                return account with { JetStream = new AccountTiers(block.Limits), ClusterTraffic = block.Traffic };
            default:
                entry.Fail($"Expected map, bool or string to define JetStream, got {entry.TypeName}");
                return account;
        }
    }

    private static KeyReader<Block> Count(string names, Func<AccountLimits, long, AccountLimits> set) => new(names, (block, entry) =>
    {
        if (entry.Content is long count) return block with { Limits = set(block.Limits, count) };
        entry.Fail($"Expected a parseable size for {GoFormat.Quote(entry.Name)}, got {GoFormat.Value(entry.Content)}");
        return block;
    });

    private static Block ReadTraffic(Block block, ConfigEntry entry)
    {
        switch (entry.Content)
        {
            case "system" or "":
                return block with { Traffic = ClusterTraffic.System };
            case "owner":
                return block with { Traffic = ClusterTraffic.Owner };
            case string text:
                entry.Fail($"Expected 'system' or 'owner' string value for {GoFormat.Quote(entry.Name)}, got {text}");
                return block;
            default:
                entry.Fail($"Expected either 'system' or 'owner' string value for {GoFormat.Quote(entry.Name)}, got {GoFormat.Value(entry.Content)}");
                return block;
        }
    }

    /// <summary>What the block says.</summary>
    private readonly record struct Block(AccountLimits Limits, ClusterTraffic Traffic);
}
