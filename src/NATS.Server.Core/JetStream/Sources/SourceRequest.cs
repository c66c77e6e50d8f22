using System.Text;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Streams;

namespace NATS.Server.Core.JetStream.Sources;

/// <summary>Immutable. The request with which a mirror or source asks for its consumer, at whatever account or domain the other stream is.</summary>
/// <remarks>Reference: nats-server stream.go setupMirrorConsumer, trySetupSourceConsumer.</remarks>
public sealed record SourceRequest
{
    private const long AckWaitNs = 22L * 3600 * 1_000_000_000;
    private const long HeartbeatNs = 1_000_000_000;
    private const long InactiveNs = 10_000_000_000;
    private const string ApiPrefix = "$JS.API";

    public required StreamSource Source { get; init; }

    public required string ConsumerName { get; init; }

    public required string DeliverSubject { get; init; }

    public DeliverPolicy DeliverPolicy { get; init; }

    public ulong StartSequence { get; init; }

    public ZonedTime? StartTime { get; init; }

    public ConfigMetadata Metadata { get; init; } = ConfigMetadata.Empty;

    /// <summary>Whether the other server knows consumers of mirrors and sources as such.</summary>
    public bool IsSourcing { get; init; } = true;

    /// <summary>Where it is sent.</summary>
    public string Subject
    {
        get
        {
            if (Source.Consumer is { } given) return Outward(Source, $"{ApiPrefix}.CONSUMER.RESET.{Source.Name}.{given.Name}");
            string filter = Filter;
            return Outward(Source, filter.Length > 0 ? $"{ApiPrefix}.CONSUMER.CREATE.{Source.Name}.{ConsumerName}.{filter}" : $"{ApiPrefix}.CONSUMER.CREATE.{Source.Name}");
        }
    }

    // With one filter the request names it in its subject.
    private string Filter => Source.FilterSubject.Length > 0 ? Source.FilterSubject : Source.SubjectTransforms is { Count: 1 } one ? one[0].Source : "";

    /// <summary>The subject of a request that deletes a consumer of the other stream.</summary>
    public static string DeleteSubject(StreamSource source, string consumer) => Outward(source, $"{ApiPrefix}.CONSUMER.DELETE.{source.Name}.{consumer}");

    /// <summary>What is sent; empty when a consumer that there is begins again.</summary>
    public byte[] ToPayload()
    {
        if (Source.Consumer is not null) return [];
        var config = new ConsumerConfig
        {
            Name = ConsumerName,
            DeliverSubject = DeliverSubject,
            DeliverPolicy = DeliverPolicy,
            StartSequence = StartSequence,
            StartTime = StartTime,
            AckPolicy = AckPolicy.None,
            AckWaitNs = AckWaitNs,
            MaxDeliver = 1,
            HeartbeatNs = HeartbeatNs,
            FlowControl = true,
            Direct = true,
            Sourcing = IsSourcing,
            InactiveThresholdNs = InactiveNs,
            Metadata = Metadata,
            FilterSubject = Filter,
            FilterSubjects = Filter.Length == 0 && Source.SubjectTransforms is { Count: > 0 } transforms ? [.. transforms.Select(static transform => transform.Source)] : null,
        };
        var output = new System.Buffers.ArrayBufferWriter<byte>(512);
        ApiAnswer.WriteObject(output, (Source.Name, config), static (json, request) =>
        {
            json.WriteString("stream_name"u8, request.Name);
            json.WritePropertyName("config"u8);
            ConsumerConfigJson.Write(json, request.config);
            json.WriteString("action"u8, "");
        });
        return output.WrittenSpan.ToArray();
    }

    /// <summary>The header block of the request.</summary>
    /// <param name="level">Which level of the API the other server has to have; 0: any.</param>
    /// <param name="identity">Which stream of the name is meant; null: the request does not say.</param>
    public static byte[] Headers(int level, string? identity)
    {
        if (level == 0) return [];
        string text = $"NATS/1.0\r\nNats-Required-Api-Level: {level.ToString(System.Globalization.CultureInfo.InvariantCulture)}\r\n";
        if (identity is not null) text += $"Nats-Stream-Identity: {identity}\r\n";
        return Encoding.UTF8.GetBytes(text + "\r\n");
    }

    /// <summary>The subject to which a consumer of another account or domain delivers.</summary>
    public static string DeliveryOf(StreamSource source, char kind, string unique) =>
        source.External is { DeliverPrefix.Length: > 0 } external ? Joined($"{external.DeliverPrefix}.{kind}.{unique}") : $"$JS.{kind}.{unique}";

    private static string Outward(StreamSource source, string subject) =>
        source.External is { } external ? Joined(external.ApiPrefix + subject[ApiPrefix.Length..]) : subject;

    private static string Joined(string subject) => subject.Replace("..", ".", StringComparison.Ordinal);
}
