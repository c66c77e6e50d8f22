using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Recovery;

/// <summary>Any thread. Whole files of an <see cref="IDisk"/>.</summary>
internal static class DiskFiles
{
    /// <summary>Reads a file.</summary>
    /// <param name="disk">Where it is.</param>
    /// <param name="path">Of the file.</param>
    /// <param name="longest">A longer one is not read.</param>
    /// <param name="problem">Why there is no content though there is a file, or null.</param>
    /// <returns>Null without a file, or when it cannot be read.</returns>
    public static byte[]? Read(IDisk disk, string path, long longest, out string? problem)
    {
        problem = null;
        try
        {
            using IDiskFile file = disk.Open(path, DiskOpen.Existing);
            long length = file.Length;
            if (length > longest)
            {
                problem = $"it has {length} bytes";
                return null;
            }

            byte[] content = GC.AllocateUninitializedArray<byte>((int)length);
            int read = file.Read(0, content);
            return read == content.Length ? content : content[..read];
        }
        catch (DiskException failure)
        {
            if (failure.Error != DiskError.NotFound) problem = failure.Message;
            return null;
        }
    }

    /// <summary>Puts a file in the place of another, so that at any time one of both is there, and durable once this returns.</summary>
    /// <exception cref="DiskException">It could not be written. The old one is still there.</exception>
    public static void Replace(IDisk disk, string directory, string name, Action<IDiskFile> write)
    {
        string path = $"{directory}/{name}";
        string unfinished = path + StoreFileNames.Unfinished;
        using (IDiskFile file = disk.Open(unfinished, DiskOpen.Empty))
        {
            write(file);
            file.Sync();
        }

        disk.Rename(unfinished, path);
        disk.SyncDirectory(directory);
    }

    /// <summary>Deletes a file that nothing needs; that it could not be deleted does not matter.</summary>
    public static void Discard(IDisk disk, string path)
    {
        try
        {
            disk.DeleteFile(path);
        }
        catch (DiskException)
        {
            // It is left for the next time.
        }
    }
}
