namespace NATS.Server.JetStream.Storage;

/// <summary>What gives way when a limit is reached.</summary>
public enum DiscardPolicy
{
    Old,
    New,
}
