namespace NATS.Server.JetStream.Storage.Disks;

/// <summary>Any thread. Another disk as it would be after changes: it is only read, and what is written stays in memory and goes with this object.</summary>
/// <remarks>A file that is changed is held whole in memory; one that is only read, renamed or deleted costs a name.</remarks>
public sealed class OverlayDisk : IDisk
{
    private readonly Lock _lock = new();
    private readonly IDisk _below;
    private readonly OverlayDirectory _root = new("");

    /// <summary>Lays itself over a disk.</summary>
    /// <param name="below">Only <see cref="IDisk.List"/>, <see cref="IDisk.DirectoryExists"/> and <see cref="IDisk.Open"/> of existing files, to read them, are called.</param>
    public OverlayDisk(IDisk below) => _below = below;

    /// <summary>Whether anything was written.</summary>
    public bool IsChanged { get; private set; }

    public IDiskFile Open(string path, DiskOpen how)
    {
        lock (_lock)
        {
            OverlayDirectory parent = ParentOf(path, "open", out string name);
            OverlayNode? node = parent.Find(_below, name);
            if (node is OverlayDirectory) throw Failure(DiskError.Device, "open", path, "Is a directory");
            if (node is null && how == DiskOpen.Existing) throw Failure(DiskError.NotFound, "open", path, "No such file or directory");
            if (node is null || how == DiskOpen.Empty)
            {
                IsChanged = true;
                var content = node as OverlayContent ?? new OverlayContent(null, 0);
                content.SetLength(_below, 0);
                parent.Put(name, content);
                node = content;
            }

            return new OverlayFile(this, (OverlayContent)node, path);
        }
    }

    public bool FileExists(string path)
    {
        lock (_lock) return Find(path) is OverlayContent;
    }

    public bool DirectoryExists(string path)
    {
        lock (_lock) return Find(path) is OverlayDirectory;
    }

    public IReadOnlyList<DiskEntry> List(string directory)
    {
        lock (_lock)
        {
            return Find(directory) is OverlayDirectory found
                ? [.. found.All(_below).Select(pair => new DiskEntry(pair.Key, pair.Value is OverlayDirectory, (pair.Value as OverlayContent)?.LengthIn(_below) ?? 0))]
                : [];
        }
    }

    public void CreateDirectory(string directory)
    {
        if (DirectoryExists(directory)) return;
        int slash = directory.LastIndexOf('/');
        if (slash > 0) CreateDirectory(directory[..slash]);
        lock (_lock)
        {
            OverlayDirectory parent = ParentOf(directory, "create directory", out string name);
            if (parent.Find(_below, name) is OverlayContent) throw Failure(DiskError.Device, "create directory", directory, "File exists");
            IsChanged = true;
            parent.Put(name, new OverlayDirectory(null));
        }
    }

    public void DeleteFile(string path) => Delete(path, isDirectory: false);

    public void DeleteDirectory(string directory) => Delete(directory, isDirectory: true);

    public void Rename(string from, string to)
    {
        lock (_lock)
        {
            OverlayDirectory source = ParentOf(from, "rename", out string sourceName);
            OverlayDirectory target = ParentOf(to, "rename", out string targetName);
            OverlayNode node = source.Find(_below, sourceName) ?? throw Failure(DiskError.NotFound, "rename", from, "No such file or directory");
            if (target.Find(_below, targetName) is { } there && (node is OverlayDirectory || there is OverlayDirectory)) throw Failure(DiskError.Device, "rename", from, "Directory not empty");
            IsChanged = true;
            source.Take(_below, sourceName);
            target.Put(targetName, node);
        }
    }

    public void SyncDirectory(string directory)
    {
        if (!DirectoryExists(directory)) throw Failure(DiskError.NotFound, "sync directory", directory, "No such file or directory");
    }

    public void Sync(Span<DiskSync> files)
    {
        foreach (ref DiskSync file in files) file.Failure = null;
    }

    public DiskSpace SpaceOf(string path) => _below.SpaceOf(path);

    internal static DiskException Failure(DiskError error, string operation, string path, string reason) => new(error, path, $"{operation} {path}: {reason}");

    internal long LengthOf(OverlayContent content)
    {
        lock (_lock) return content.LengthIn(_below);
    }

    internal int Read(OverlayContent content, long offset, Span<byte> buffer)
    {
        lock (_lock) return content.Read(_below, offset, buffer);
    }

    internal void Write(OverlayContent content, long offset, ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            IsChanged = true;
            content.Write(_below, offset, data);
        }
    }

    internal void SetLength(OverlayContent content, long length)
    {
        lock (_lock)
        {
            IsChanged = true;
            content.SetLength(_below, length);
        }
    }

    private static string[] Parts(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    private void Delete(string path, bool isDirectory)
    {
        lock (_lock)
        {
            if (Find(path) is not { } node) return;
            if (node is OverlayDirectory != isDirectory) throw Failure(DiskError.Device, "delete", path, isDirectory ? "Not a directory" : "Is a directory");
            IsChanged = true;
            ParentOf(path, "delete", out string name).Take(_below, name);
        }
    }

    private OverlayNode? Find(string path)
    {
        OverlayNode? node = _root;
        foreach (string part in Parts(path))
        {
            if (node is not OverlayDirectory directory) return null;
            node = directory.Find(_below, part);
        }

        return node;
    }

    private OverlayDirectory ParentOf(string path, string operation, out string name)
    {
        string[] parts = Parts(path);
        name = parts[^1];
        OverlayNode? node = _root;
        foreach (string part in parts.AsSpan(0, parts.Length - 1)) node = (node as OverlayDirectory)?.Find(_below, part);
        return node as OverlayDirectory ?? throw Failure(DiskError.NotFound, operation, path, "No such file or directory");
    }
}
