namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>Which messages a message takes the place of.</summary>
public enum IngestRollup : byte
{
    None,

    /// <summary>Those of its subject.</summary>
    Subject,

    /// <summary>All of the stream.</summary>
    All,
}
