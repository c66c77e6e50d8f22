using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Assets;

/// <summary>Any thread. Small files that are read and replaced as a whole.</summary>
internal static class AssetFiles
{
    public const string Meta = "meta.inf";

    public const string Checksum = "meta.sum";

    public const string Key = "meta.key";

    /// <summary>Of <see cref="Meta"/> and its checksum. nats-server leaves it and the other twins alone.</summary>
    public const string MetaTwin = "meta.twin";

    public const string KeyTwin = "key.twin";

    public const string State = "o.dat";

    public const string StateTwin = "o.twin";

    /// <summary>What a file is called until it is complete.</summary>
    public const string Unfinished = ".tmp";

    // In front, so that nothing which looks for a number at the beginning of a name takes it for what it was.
    private const string Aside = "damaged.";

    // A configuration with thousands of subjects, and a consumer with a million pending messages, are below it.
    private const long Longest = 256L << 20;

    /// <summary>Reads a file.</summary>
    /// <returns>Null when there is none, or it cannot be read: then the problem says why.</returns>
    public static byte[]? Read(IDisk disk, string path, out string? problem)
    {
        problem = null;
        try
        {
            using IDiskFile file = disk.Open(path, DiskOpen.Existing);
            if (file.Length > Longest)
            {
                problem = $"has {file.Length} bytes, which is more than any such file can have";
                return null;
            }

            byte[] content = new byte[file.Length];
            int read = file.Read(0, content);
            return read == content.Length ? content : content[..read];
        }
        catch (DiskException exception)
        {
            problem = exception.Error == DiskError.NotFound ? null : "cannot be read: " + exception.Message;
            return null;
        }
    }

    /// <summary>Puts files in place of others: each is either the old or the new one at any time. Durable when it returns.</summary>
    /// <exception cref="DiskException">Some may have been replaced.</exception>
    public static void Replace(IDisk disk, string directory, params ReadOnlySpan<(string Name, byte[] Content)> files)
    {
        var open = new DiskSync[files.Length];
        try
        {
            for (int i = 0; i < files.Length; i++)
            {
                open[i] = new DiskSync(disk.Open($"{directory}/{files[i].Name}{Unfinished}", DiskOpen.Empty));
                open[i].File.Write(0, files[i].Content);
            }

            disk.Sync(open);
            foreach (DiskSync file in open)
            {
                if (file.Failure is { } failure) throw failure;
            }
        }
        finally
        {
            foreach (DiskSync file in open) file.File?.Dispose();
        }

        foreach ((string name, _) in files) disk.Rename($"{directory}/{name}{Unfinished}", $"{directory}/{name}");
        disk.SyncDirectory(directory);
    }

    /// <summary>Replaces a damaged file, of which a copy is kept beside it for whoever wants to look at it.</summary>
    /// <returns>Null, or why it could not be done: then all is as it was.</returns>
    public static string? Repair(IDisk disk, string directory, string name, byte[] content, byte[]? damaged)
    {
        try
        {
            if (damaged is null) Replace(disk, directory, (name, content));
            else Replace(disk, directory, (Aside + name, damaged), (name, content));
            return null;
        }
        catch (DiskException exception)
        {
            return exception.Message;
        }
    }
}
