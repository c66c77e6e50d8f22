using System.Text.Json;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Limits;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Immutable. What an account uses of JetStream, and what it may use.</summary>
public sealed record AccountInfo : IAnswerBody
{
    /// <summary>All of it; with tiers, the limits are <see cref="AccountUsage.NoLimits"/>.</summary>
    public required AccountUsage Usage { get; init; }

    public string Domain { get; init; } = "";

    /// <summary>How many requests were answered before this one.</summary>
    public ulong ApiTotal { get; init; }

    /// <summary>How many of them with an error.</summary>
    public ulong ApiErrors { get; init; }

    public ulong ApiInflight { get; init; }

    /// <summary>By name, in the order of the names.</summary>
    public IReadOnlyList<KeyValuePair<string, AccountUsage>> Tiers { get; init; } = [];

    public void WriteProperties(Utf8JsonWriter json)
    {
        Usage.WriteProperties(json);
        json.WriteTextUnlessEmpty("domain"u8, Domain);
        json.WriteStartObject("api"u8);
        json.WriteNumber("level"u8, ApiLevel.Current);
        json.WriteNumber("total"u8, ApiTotal);
        json.WriteNumber("errors"u8, ApiErrors);
        if (ApiInflight > 0) json.WriteNumber("inflight"u8, ApiInflight);
        json.WriteEndObject();
        if (Tiers.Count == 0) return;
        json.WriteStartObject("tiers"u8);
        foreach ((string name, AccountUsage tier) in Tiers)
        {
            json.WriteStartObject(name);
            tier.WriteProperties(json);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}

/// <summary>Immutable. What is used and reserved, bytes and numbers, and the limits of it.</summary>
public sealed record AccountUsage
{
    /// <summary>The limits of an account that has tiers, beside those of its tiers.</summary>
    public static AccountLimits NoLimits { get; } = new()
    {
        MaxMemory = 0, MaxStorage = 0, MaxStreams = 0, MaxConsumers = 0, MaxAckPending = 0, MaxMemoryStreamBytes = 0, MaxStorageStreamBytes = 0,
    };

    public ulong Memory { get; init; }

    public ulong Storage { get; init; }

    public ulong ReservedMemory { get; init; }

    public ulong ReservedStorage { get; init; }

    public long Streams { get; init; }

    public long Consumers { get; init; }

    public required AccountLimits Limits { get; init; }

    internal void WriteProperties(Utf8JsonWriter json)
    {
        json.WriteNumber("memory"u8, Memory);
        json.WriteNumber("storage"u8, Storage);
        json.WriteNumber("reserved_memory"u8, ReservedMemory);
        json.WriteNumber("reserved_storage"u8, ReservedStorage);
        json.WriteNumber("streams"u8, Streams);
        json.WriteNumber("consumers"u8, Consumers);
        json.WriteStartObject("limits"u8);
        json.WriteNumber("max_memory"u8, Limits.MaxMemory);
        json.WriteNumber("max_storage"u8, Limits.MaxStorage);
        json.WriteNumber("max_streams"u8, Limits.MaxStreams);
        json.WriteNumber("max_consumers"u8, Limits.MaxConsumers);
        json.WriteNumber("max_ack_pending"u8, Limits.MaxAckPending);
        json.WriteNumber("memory_max_stream_bytes"u8, Limits.MaxMemoryStreamBytes);
        json.WriteNumber("storage_max_stream_bytes"u8, Limits.MaxStorageStreamBytes);
        json.WriteBoolean("max_bytes_required"u8, Limits.IsMaxBytesRequired);
        json.WriteEndObject();
    }
}
