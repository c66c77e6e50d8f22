namespace NATS.Server.Core.JetStream.Streams;

/// <summary>When messages go away: by limits alone, without interest of a consumer, or with the first acknowledgement.</summary>
public enum RetentionPolicy
{
    Limits,
    Interest,
    WorkQueue,
}

/// <summary>What makes room at a limit: the oldest message goes, or the new one is refused.</summary>
public enum DiscardPolicy
{
    Old,
    New,
}

/// <summary>Where messages are. A request need not say it.</summary>
public enum StorageType
{
    Unset,
    File,
    Memory,
}

/// <summary>How blocks of messages are compressed.</summary>
public enum StoreCompression
{
    None,
    S2,
}

/// <summary>Whether messages are written to files before they are acknowledged, or later.</summary>
public enum PersistMode
{
    Default,
    Async,
}
