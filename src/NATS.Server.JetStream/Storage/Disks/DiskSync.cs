namespace NATS.Server.JetStream.Storage.Disks;

/// <summary>A file to be synced together with others, and afterwards why it could not be, or null.</summary>
public record struct DiskSync(IDiskFile File)
{
    public DiskException? Failure { get; set; }
}
