using System.Text.Json;
using NATS.Server.Core.JetStream.Json;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>Immutable. A consumer was created or deleted.</summary>
/// <param name="Stream">Its stream.</param>
/// <param name="Consumer">Its name.</param>
/// <param name="Action">What happened.</param>
public sealed record ConsumerActionEvent(string Stream, string Consumer, AssetAction Action) : IJetStreamEvent
{
    public string Subject => JetStreamEvents.AdvisoryOf(Action == AssetAction.Delete ? "CONSUMER.DELETED" : "CONSUMER.CREATED", Stream, Consumer);

    public string Name => "advisory.v1.consumer_action";

    public void WriteProperties(Utf8JsonWriter json)
    {
        json.WriteString("stream"u8, Stream);
        json.WriteString("consumer"u8, Consumer);
        json.WriteString("action"u8, StreamActionEvent.WordOf(Action));
    }
}

/// <summary>Immutable. A consumer pauses, or goes on.</summary>
/// <param name="Stream">Its stream.</param>
/// <param name="Consumer">Its name.</param>
/// <param name="IsPaused">Which of the two.</param>
/// <param name="Until">Until when, as its configuration says.</param>
public sealed record ConsumerPauseEvent(string Stream, string Consumer, bool IsPaused, ZonedTime? Until) : IJetStreamEvent
{
    public string Subject => JetStreamEvents.AdvisoryOf("CONSUMER.PAUSE", Stream, Consumer);

    public string Name => "advisory.v1.consumer_pause";

    public void WriteProperties(Utf8JsonWriter json)
    {
        json.WriteString("stream"u8, Stream);
        json.WriteString("consumer"u8, Consumer);
        json.WriteBoolean("paused"u8, IsPaused);
        if (Until is { } until) json.WriteString("pause_until"u8, until.ToString());
        else json.WriteTime("pause_until"u8, 0);
    }
}

/// <summary>Immutable. A client has been pinned in a priority group.</summary>
/// <param name="Account">The account of the stream.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Consumer">The consumer.</param>
/// <param name="Group">The group.</param>
/// <param name="PinnedId">What it has to say to be served.</param>
public sealed record ConsumerPinnedEvent(string Account, string Stream, string Consumer, string Group, string PinnedId) : IJetStreamEvent, IDomainInside
{
    public string Subject => JetStreamEvents.AdvisoryOf("CONSUMER.PINNED", Stream, Consumer);

    public string Name => "advisory.v1.consumer_group_pinned";

    public void WriteProperties(Utf8JsonWriter json)
    {
        json.WriteTextUnlessEmpty("account"u8, Account);
        json.WriteString("stream"u8, Stream);
        json.WriteString("consumer"u8, Consumer);
    }

    void IDomainInside.WriteRest(Utf8JsonWriter json, string domain)
    {
        json.WriteTextUnlessEmpty("domain"u8, domain);
        json.WriteString("group"u8, Group);
        json.WriteString("pinned_id"u8, PinnedId);
    }
}

/// <summary>Immutable. No client is pinned in a priority group any more.</summary>
/// <param name="Account">The account of the stream.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Consumer">The consumer.</param>
/// <param name="Group">The group.</param>
/// <param name="Reason"><c>admin</c> or <c>timeout</c>.</param>
public sealed record ConsumerUnpinnedEvent(string Account, string Stream, string Consumer, string Group, string Reason) : IJetStreamEvent, IDomainInside
{
    public string Subject => JetStreamEvents.AdvisoryOf("CONSUMER.UNPINNED", Stream, Consumer);

    public string Name => "advisory.v1.consumer_group_unpinned";

    public void WriteProperties(Utf8JsonWriter json)
    {
        json.WriteTextUnlessEmpty("account"u8, Account);
        json.WriteString("stream"u8, Stream);
        json.WriteString("consumer"u8, Consumer);
    }

    void IDomainInside.WriteRest(Utf8JsonWriter json, string domain)
    {
        json.WriteTextUnlessEmpty("domain"u8, domain);
        json.WriteString("group"u8, Group);
        json.WriteString("reason"u8, Reason);
    }
}
