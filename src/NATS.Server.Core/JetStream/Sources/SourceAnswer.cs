using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.Core.JetStream.Sources;

/// <summary>Immutable. What a mirror or source is told about the consumer that it asked for.</summary>
public sealed record SourceAnswer
{
    /// <summary>Null when there is a consumer.</summary>
    public ApiError? Error { get; init; }

    /// <summary>Whether the answer says what the consumer is like.</summary>
    public bool HasConsumer { get; init; }

    public string ConsumerName { get; init; } = "";

    public string DeliverSubject { get; init; } = "";

    public AckPolicy AckPolicy { get; init; }

    /// <summary>The stream sequence up to which nothing will be delivered.</summary>
    public ulong Delivered { get; init; }

    /// <summary>How many messages there are to come.</summary>
    public ulong Pending { get; init; }

    /// <summary>Reads an answer to a request that creates or resets a consumer. What this server does not know is passed over.</summary>
    /// <returns>False when it is no such answer.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> payload, out SourceAnswer answer)
    {
        answer = new SourceAnswer();
        return JsonRequest.TryReadOnly(payload, "JSApiConsumerCreateResponse", ref answer, Read, out _);
    }

    private static SourceAnswer Read(JsonCursor json, SourceAnswer answer)
    {
        if (!json.EnterObject("server.JSApiConsumerCreateResponse")) return answer;
        while (json.NextProperty(["error", "name", "config", "delivered", "num_pending"], out string name))
        {
            answer = name switch
            {
                "error" => answer with { Error = ReadError(json) },
                "name" => answer with { ConsumerName = json.Text("") },
                "config" => ReadConfig(json, answer),
                "delivered" => ReadDelivered(json, answer),
                _ => answer with { Pending = json.Unsigned(0) },
            };
        }

        return answer;
    }

    private static SourceAnswer ReadConfig(JsonCursor json, SourceAnswer answer)
    {
        if (!json.EnterObject("server.ConsumerConfig")) return answer;
        answer = answer with { HasConsumer = true };
        while (json.NextProperty(["deliver_subject", "ack_policy"], out string name))
        {
            answer = name == "deliver_subject"
                ? answer with { DeliverSubject = json.Text("") }
                : answer with { AckPolicy = (AckPolicy)Math.Max(0, JsonCursor.IndexOf(["none", "all", "explicit", "flow_control"], json.Raw())) };
        }

        return answer;
    }

    private static SourceAnswer ReadDelivered(JsonCursor json, SourceAnswer answer)
    {
        if (!json.EnterObject("server.SequenceInfo")) return answer;
        while (json.NextProperty(["stream_seq"], out _)) answer = answer with { Delivered = json.Unsigned(0) };
        return answer;
    }

    private static ApiError? ReadError(JsonCursor json)
    {
        if (!json.EnterObject("server.ApiError")) return null;
        (long code, long errorCode, string description) = (0, 0, "");
        while (json.NextProperty(["code", "err_code", "description"], out string name))
        {
            if (name == "code") code = json.Number(0);
            else if (name == "err_code") errorCode = json.Number(0);
            else description = json.Text("");
        }

        return new ApiError((int)Math.Clamp(code, 0, int.MaxValue), (ApiErrorCode)(int)Math.Clamp(errorCode, 0, ushort.MaxValue), description);
    }
}
