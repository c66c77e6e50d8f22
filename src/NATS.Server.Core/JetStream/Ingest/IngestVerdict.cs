namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>What becomes of a published message.</summary>
public enum IngestVerdict
{
    /// <summary>It is stored.</summary>
    Store,

    /// <summary>It takes a sequence but is not stored: nobody is interested, and only what somebody is interested in is kept.</summary>
    Skip,

    /// <summary>A message with its id was stored before: <see cref="IngestPlan.DuplicateOf"/>.</summary>
    Duplicate,

    /// <summary><see cref="IngestPlan.Error"/> says why.</summary>
    Refuse,

    /// <summary>It is one of an atomic batch, about which <see cref="BatchPublisher"/> decides.</summary>
    Batch,
}
