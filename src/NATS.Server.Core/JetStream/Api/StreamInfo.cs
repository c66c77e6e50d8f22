using System.Text.Json;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Streams;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Immutable. A stream as answers show it.</summary>
public sealed record StreamInfo : IAnswerBody
{
    public required StreamConfig Config { get; init; }

    public required ZonedTime Created { get; init; }

    public required StreamStateInfo State { get; init; }

    public string Domain { get; init; } = "";

    public ClusterInfo? Cluster { get; init; }

    public StreamSourceInfo? Mirror { get; init; }

    public IReadOnlyList<StreamSourceInfo> Sources { get; init; } = [];

    public IReadOnlyList<StreamAlternate> Alternates { get; init; } = [];

    /// <summary>When this was gathered, nanoseconds since 1970.</summary>
    public required long TimestampNs { get; init; }

    public void WriteProperties(Utf8JsonWriter json)
    {
        json.WritePropertyName("config"u8);
        StreamConfigJson.Write(json, Config);
        json.WriteString("created"u8, Created.ToString());
        json.WriteStartObject("state"u8);
        State.WriteProperties(json);
        json.WriteEndObject();
        json.WriteTextUnlessEmpty("domain"u8, Domain);
        Cluster?.Write(json);
        WriteOrigins(json);
        json.WriteListUnlessEmpty("alternates"u8, Alternates, WriteAlternate);
        json.WriteTime("ts"u8, TimestampNs);
    }

    /// <summary>Writes how far it has got with what it copies.</summary>
    internal void WriteOrigins(Utf8JsonWriter json)
    {
        if (Mirror is { } mirror)
        {
            json.WritePropertyName("mirror"u8);
            StreamSourceInfo.Write(json, mirror);
        }

        json.WriteListUnlessEmpty("sources"u8, Sources, StreamSourceInfo.Write);
    }

    private static void WriteAlternate(Utf8JsonWriter json, StreamAlternate alternate)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, alternate.Name);
        json.WriteTextUnlessEmpty("domain"u8, alternate.Domain);
        json.WriteString("cluster"u8, alternate.Cluster);
        json.WriteEndObject();
    }
}
