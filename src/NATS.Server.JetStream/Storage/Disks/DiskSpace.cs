namespace NATS.Server.JetStream.Storage.Disks;

/// <summary>Bytes of a device: what a process without privileges may still use, and all.</summary>
public readonly record struct DiskSpace(long AvailableBytes, long TotalBytes);
