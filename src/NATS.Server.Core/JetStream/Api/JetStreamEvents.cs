using System.Buffers;
using System.Text.Json;
using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Pure. The JSON of events, byte for byte as the reference writes it.</summary>
public static class JetStreamEvents
{
    private const string Advisory = "$JS.EVENT.ADVISORY.";

    /// <summary>Where requests to the API are told of.</summary>
    public const string AuditSubject = "$JS.EVENT.ADVISORY.API";

    /// <summary>Writes an event.</summary>
    /// <typeparam name="T">The event.</typeparam>
    /// <param name="output">Gets the bytes.</param>
    /// <param name="head">What every event says.</param>
    /// <param name="happened">The event.</param>
    public static void Write<T>(IBufferWriter<byte> output, EventHead head, T happened)
        where T : IJetStreamEvent => ApiAnswer.WriteObject(output, (head, happened), static (json, its) =>
    {
        json.WriteString("type"u8, "io.nats.jetstream." + its.happened.Name);
        json.WriteString("id"u8, its.head.Id);
        json.WriteTime("timestamp"u8, its.head.TimeNs);
        its.happened.WriteProperties(json);
        if (its.happened is IDomainInside inside) inside.WriteRest(json, its.head.Domain);
        else json.WriteTextUnlessEmpty("domain"u8, its.head.Domain);
    });

    internal static string AdvisoryOf(string kind, params ReadOnlySpan<string> names) => Advisory + kind + "." + string.Join('.', names);

    /// <summary>Writes who asked.</summary>
    /// <param name="json">Inside an object.</param>
    /// <param name="client">The value of the header <c>Nats-Request-Info</c>; empty: nobody in particular.</param>
    internal static void WriteClient(Utf8JsonWriter json, ReadOnlyMemory<byte> client)
    {
        json.WritePropertyName("client"u8);
        if (!RequesterJson.TryWrite(json, client)) json.WriteNullValue();
    }
}
