using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace NATS.Server.Tracing;

/// <summary>One step of a traced message through the server: an element of the event's <c>events</c>. Immutable but for what a step learns later.</summary>
/// <param name="Type">The step's kind, two letters.</param>
/// <param name="Time">When it was taken.</param>
internal abstract record TraceStep(string Type, DateTimeOffset Time)
{
    /// <summary>Kind of connection of all clients.</summary>
    protected const int ClientKind = 0;

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, Type);
        writer.WriteString("ts"u8, Time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture));
        WriteFields(writer);
        writer.WriteEndObject();
    }

    /// <summary>The same as an event of a span; null for what its span says otherwise.</summary>
    public virtual ActivityEvent? Describe() => null;

    protected abstract void WriteFields(Utf8JsonWriter writer);

    protected ActivityEvent Event(string name, ActivityTagsCollection tags) => new(name, Time, tags);

    protected static void WriteUnlessEmpty(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string value)
    {
        if (value.Length > 0) writer.WriteString(name, value);
    }
}

/// <summary>The message came in.</summary>
/// <param name="Time">When.</param>
/// <param name="ClientId">The publisher's number.</param>
/// <param name="Name">What the publisher calls itself.</param>
/// <param name="Account">The publisher's account.</param>
/// <param name="Subject">As it was published.</param>
internal sealed record IngressStep(DateTimeOffset Time, ulong ClientId, string Name, string Account, string Subject) : TraceStep("in", Time)
{
    /// <summary>Why it came no further; empty when it did.</summary>
    public string Error { get; set; } = "";

    protected override void WriteFields(Utf8JsonWriter writer)
    {
        writer.WriteNumber("kind"u8, ClientKind);
        writer.WriteNumber("cid"u8, ClientId);
        WriteUnlessEmpty(writer, "name"u8, Name);
        writer.WriteString("acc"u8, Account);
        writer.WriteString("subj"u8, Subject);
        WriteUnlessEmpty(writer, "error"u8, Error);
    }
}

/// <summary>A mapping of the account gave it another subject.</summary>
internal sealed record MappingStep(DateTimeOffset Time, string To) : TraceStep("sm", Time)
{
    public override ActivityEvent? Describe() => Event("nats.mapping", new() { [SpanTags.Subject] = To });

    protected override void WriteFields(Utf8JsonWriter writer) => writer.WriteString("to"u8, To);
}

/// <summary>It is exported as a stream.</summary>
/// <param name="Time">When.</param>
/// <param name="Account">The account that imports it.</param>
/// <param name="To">Its subject there.</param>
internal sealed record StreamExportStep(DateTimeOffset Time, string Account, string To) : TraceStep("se", Time)
{
    public override ActivityEvent? Describe() => Event("nats.stream_export", new() { [SpanTags.Account] = Account, [SpanTags.Subject] = To });

    protected override void WriteFields(Utf8JsonWriter writer)
    {
        writer.WriteString("acc"u8, Account);
        writer.WriteString("to"u8, To);
    }
}

/// <summary>It goes to another account as a request or the answer to one.</summary>
/// <param name="Time">When.</param>
/// <param name="Account">The other account.</param>
/// <param name="From">Its subject here.</param>
/// <param name="To">Its subject there.</param>
internal sealed record ServiceImportStep(DateTimeOffset Time, string Account, string From, string To) : TraceStep("si", Time)
{
    public override ActivityEvent? Describe() => Event("nats.service_import", new() { [SpanTags.Account] = Account, [SpanTags.From] = From, [SpanTags.Subject] = To });

    protected override void WriteFields(Utf8JsonWriter writer)
    {
        writer.WriteString("acc"u8, Account);
        writer.WriteString("from"u8, From);
        writer.WriteString("to"u8, To);
    }
}

/// <summary>A stream took it, or did not.</summary>
/// <param name="Time">When.</param>
/// <param name="Stream">The stream's name.</param>
/// <param name="Subject">Under which it is stored; empty when it did not come so far.</param>
/// <param name="NoInterest">It is not kept since nobody wants it.</param>
/// <param name="Error">Why it is not stored; empty when it is.</param>
internal sealed record JetStreamStep(DateTimeOffset Time, string Stream, string Subject, bool NoInterest, string Error) : TraceStep("js", Time)
{
    public override ActivityEvent? Describe()
    {
        var tags = new ActivityTagsCollection { [SpanTags.Stream] = Stream };
        if (Subject.Length > 0) tags[SpanTags.Subject] = Subject;
        if (NoInterest) tags[SpanTags.NoInterest] = true;
        if (Error.Length > 0) tags[SpanTags.Error] = Error;
        return Event(Error.Length > 0 || NoInterest ? "nats.not_stored" : "nats.stored", tags);
    }

    protected override void WriteFields(Utf8JsonWriter writer)
    {
        writer.WriteString("stream"u8, Stream);
        WriteUnlessEmpty(writer, "subject"u8, Subject);
        if (NoInterest) writer.WriteBoolean("nointerest"u8, true);
        WriteUnlessEmpty(writer, "error"u8, Error);
    }
}

/// <summary>It matches the subscription of a client.</summary>
/// <param name="Time">When.</param>
/// <param name="ClientId">The subscriber's number.</param>
/// <param name="Name">What the subscriber calls itself.</param>
/// <param name="Account">The subscriber's account when it is not the publisher's; else empty.</param>
/// <param name="Subscription">The subscribed subject.</param>
/// <param name="Queue">The queue group; empty without one.</param>
/// <param name="Error">Why it is not delivered; empty when it is.</param>
internal sealed record EgressStep(DateTimeOffset Time, ulong ClientId, string Name, string Account, string Subscription, string Queue, string Error)
    : TraceStep("eg", Time)
{
    protected override void WriteFields(Utf8JsonWriter writer)
    {
        writer.WriteNumber("kind"u8, ClientKind);
        writer.WriteNumber("cid"u8, ClientId);
        WriteUnlessEmpty(writer, "name"u8, Name);
        WriteUnlessEmpty(writer, "acc"u8, Account);
        WriteUnlessEmpty(writer, "sub"u8, Subscription);
        WriteUnlessEmpty(writer, "queue"u8, Queue);
        WriteUnlessEmpty(writer, "error"u8, Error);
    }
}
