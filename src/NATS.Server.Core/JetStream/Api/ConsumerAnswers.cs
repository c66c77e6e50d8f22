using System.Text.Json;
using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Immutable. Until when a consumer is paused.</summary>
/// <param name="Until">The time of the request; the first second of year 1: not at all.</param>
/// <param name="RemainingNs">Nanoseconds; 0 or less: it goes on.</param>
public sealed record PauseAnswer(ZonedTime Until, long RemainingNs) : IAnswerBody
{
    public void WriteProperties(Utf8JsonWriter json)
    {
        json.WriteBoolean("paused"u8, RemainingNs > 0);
        json.WriteString("pause_until"u8, Until.ToUtc().ToString());
        if (RemainingNs > 0) json.WriteNumber("pause_remaining"u8, RemainingNs);
    }
}

/// <summary>Immutable. A consumer begins again.</summary>
/// <param name="Info">The consumer.</param>
/// <param name="Sequence">With which message.</param>
public sealed record ResetAnswer(ConsumerInfo Info, ulong Sequence) : IAnswerBody
{
    public void WriteProperties(Utf8JsonWriter json)
    {
        Info.WriteProperties(json);
        json.WriteNumber("reset_seq"u8, Sequence);
    }
}
