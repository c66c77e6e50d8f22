using System.Text.Json;

namespace NATS.Server.Core.JetStream.Api;

/// <summary>What JetStream publishes about itself: an advisory or a measurement.</summary>
public interface IJetStreamEvent
{
    /// <summary>Where it is published.</summary>
    string Subject { get; }

    /// <summary>The name in its type, such as <c>advisory.v1.nak</c>.</summary>
    string Name { get; }

    /// <summary>Writes the properties that follow type, id and time, but for the domain where that is the last, into an open object.</summary>
    void WriteProperties(Utf8JsonWriter json);
}
