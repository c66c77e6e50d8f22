namespace NATS.Server.JetStream.Storage.Disks;

/// <summary>Any thread. The files below a store directory, and the only way to them: real, or simulated with faults.</summary>
/// <remarks>
/// What was written and what survives a power cut are two things: the content of a file survives once its file is synced, a name (of a new, renamed or
/// deleted file or directory) once the directory that holds it is synced. All calls block and throw <see cref="DiskException"/>. Paths are absolute, with '/'.
/// </remarks>
public interface IDisk
{
    /// <summary>Opens a file for reading and writing.</summary>
    /// <exception cref="DiskException"><see cref="DiskError.NotFound"/> with <see cref="DiskOpen.Existing"/> when it is not there.</exception>
    IDiskFile Open(string path, DiskOpen how);

    bool FileExists(string path);

    bool DirectoryExists(string path);

    /// <summary>What a directory holds, in no order; empty when it is not there.</summary>
    IReadOnlyList<DiskEntry> List(string directory);

    /// <summary>Creates a directory (mode 0700) and those above it; nothing when it is there.</summary>
    void CreateDirectory(string directory);

    /// <summary>Deletes a file; nothing when it is not there.</summary>
    void DeleteFile(string path);

    /// <summary>Deletes a directory and all in it; nothing when it is not there.</summary>
    void DeleteDirectory(string directory);

    /// <summary>Renames a file (in place of one of the new name) or a directory (to a name that is free). Open files stay open.</summary>
    void Rename(string from, string to);

    /// <summary>Makes the names in a directory durable.</summary>
    void SyncDirectory(string directory);

    /// <summary>Makes the content of several files durable, in the way that is cheapest for all of them, and notes for each whether it worked.</summary>
    void Sync(Span<DiskSync> files);

    /// <summary>Free and total bytes where a path lies.</summary>
    DiskSpace SpaceOf(string path);
}
