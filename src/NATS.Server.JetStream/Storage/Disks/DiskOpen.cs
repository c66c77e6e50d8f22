namespace NATS.Server.JetStream.Storage.Disks;

/// <summary>What <see cref="IDisk.Open"/> does when a file is there, or is not.</summary>
public enum DiskOpen
{
    /// <summary>It has to be there.</summary>
    Existing,

    /// <summary>It is created (mode 0600) when it is not there.</summary>
    OrCreate,

    /// <summary>It begins empty.</summary>
    Empty,
}
