using NATS.Server.Core.JetStream.Errors;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>Pure. What the publisher is told when the store refuses a message.</summary>
public static class IngestErrors
{
    /// <summary>The stream has as many messages as it may, and discards new ones.</summary>
    public static ApiError MaximumMessages => ApiErrors.StreamStoreFailed("maximum messages exceeded");

    /// <summary>The stream has as many bytes as it may, and discards new messages.</summary>
    public static ApiError MaximumBytes => ApiErrors.StreamStoreFailed("maximum bytes exceeded");

    /// <summary>The subject has as many messages as it may, and discards new ones.</summary>
    public static ApiError MaximumMessagesPerSubject => ApiErrors.StreamStoreFailed("maximum messages per subject exceeded");

    /// <summary>No record can hold the message.</summary>
    public static ApiError TooLarge => ApiErrors.StreamStoreFailed("message too large");
}
