using System.Text.Json;
using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>What happened to a stream or consumer.</summary>
public enum AssetAction
{
    Create,
    Delete,
    Modify,
}

/// <summary>Immutable. A stream was created, changed or deleted.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Action">What happened.</param>
public sealed record StreamActionEvent(string Stream, AssetAction Action) : IJetStreamEvent
{
    private static readonly string[] Words = ["create", "delete", "modify"];
    private static readonly string[] Kinds = ["CREATED", "DELETED", "UPDATED"];

    public string Subject => JetStreamEvents.AdvisoryOf("STREAM." + Kinds[(int)Action], Stream);

    public string Name => "advisory.v1.stream_action";

    internal static string WordOf(AssetAction action) => Words[(int)action];

    public void WriteProperties(Utf8JsonWriter json)
    {
        json.WriteString("stream"u8, Stream);
        json.WriteString("action"u8, Words[(int)Action]);
    }
}

/// <summary>Immutable. A backup of a stream begins.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="State">What the backup will have.</param>
/// <param name="Client">Who asked for it: the header <c>Nats-Request-Info</c>.</param>
public sealed record SnapshotCreateEvent(string Stream, StreamStateInfo State, ReadOnlyMemory<byte> Client) : IJetStreamEvent
{
    public string Subject => JetStreamEvents.AdvisoryOf("STREAM.SNAPSHOT_CREATE", Stream);

    public string Name => "advisory.v1.snapshot_create";

    public void WriteProperties(Utf8JsonWriter json)
    {
        json.WriteString("stream"u8, Stream);
        json.WriteStartObject("state"u8);
        State.WriteProperties(json);
        json.WriteEndObject();
        JetStreamEvents.WriteClient(json, Client);
    }
}

/// <summary>Immutable. A backup of a stream has ended.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="StartNs">When it began, nanoseconds since 1970.</param>
/// <param name="EndNs">When it ended, nanoseconds since 1970.</param>
/// <param name="Client">Who asked for it: the header <c>Nats-Request-Info</c>.</param>
/// <param name="Error">Why it failed; empty: it did not.</param>
public sealed record SnapshotCompleteEvent(string Stream, long StartNs, long EndNs, ReadOnlyMemory<byte> Client, string Error = "") : IJetStreamEvent, IDomainInside
{
    public string Subject => JetStreamEvents.AdvisoryOf("STREAM.SNAPSHOT_COMPLETE", Stream);

    public string Name => "advisory.v1.snapshot_complete";

    public void WriteProperties(Utf8JsonWriter json)
    {
        json.WriteString("stream"u8, Stream);
        json.WriteTime("start"u8, StartNs);
        json.WriteTime("end"u8, EndNs);
        JetStreamEvents.WriteClient(json, Client);
    }

    void IDomainInside.WriteRest(Utf8JsonWriter json, string domain)
    {
        json.WriteTextUnlessEmpty("domain"u8, domain);
        json.WriteTextUnlessEmpty("error"u8, Error);
    }
}

/// <summary>Immutable. A stream begins to be restored.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Client">Who asked for it: the header <c>Nats-Request-Info</c>.</param>
public sealed record RestoreCreateEvent(string Stream, ReadOnlyMemory<byte> Client) : IJetStreamEvent
{
    public string Subject => JetStreamEvents.AdvisoryOf("STREAM.RESTORE_CREATE", Stream);

    public string Name => "advisory.v1.restore_create";

    public void WriteProperties(Utf8JsonWriter json)
    {
        json.WriteString("stream"u8, Stream);
        JetStreamEvents.WriteClient(json, Client);
    }
}

/// <summary>Immutable. A stream was restored, or not.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="StartNs">When it began, nanoseconds since 1970.</param>
/// <param name="EndNs">When it ended, nanoseconds since 1970.</param>
/// <param name="Bytes">How much of the backup came.</param>
/// <param name="Client">Who asked for it: the header <c>Nats-Request-Info</c>.</param>
public sealed record RestoreCompleteEvent(string Stream, long StartNs, long EndNs, long Bytes, ReadOnlyMemory<byte> Client) : IJetStreamEvent
{
    public string Subject => JetStreamEvents.AdvisoryOf("STREAM.RESTORE_COMPLETE", Stream);

    public string Name => "advisory.v1.restore_complete";

    public void WriteProperties(Utf8JsonWriter json)
    {
        json.WriteString("stream"u8, Stream);
        json.WriteTime("start"u8, StartNs);
        json.WriteTime("end"u8, EndNs);
        json.WriteNumber("bytes"u8, Bytes);
        JetStreamEvents.WriteClient(json, Client);
    }
}

/// <summary>Why a batch was given up.</summary>
public enum BatchAbandonReason
{
    Timeout,
    Large,
    Incomplete,
    Unsupported,
}

/// <summary>Immutable. A batch was given up.</summary>
/// <param name="Account">The account of the stream.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Batch">What its publisher calls it.</param>
/// <param name="Reason">Why.</param>
public sealed record BatchAbandonedEvent(string Account, string Stream, string Batch, BatchAbandonReason Reason) : IJetStreamEvent, IDomainInside
{
    private static readonly string[] Reasons = ["timeout", "large", "incomplete", "unsupported"];

    public string Subject => JetStreamEvents.AdvisoryOf("STREAM.BATCH_ABANDONED", Stream);

    public string Name => "advisory.v1.stream_batch_abandoned";

    public void WriteProperties(Utf8JsonWriter json)
    {
        json.WriteTextUnlessEmpty("account"u8, Account);
        json.WriteString("stream"u8, Stream);
    }

    void IDomainInside.WriteRest(Utf8JsonWriter json, string domain)
    {
        json.WriteTextUnlessEmpty("domain"u8, domain);
        json.WriteString("batch"u8, Batch);
        json.WriteString("reason"u8, Reasons[(int)Reason]);
    }
}
