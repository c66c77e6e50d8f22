using System.Text.Json;
using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Immutable. A delivery that an event tells of.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Consumer">The consumer.</param>
/// <param name="ConsumerSequence">The number of the delivery.</param>
/// <param name="StreamSequence">The sequence of the message.</param>
/// <param name="Deliveries">How often the message has been delivered.</param>
public readonly record struct DeliveryFact(string Stream, string Consumer, ulong ConsumerSequence, ulong StreamSequence, ulong Deliveries)
{
    internal void Write(Utf8JsonWriter json, long? delayNs = null)
    {
        json.WriteString("stream"u8, Stream);
        json.WriteString("consumer"u8, Consumer);
        json.WriteNumber("consumer_seq"u8, ConsumerSequence);
        json.WriteNumber("stream_seq"u8, StreamSequence);
        if (delayNs is { } delay) json.WriteNumber("ack_time"u8, delay);
        json.WriteNumber("deliveries"u8, Deliveries);
    }
}

/// <summary>Immutable. How long an acknowledgement took.</summary>
/// <param name="Delivery">What was acknowledged.</param>
/// <param name="DelayNs">Nanoseconds from delivery to acknowledgement.</param>
public sealed record AckMetricEvent(DeliveryFact Delivery, long DelayNs) : IJetStreamEvent
{
    public string Subject => $"$JS.EVENT.METRIC.CONSUMER.ACK.{Delivery.Stream}.{Delivery.Consumer}";

    public string Name => "metric.v1.consumer_ack";

    public void WriteProperties(Utf8JsonWriter json) => Delivery.Write(json, DelayNs);
}

/// <summary>Immutable. A message has been delivered as often as it may.</summary>
/// <param name="Delivery">Of which the number of the delivery is not told.</param>
public sealed record MaxDeliverEvent(DeliveryFact Delivery) : IJetStreamEvent
{
    public string Subject => JetStreamEvents.AdvisoryOf("CONSUMER.MAX_DELIVERIES", Delivery.Stream, Delivery.Consumer);

    public string Name => "advisory.v1.max_deliver";

    public void WriteProperties(Utf8JsonWriter json)
    {
        json.WriteString("stream"u8, Delivery.Stream);
        json.WriteString("consumer"u8, Delivery.Consumer);
        json.WriteNumber("stream_seq"u8, Delivery.StreamSequence);
        json.WriteNumber("deliveries"u8, Delivery.Deliveries);
    }
}

/// <summary>Immutable. A client wants a message once more.</summary>
/// <param name="Delivery">Which.</param>
public sealed record NakEvent(DeliveryFact Delivery) : IJetStreamEvent
{
    public string Subject => JetStreamEvents.AdvisoryOf("CONSUMER.MSG_NAKED", Delivery.Stream, Delivery.Consumer);

    public string Name => "advisory.v1.nak";

    public void WriteProperties(Utf8JsonWriter json) => Delivery.Write(json);
}

/// <summary>Immutable. A client never wants a message again.</summary>
/// <param name="Delivery">Which.</param>
/// <param name="Reason">What it says about it; may be empty.</param>
public sealed record TerminatedEvent(DeliveryFact Delivery, string Reason) : IJetStreamEvent
{
    public string Subject => JetStreamEvents.AdvisoryOf("CONSUMER.MSG_TERMINATED", Delivery.Stream, Delivery.Consumer);

    public string Name => "advisory.v1.terminated";

    public void WriteProperties(Utf8JsonWriter json)
    {
        Delivery.Write(json);
        json.WriteTextUnlessEmpty("reason"u8, Reason);
    }
}
