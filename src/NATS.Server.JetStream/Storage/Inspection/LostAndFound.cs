using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Inspection;

/// <summary>
/// Owned by one repair. Where the files of a stream go that are damaged or in the way: <c>lost+found/TIME</c> in its directory, with their names and directories. Servers do not look there.
/// </summary>
internal sealed class LostAndFound
{
    public const string Name = "lost+found";

    private const int CopyBytes = 1 << 20;

    private readonly IDisk _disk;
    private readonly string _stream;
    private readonly string _place;
    private readonly HashSet<string> _kept = new(StringComparer.Ordinal);

    /// <summary>Names the place; it is made when it is needed.</summary>
    /// <param name="disk">Where the stream is.</param>
    /// <param name="stream">Its directory.</param>
    /// <param name="stamp">Says when: part of the name.</param>
    public LostAndFound(IDisk disk, string stream, string stamp)
    {
        _disk = disk;
        _stream = stream;
        _place = $"{stream}/{Name}/{stamp}";
    }

    /// <summary>What is there by now, below the stream's directory.</summary>
    public IEnumerable<string> Kept => _kept.Order(StringComparer.Ordinal);

    /// <summary>Copies a file there, durably; nothing when there is none, or it was copied already.</summary>
    /// <exception cref="DiskException">There is no whole copy.</exception>
    public void Copy(string path)
    {
        if (!_disk.FileExists(path) || !TryTake(path, out string target)) return;
        using (IDiskFile from = _disk.Open(path, DiskOpen.Existing))
        using (IDiskFile to = _disk.Open(target, DiskOpen.Empty))
        {
            byte[] buffer = new byte[Math.Min(CopyBytes, Math.Max(1, from.Length))];
            long at = 0;
            for (int read = from.Read(0, buffer); read > 0; read = from.Read(at, buffer))
            {
                to.Write(at, buffer.AsSpan(0, read));
                at += read;
            }

            to.Sync();
        }

        Sync(target);
    }

    /// <summary>Moves a file or directory there, durably; nothing when there is none.</summary>
    /// <exception cref="DiskException">It is where it was, or there.</exception>
    public void Move(string path)
    {
        if (!_disk.FileExists(path) && !_disk.DirectoryExists(path)) return;
        if (!TryTake(path, out string target))
        {
            // There is a copy: it may go.
            _disk.DeleteFile(path);
            return;
        }

        Sync(target);
        _disk.Rename(path, target);
        Sync(target);
        _disk.SyncDirectory(ParentOf(path));
    }

    private static string ParentOf(string path) => path[..path.LastIndexOf('/')];

    private bool TryTake(string path, out string target)
    {
        string below = path[(_stream.Length + 1)..];
        target = $"{_place}/{below}";
        if (!_kept.Add($"{_place[(_stream.Length + 1)..]}/{below}")) return false;
        _disk.CreateDirectory(ParentOf(target));
        return true;
    }

    // All names down to a file.
    private void Sync(string target)
    {
        for (string directory = ParentOf(target); directory.Length >= _stream.Length; directory = ParentOf(directory)) _disk.SyncDirectory(directory);
    }
}
