using System.Text.Json;
using NATS.Server.Core.Collections;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Streams;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Immutable. How far a mirror or source has got.</summary>
public sealed record StreamSourceInfo
{
    public required string Name { get; init; }

    public ExternalStream? External { get; init; }

    /// <summary>How many messages of the other stream are still to come.</summary>
    public ulong Lag { get; init; }

    /// <summary>The last message of the other stream that was copied; 0 where that is not shown: of mirrors, and before the first.</summary>
    public ulong Sequence { get; init; }

    /// <summary>Nanoseconds since something was last heard of the other stream; -1: never.</summary>
    public long ActiveNs { get; init; } = -1;

    /// <summary>Why it does not get on.</summary>
    public ApiError? Error { get; init; }

    public string FilterSubject { get; init; } = "";

    public ValueList<SubjectTransformConfig>? SubjectTransforms { get; init; }

    internal static void Write(Utf8JsonWriter json, StreamSourceInfo info)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, info.Name);
        if (info.External is { } external)
        {
            json.WritePropertyName("external"u8);
            StreamConfigJson.WriteExternal(json, external);
        }

        json.WriteNumber("lag"u8, info.Lag);
        if (info.Sequence > 0) json.WriteNumber("seq"u8, info.Sequence);
        json.WriteNumber("active"u8, info.ActiveNs);
        if (info.Error is { } error)
        {
            json.WritePropertyName("error"u8);
            error.Write(json);
        }

        json.WriteTextUnlessEmpty("filter_subject"u8, info.FilterSubject);
        json.WriteListUnlessEmpty("subject_transforms"u8, info.SubjectTransforms, StreamConfigJson.WriteTransform);
        json.WriteEndObject();
    }
}
