using System.Text.Json;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Immutable. A consumer as answers show it.</summary>
public sealed record ConsumerInfo : IAnswerBody
{
    public required string Stream { get; init; }

    public required string Name { get; init; }

    public required ZonedTime Created { get; init; }

    public required ConsumerConfig Config { get; init; }

    public SequenceInfo Delivered { get; init; }

    public SequenceInfo AckFloor { get; init; }

    public long AckPending { get; init; }

    public long Redelivered { get; init; }

    /// <summary>How many pull requests wait.</summary>
    public long Waiting { get; init; }

    /// <summary>How many messages of the stream are still to be delivered.</summary>
    public ulong Pending { get; init; }

    public ClusterInfo? Cluster { get; init; }

    /// <summary>Whether somebody listens where messages are pushed.</summary>
    public bool IsPushBound { get; init; }

    public bool IsPaused { get; init; }

    /// <summary>Nanoseconds; 0 when it is not paused.</summary>
    public long PauseRemainingNs { get; init; }

    /// <summary>When this was gathered, nanoseconds since 1970.</summary>
    public required long TimestampNs { get; init; }

    public IReadOnlyList<PriorityGroupInfo> PriorityGroups { get; init; } = [];

    public void WriteProperties(Utf8JsonWriter json) => WriteProperties(json, showsConfig: true);

    /// <summary>The same, with or without the configuration.</summary>
    internal void WriteProperties(Utf8JsonWriter json, bool showsConfig)
    {
        json.WriteString("stream_name"u8, Stream);
        json.WriteString("name"u8, Name);
        json.WriteString("created"u8, Created.ToString());
        if (showsConfig)
        {
            json.WritePropertyName("config"u8);
            ConsumerConfigJson.Write(json, Config);
        }

        Delivered.Write(json, "delivered"u8);
        AckFloor.Write(json, "ack_floor"u8);
        json.WriteNumber("num_ack_pending"u8, AckPending);
        json.WriteNumber("num_redelivered"u8, Redelivered);
        json.WriteNumber("num_waiting"u8, Waiting);
        json.WriteNumber("num_pending"u8, Pending);
        Cluster?.Write(json);
        json.WriteFlagIfSet("push_bound"u8, IsPushBound);
        json.WriteFlagIfSet("paused"u8, IsPaused);
        json.WriteNumberUnlessZero("pause_remaining"u8, PauseRemainingNs);
        json.WriteTime("ts"u8, TimestampNs);
        json.WriteListUnlessEmpty("priority_groups"u8, PriorityGroups, PriorityGroupInfo.Write);
    }
}
