namespace NATS.Server.JetStream.Storage.Disks;

/// <summary>Why a <see cref="DiskException"/> was thrown.</summary>
public enum DiskError
{
    /// <summary>The device failed, or anything that is not one of the others.</summary>
    Device,

    /// <summary>No space, or no quota, is left. Nothing is damaged by it.</summary>
    Full,

    NotFound,

    /// <summary>Not permitted, or the file system is read-only.</summary>
    Denied,
}
