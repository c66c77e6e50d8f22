using System.Diagnostics;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.JetStream.Ingest;

namespace NATS.Server.Tracing;

/// <summary>
/// The way of one traced message through the server. Owned by the thread that delivers the message, and passed along with it; what is not traced has none.
/// </summary>
internal sealed class MessageTrace
{
    /// <summary>Steps that are told; a message that takes more of them loses the last.</summary>
    public const int MaxSteps = 64 * 1024;

    /// <summary>Events of a span; further steps are not in it.</summary>
    public const int MaxSpanEvents = 128;

    private static readonly SortedDictionary<string, List<string>> NoHeaders = [];

    private readonly TimeProvider _time;
    private readonly SortedDictionary<string, List<string>> _headers;
    private readonly int _size;
    private readonly IngressStep _ingress;
    private readonly List<TraceStep> _steps;
    private long _deliveries;
    private long _undelivered;

    /// <summary>Begins with the message that came in.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="headers">Of the message.</param>
    /// <param name="destination">Where the trace goes.</param>
    /// <param name="isOnly">The message is traced but given to nobody.</param>
    /// <param name="size">Bytes of headers and payload.</param>
    /// <param name="publisher">Who published it.</param>
    /// <param name="subject">As it was published.</param>
    public MessageTrace(
        TimeProvider time,
        SortedDictionary<string, List<string>> headers,
        string destination,
        bool isOnly,
        int size,
        TracedClient publisher,
        ReadOnlySpan<byte> subject)
    {
        _time = time;
        _headers = headers;
        _size = size;
        Destination = destination;
        IsOnly = isOnly;
        _ingress = new IngressStep(time.GetUtcNow(), publisher.Id, publisher.Name, publisher.Account, Text(subject));
        _steps = [_ingress];
    }

    /// <summary>The way of a message of which nobody is told but who listens to its span.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="size">Bytes of headers and payload.</param>
    /// <param name="publisher">Who published it.</param>
    /// <param name="subject">As it was published.</param>
    public MessageTrace(TimeProvider time, int size, TracedClient publisher, ReadOnlySpan<byte> subject)
        : this(time, NoHeaders, destination: "", isOnly: false, size, publisher, subject)
    {
    }

    /// <summary>Where it goes, in the account of the publisher; empty when it goes nowhere.</summary>
    public string Destination { get; }

    /// <summary>The message names where its trace goes, or its account does: whoever gets the message in another account learns of it by its headers.</summary>
    public bool IsPublished => Destination.Length > 0;

    /// <summary>The span that tells the same to who listens in the process; null without one.</summary>
    public MessageSpan? Span { get; set; }

    /// <summary>The message is traced but given to nobody.</summary>
    public bool IsOnly { get; }

    /// <summary>How the trace may be compressed; empty when nothing is said.</summary>
    public string AcceptedEncodings => FirstOf("Accept-Encoding");

    /// <summary>The subject that stands for the subscription which the message is about to be given to, when it came by the import of a stream; else null.</summary>
    public byte[]? ImportedBy { get; set; }

    /// <summary>The message came no further.</summary>
    public void Refuse(string error) => _ingress.Error = error;

    public void AddMapping(ReadOnlySpan<byte> to) => Add(new MappingStep(Now, Text(to)));

    public void AddStreamExport(string account, ReadOnlySpan<byte> to) => Add(new StreamExportStep(Now, account, Text(to)));

    public void AddServiceImport(string account, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) => Add(new ServiceImportStep(Now, account, Text(from), Text(to)));

    public void AddJetStream(string stream, string subject, bool noInterest, string error) => Add(new JetStreamStep(Now, stream, subject, noInterest, error));

    /// <summary>A subscription of a client matches.</summary>
    /// <param name="subscriber">Whose it is.</param>
    /// <param name="subscription">What it subscribes to.</param>
    /// <param name="queue">Its queue group; empty without one.</param>
    /// <param name="error">Why it does not get the message; empty when it does.</param>
    public void AddEgress(TracedClient subscriber, ReadOnlySpan<byte> subscription, ReadOnlySpan<byte> queue, string error)
    {
        if (error.Length == 0) _deliveries++;
        else _undelivered++;
        if (!IsPublished) return;
        string account = subscriber.Account == _ingress.Account ? "" : subscriber.Account;
        ReadOnlySpan<byte> subject = ImportedBy is { } imported ? imported : subscription;
        Add(new EgressStep(Now, subscriber.Id, subscriber.Name, account, Text(subject), Text(queue), error));
    }

    /// <summary>Writes the fields <c>request</c> and <c>events</c> into an open object.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("request"u8);
        writer.WriteStartObject("header"u8);
        foreach ((string key, List<string> values) in _headers)
        {
            writer.WriteStartArray(key);
            foreach (string value in values) writer.WriteStringValue(value);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.WriteNumber("msgsize"u8, _size);
        writer.WriteEndObject();
        writer.WriteStartArray("events"u8);
        foreach (TraceStep step in _steps) step.Write(writer);
        writer.WriteEndArray();
    }

    /// <summary>Says the same of a span that was not started: when it began, who published, what happened on the way, how many got it, and what went wrong.</summary>
    public void Describe(Activity span)
    {
        span.SetStartTime(_ingress.Time.UtcDateTime);
        if (Failure is { } failure)
        {
            span.SetStatus(ActivityStatusCode.Error, failure);
            span.SetTag(SpanTags.ErrorType, _ingress.Error.Length > 0 ? "refused" : "not_stored");
        }

        if (!span.IsAllDataRequested) return;
        span.SetTag(SpanTags.Account, _ingress.Account);
        span.SetTag(SpanTags.Connection, (long)_ingress.ClientId);
        if (_ingress.Name.Length > 0) span.SetTag(SpanTags.ClientId, _ingress.Name);
        span.SetTag(SpanTags.Deliveries, _deliveries);
        if (_undelivered > 0) span.SetTag(SpanTags.Undelivered, _undelivered);
        int events = 0;
        foreach (TraceStep step in _steps)
        {
            if (step.Describe() is not { } happened) continue;
            if (++events > MaxSpanEvents) break;
            span.AddEvent(happened);
        }
    }

    /// <summary>The time.</summary>
    public DateTimeOffset Now => _time.GetUtcNow();

    // A message that a stream has already is stored, as its publisher is told.
    private string? Failure => _ingress.Error.Length > 0 ? _ingress.Error : _steps.OfType<JetStreamStep>().FirstOrDefault(static step => step.Error is not ("" or IngestRefusal.Duplicate))?.Error;

    private string FirstOf(string key) => _headers.TryGetValue(key, out List<string>? values) ? values[0] : "";

    private void Add(TraceStep step)
    {
        if (_steps.Count < MaxSteps) _steps.Add(step);
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}

/// <summary>A client as traces show it. Immutable.</summary>
/// <param name="Id">The connection's number.</param>
/// <param name="Name">What it calls itself; may be empty.</param>
/// <param name="Account">Its account.</param>
internal readonly record struct TracedClient(ulong Id, string Name, string Account);
