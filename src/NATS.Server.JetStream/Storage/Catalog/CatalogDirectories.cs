using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Catalog;

/// <summary>Pure but for the disk. How the directories below that of the store are called, and how they become durable.</summary>
internal static class CatalogDirectories
{
    public const string Streams = "streams";

    public const string Consumers = "obs";

    public const string Messages = "msgs";

    /// <summary>In which an account's backups were received.</summary>
    public const string Snapshots = "__snapshots__";

    /// <summary>What a file is called that nats-server makes to see whether it can.</summary>
    public const string Probe = "_test_";

    /// <summary>Of Raft groups, in the system account.</summary>
    public const string Raft = "_js_";

    /// <summary>The directory that holds a path.</summary>
    public static string Above(string path) => path[..Math.Max(1, path.LastIndexOf('/'))];

    /// <summary>Creates a directory with those above it, and makes all their names durable that may not be.</summary>
    /// <param name="disk">Where.</param>
    /// <param name="path">Of the directory.</param>
    /// <param name="root">The highest directory whose name is in question, above <paramref name="path"/> or the same.</param>
    /// <exception cref="DiskException">Some may have been created.</exception>
    public static void CreateDurably(IDisk disk, string path, string root)
    {
        disk.CreateDirectory(path);
        for (string name = path; name.Length >= root.Length && name.Length > 1; name = Above(name)) disk.SyncDirectory(Above(name));
    }

    /// <summary>Creates a directory with those above it that are not there, and makes their names durable.</summary>
    /// <exception cref="DiskException">Some may have been created.</exception>
    public static void CreateRoot(IDisk disk, string path)
    {
        if (disk.DirectoryExists(path)) return;
        string above = Above(path);
        if (above.Length > 1) CreateRoot(disk, above);
        disk.CreateDirectory(path);
        disk.SyncDirectory(above);
    }
}
