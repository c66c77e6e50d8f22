namespace NATS.Server.JetStream.Storage;

/// <summary>How blocks that are complete are kept on disk.</summary>
public enum MessageCompression
{
    None,
    S2,
}
