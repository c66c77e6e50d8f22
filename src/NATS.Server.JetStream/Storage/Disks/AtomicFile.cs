using System.Diagnostics.CodeAnalysis;

namespace NATS.Server.JetStream.Storage.Disks;

/// <summary>Any thread, one for a path. Files that are written whole: after a power cut there is the old content or the new, never anything else.</summary>
public static class AtomicFile
{
    /// <summary>What is added to the name until the content is complete. nats-server uses the same, and both ignore what an interruption leaves behind.</summary>
    public const string Suffix = ".tmp";

    /// <summary>Gives a file a content; when it returns, content and name are durable.</summary>
    /// <param name="disk">Where.</param>
    /// <param name="path">Of the file; its directory has to be there.</param>
    /// <param name="content">All of it.</param>
    /// <exception cref="DiskException">
    /// The old content is still there, and stays after a power cut; only when the directory could not be synced it is the new one, which may not stay.
    /// </exception>
    public static void Write(IDisk disk, string path, ReadOnlySpan<byte> content)
    {
        Replace(disk, path, content);
        disk.SyncDirectory(DirectoryOf(path));
    }

    /// <summary>As <see cref="Write"/> without the sync of the directory: for several files of one, which the caller syncs once at the end.</summary>
    public static void Replace(IDisk disk, string path, ReadOnlySpan<byte> content)
    {
        string unfinished = path + Suffix;
        try
        {
            using (IDiskFile file = disk.Open(unfinished, DiskOpen.Empty))
            {
                file.Write(0, content);
                file.Sync();
            }

            disk.Rename(unfinished, path);
        }
        catch (DiskException)
        {
            Discard(disk, unfinished);
            throw;
        }
    }

    /// <summary>The content of a file.</summary>
    /// <param name="disk">Where.</param>
    /// <param name="path">Of the file.</param>
    /// <param name="maximumLength">A longer file is not read.</param>
    /// <param name="content">Null when the file is not there or is too long.</param>
    /// <returns>Whether it was read. An empty file has an empty content.</returns>
    /// <exception cref="DiskException">It is there and could not be read.</exception>
    public static bool TryRead(IDisk disk, string path, int maximumLength, [NotNullWhen(true)] out byte[]? content)
    {
        content = null;
        IDiskFile file;
        try
        {
            file = disk.Open(path, DiskOpen.Existing);
        }
        catch (DiskException missing) when (missing.Error == DiskError.NotFound)
        {
            return false;
        }

        using (file)
        {
            long length = file.Length;
            if (length > maximumLength) return false;
            content = new byte[length];
            int read = file.Read(0, content);
            if (read < content.Length) content = content[..read];
            return true;
        }
    }

    private static string DirectoryOf(string path) => path.LastIndexOf('/') is > 0 and int slash ? path[..slash] : "/";

    private static void Discard(IDisk disk, string unfinished)
    {
        try
        {
            disk.DeleteFile(unfinished);
        }
        catch (DiskException)
        {
            // The first failure is the one that is told. What is left is overwritten by the next attempt and ignored by every reader.
        }
    }
}
