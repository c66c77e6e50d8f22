namespace NATS.Server.Core.Storage;

/// <summary>What was found where a record should begin.</summary>
public enum RecordStatus
{
    Good,

    /// <summary>Less than a record: its writing was cut off, or its length is damaged.</summary>
    Short,

    /// <summary>Its lengths contradict each other.</summary>
    Malformed,

    /// <summary>Its checksum does not match.</summary>
    BadHash,
}
