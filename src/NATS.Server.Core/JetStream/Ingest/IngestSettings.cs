namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>What of the server <see cref="IngestRules"/> has to know. Immutable.</summary>
public sealed record IngestSettings
{
    /// <summary>The server's <c>max_payload</c>, bytes.</summary>
    public int MaxPayload { get; init; } = 1024 * 1024;

    /// <summary>Finds a time zone of the machine by its name, which is harmless as a path; null when there is none.</summary>
    public required Func<string, TimeZoneInfo?> FindTimeZone { get; init; }
}
