namespace NATS.Server.JetStream.Storage.Disks;

/// <summary>A file or directory that <see cref="IDisk.List"/> found: its name without the path; the length of a file in bytes.</summary>
public readonly record struct DiskEntry(string Name, bool IsDirectory, long Length);
