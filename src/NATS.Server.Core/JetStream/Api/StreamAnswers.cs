using System.Text.Json;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Streams;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Immutable. A stream was created.</summary>
/// <param name="Info">The stream.</param>
/// <param name="DidCreate">Whether the request did it; a restore does not say so.</param>
public sealed record StreamCreatedAnswer(StreamInfo Info, bool DidCreate) : IAnswerBody
{
    public void WriteProperties(Utf8JsonWriter json)
    {
        Info.WriteProperties(json);
        json.WriteFlagIfSet("did_create"u8, DidCreate);
    }
}

/// <summary>Immutable. A stream, with a page of its subjects if these were asked for.</summary>
/// <param name="Subjects">The page; all 0 without one.</param>
/// <param name="Info">The stream.</param>
public sealed record StreamInfoAnswer(Page Subjects, StreamInfo Info) : IAnswerBody
{
    public void WriteProperties(Utf8JsonWriter json)
    {
        Subjects.Write(json);
        Info.WriteProperties(json);
    }
}

/// <summary>Immutable. Names of streams or consumers.</summary>
/// <param name="Page">Which part of the list.</param>
/// <param name="Names">In order.</param>
/// <param name="AreConsumers">Whether they are consumers.</param>
public sealed record NamesAnswer(Page Page, IReadOnlyList<string> Names, bool AreConsumers) : IAnswerBody
{
    // The reference says null when there is no stream, but [] when there is no consumer.
    public void WriteProperties(Utf8JsonWriter json)
    {
        Page.Write(json);
        json.WritePropertyName(AreConsumers ? "consumers"u8 : "streams"u8);
        if (Names.Count == 0 && !AreConsumers)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartArray();
        foreach (string name in Names) json.WriteStringValue(name);
        json.WriteEndArray();
    }
}

/// <summary>Immutable. Streams or consumers.</summary>
/// <typeparam name="T">What is listed.</typeparam>
/// <param name="Page">Which part of the list.</param>
/// <param name="Name">What the list is called.</param>
/// <param name="Items">In the order of their names.</param>
/// <param name="Offline">What cannot be shown, with the reason, in order.</param>
public sealed record ListAnswer<T>(Page Page, string Name, IReadOnlyList<T> Items, IReadOnlyList<KeyValuePair<string, string>> Offline) : IAnswerBody
    where T : IAnswerBody
{
    public void WriteProperties(Utf8JsonWriter json)
    {
        Page.Write(json);
        json.WriteStartArray(Name);
        foreach (T item in Items)
        {
            json.WriteStartObject();
            item.WriteProperties(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (Offline.Count == 0) return;
        json.WriteListUnlessEmpty("missing"u8, Offline, static (writer, entry) => writer.WriteStringValue(entry.Key));
        json.WriteStartObject("offline"u8);
        foreach ((string name, string reason) in Offline) json.WriteString(name, reason);
        json.WriteEndObject();
    }
}

/// <summary>Immutable. Done.</summary>
public sealed record SuccessAnswer : IAnswerBody
{
    public static SuccessAnswer Instance { get; } = new();

    public void WriteProperties(Utf8JsonWriter json) => json.WriteBoolean("success"u8, true);
}

/// <summary>Immutable. Done, and there is nothing to say about it: the answer to letting go of a pinned client.</summary>
public sealed record EmptyAnswer : IAnswerBody
{
    public static EmptyAnswer Instance { get; } = new();

    public void WriteProperties(Utf8JsonWriter json)
    {
        // The type is all that there is.
    }
}

/// <summary>Immutable. Messages are gone.</summary>
/// <param name="Purged">How many.</param>
public sealed record PurgedAnswer(ulong Purged) : IAnswerBody
{
    public void WriteProperties(Utf8JsonWriter json)
    {
        json.WriteBoolean("success"u8, true);
        json.WriteNumber("purged"u8, Purged);
    }
}

/// <summary>A message of a stream; its spans are the caller's.</summary>
/// <param name="subject">Its subject.</param>
/// <param name="sequence">Its sequence.</param>
/// <param name="headers">Its header block, or nothing.</param>
/// <param name="payload">Its payload.</param>
/// <param name="timeNs">When it was stored, nanoseconds since 1970.</param>
public readonly ref struct MessageAnswer(ReadOnlySpan<byte> subject, ulong sequence, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload, long timeNs) : IAnswerBody
{
    private readonly ReadOnlySpan<byte> _subject = subject;
    private readonly ReadOnlySpan<byte> _headers = headers;
    private readonly ReadOnlySpan<byte> _payload = payload;

    public void WriteProperties(Utf8JsonWriter json)
    {
        json.WriteStartObject("message"u8);
        json.WriteString("subject"u8, JsonText.FromWire(_subject));
        json.WriteNumber("seq"u8, sequence);
        if (_headers.Length > 0) json.WriteBase64String("hdrs"u8, _headers);
        if (_payload.Length > 0) json.WriteBase64String("data"u8, _payload);
        json.WriteString("time"u8, ZonedTime.FromUnixNanoseconds(timeNs).ToString());
        json.WriteEndObject();
    }
}

/// <summary>Immutable. A backup begins.</summary>
/// <param name="Config">The stream.</param>
/// <param name="State">What the backup has of it.</param>
public sealed record SnapshotAnswer(StreamConfig Config, StreamStateInfo State) : IAnswerBody
{
    public void WriteProperties(Utf8JsonWriter json)
    {
        json.WritePropertyName("config"u8);
        StreamConfigJson.Write(json, Config);
        json.WriteStartObject("state"u8);
        State.WriteProperties(json);
        json.WriteEndObject();
    }
}

/// <summary>Immutable. A backup can be sent.</summary>
/// <param name="DeliverSubject">Where its chunks go.</param>
public sealed record RestoreAnswer(string DeliverSubject) : IAnswerBody
{
    public void WriteProperties(Utf8JsonWriter json) => json.WriteString("deliver_subject"u8, DeliverSubject);
}

/// <summary>Immutable. The purge of an account begins.</summary>
public sealed record AccountPurgeAnswer : IAnswerBody
{
    public static AccountPurgeAnswer Instance { get; } = new();

    public void WriteProperties(Utf8JsonWriter json) => json.WriteBoolean("initiated"u8, true);
}
