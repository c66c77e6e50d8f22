using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.Testing.Disks;

/// <summary>Any thread. A disk in memory that keeps apart what was written and what was synced, and fails as it is told to.</summary>
/// <remarks>
/// It is as forgetful as the contract of <see cref="IDisk"/> allows, and more than most file systems are: a synced file is gone after a power cut when its
/// name was not synced, and a file whose sync has failed has lost, for ever, part of what was written before. Copies made by <see cref="Crash"/> and
/// <see cref="Kill"/> are disks of their own; this one goes on, so that one run of a workload can be cut at every operation (<see cref="Before"/>).
/// </remarks>
public sealed partial class SimulatedDisk : IDisk
{
    private readonly Lock _lock = new();
    private readonly List<DiskFault> _faults = [];
    private readonly List<NameChange> _unsyncedNames = [];
    private SimulatedDirectory _root = new();
    private long _usedBytes;

    /// <summary>Called before each operation, outside of all locks.</summary>
    public DiskHook? Before { get; set; }

    /// <summary>How many operations there were, failed ones too.</summary>
    public long Operations { get; private set; }

    /// <summary>How many of them were of the kinds <see cref="DiskOperations.Changes"/>.</summary>
    public long Changes { get; private set; }

    /// <summary>How many of them were syncs of files or directories.</summary>
    public long Syncs { get; private set; }

    /// <summary>The size of the device; a write for which there is no room writes what fits and fails with <see cref="DiskError.Full"/>.</summary>
    public long CapacityBytes { get; set; } = long.MaxValue;

    /// <summary>The lengths of all files that have a name or are open.</summary>
    public long UsedBytes
    {
        get
        {
            lock (_lock) return _usedBytes;
        }
    }

    /// <summary>What operations cost; null: nothing.</summary>
    public DiskCosts? Costs { get; set; }

    /// <summary>What they have cost so far.</summary>
    public long ElapsedNs { get; private set; }

    /// <summary>How many files are open, each as often as it was opened.</summary>
    public int OpenFiles { get; private set; }

    /// <summary>Lets operations fail. The fault is returned for reading its count.</summary>
    public DiskFault Fail(DiskFault fault)
    {
        lock (_lock) _faults.Add(fault);
        return fault;
    }

    /// <summary>Nothing fails any more.</summary>
    public void Heal()
    {
        lock (_lock) _faults.Clear();
    }

    public IDiskFile Open(string path, DiskOpen how)
    {
        Announce(how == DiskOpen.Existing || IsFile(path) ? DiskOperations.Open : DiskOperations.Create, path);
        lock (_lock)
        {
            SimulatedNode? node = Find(path);
            bool isThere = node is SimulatedContent;
            if (!isThere && how == DiskOpen.Existing && node is null)
            {
                Count(DiskOperations.Open, path);
                throw Failure(DiskError.NotFound, "open", path, "No such file or directory");
            }

            Count(isThere ? DiskOperations.Open : DiskOperations.Create, path);
            if (node is SimulatedDirectory) throw Failure(DiskError.Device, "open", path, "Is a directory");
            if (node is not SimulatedContent content)
            {
                content = new SimulatedContent { References = 1 };
                (SimulatedDirectory parent, string name) = ParentOf(path, "create");
                Change(new NameChange(content, null, "", parent, name));
            }
            else if (how == DiskOpen.Empty && content.Written.Length > 0)
            {
                SetLength(content, 0);
            }

            content.References++;
            OpenFiles++;
            return new SimulatedFile(this, content, path);
        }
    }

    public bool FileExists(string path) => IsFile(path);

    public bool DirectoryExists(string path)
    {
        lock (_lock) return Find(path) is SimulatedDirectory;
    }

    public IReadOnlyList<DiskEntry> List(string directory)
    {
        Announce(DiskOperations.List, directory);
        lock (_lock)
        {
            Count(DiskOperations.List, directory);
            return Find(directory) is SimulatedDirectory found
                ? [.. found.Names.Select(pair => new DiskEntry(pair.Key, pair.Value is SimulatedDirectory, (pair.Value as SimulatedContent)?.Written.Length ?? 0))]
                : [];
        }
    }

    public void CreateDirectory(string directory)
    {
        if (DirectoryExists(directory)) return;
        int slash = directory.LastIndexOf('/');
        if (slash > 0) CreateDirectory(directory[..slash]);
        Announce(DiskOperations.CreateDirectory, directory);
        lock (_lock)
        {
            Count(DiskOperations.CreateDirectory, directory);
            if (Find(directory) is SimulatedDirectory) return;
            (SimulatedDirectory parent, string name) = ParentOf(directory, "create directory");
            if (parent.Names.ContainsKey(name)) throw Failure(DiskError.Device, "create directory", directory, "File exists");
            Change(new NameChange(new SimulatedDirectory(), null, "", parent, name));
        }
    }

    public void DeleteFile(string path)
    {
        Announce(DiskOperations.Delete, path);
        lock (_lock)
        {
            Count(DiskOperations.Delete, path);
            SimulatedNode? node = Find(path);
            if (node is null) return;
            if (node is not SimulatedContent content) throw Failure(DiskError.Device, "delete", path, "Is a directory");
            (SimulatedDirectory parent, string name) = ParentOf(path, "delete");
            Change(new NameChange(content, parent, name, null, ""));
            Release(content);
        }
    }

    public void DeleteDirectory(string directory)
    {
        foreach (DiskEntry entry in List(directory))
        {
            string path = directory + "/" + entry.Name;
            if (entry.IsDirectory) DeleteDirectory(path);
            else DeleteFile(path);
        }

        Announce(DiskOperations.DeleteDirectory, directory);
        lock (_lock)
        {
            Count(DiskOperations.DeleteDirectory, directory);
            if (Find(directory) is not SimulatedDirectory found) return;
            if (found.Names.Count > 0) throw Failure(DiskError.Device, "delete directory", directory, "Directory not empty");
            (SimulatedDirectory parent, string name) = ParentOf(directory, "delete directory");
            Change(new NameChange(found, parent, name, null, ""));
        }
    }

    public void Rename(string from, string to)
    {
        Announce(DiskOperations.Rename, from, target: to);
        lock (_lock)
        {
            Count(DiskOperations.Rename, from, to);
            SimulatedNode node = Find(from) ?? throw Failure(DiskError.NotFound, "rename", from, "No such file or directory");
            (SimulatedDirectory source, string sourceName) = ParentOf(from, "rename");
            (SimulatedDirectory target, string targetName) = ParentOf(to, "rename");
            SimulatedNode? replaced = target.Names.GetValueOrDefault(targetName);
            if (replaced == node) return;
            if (replaced is SimulatedDirectory || (replaced is not null && node is SimulatedDirectory)) throw Failure(DiskError.Device, "rename", from, "Directory not empty");
            Change(new NameChange(node, source, sourceName, target, targetName));
            if (replaced is SimulatedContent content) Release(content);
        }
    }

    public void SyncDirectory(string directory)
    {
        Announce(DiskOperations.SyncDirectory, directory);
        lock (_lock)
        {
            Count(DiskOperations.SyncDirectory, directory);
            Spend(Costs?.SyncNs ?? 0);
            if (Find(directory) is not SimulatedDirectory found) throw Failure(DiskError.NotFound, "sync directory", directory, "No such file or directory");

            // What an earlier change in another directory led to here becomes durable with it.
            HashSet<SimulatedDirectory> reached = [found];
            var durable = new List<NameChange>();
            for (int i = _unsyncedNames.Count - 1; i >= 0; i--)
            {
                NameChange change = _unsyncedNames[i];
                if (!reached.Any(change.Touches)) continue;
                if (change.Source is not null) reached.Add(change.Source);
                if (change.Target is not null) reached.Add(change.Target);
                durable.Add(change);
                _unsyncedNames.RemoveAt(i);
            }

            durable.Reverse();
            foreach (NameChange change in durable) change.Apply(touched => touched.SyncedNames);
        }
    }

    public void Sync(Span<DiskSync> files)
    {
        for (int i = 0; i < files.Length; i++)
        {
            if (files[i].File is not SimulatedFile file || file.Disk != this) throw new ArgumentException("A file of another disk", nameof(files));
            try
            {
                Sync(file.Opened(), file.Path, isFirst: i == 0);
                files[i].Failure = null;
            }
            catch (DiskException problem)
            {
                files[i].Failure = problem;
            }
        }
    }

    public DiskSpace SpaceOf(string path)
    {
        Announce(DiskOperations.Space, path);
        lock (_lock)
        {
            Count(DiskOperations.Space, path);
            return new DiskSpace(Math.Max(0, CapacityBytes - _usedBytes), CapacityBytes);
        }
    }

    internal long LengthOf(SimulatedContent content)
    {
        lock (_lock) return content.Written.Length;
    }

    internal int Read(SimulatedContent content, string path, long offset, Span<byte> buffer)
    {
        Announce(DiskOperations.Read, path, offset: offset);
        lock (_lock)
        {
            Count(DiskOperations.Read, path, offset: offset);
            if (offset >= content.Written.Length) return 0;
            int count = (int)Math.Min(buffer.Length, content.Written.Length - offset);
            content.Written.Span.Slice((int)offset, count).CopyTo(buffer);
            Spend(count * (Costs?.ByteNs ?? 0));
            return count;
        }
    }

    internal void Write(SimulatedContent content, string path, long offset, ReadOnlySpan<byte> data)
    {
        Announce(DiskOperations.Write, path, offset: offset, data: data);
        lock (_lock)
        {
            DiskFault? fault = Note(DiskOperations.Write, path, offset: offset);
            int room = (int)Math.Clamp(CapacityBytes - _usedBytes + content.Written.Length - offset, 0, data.Length);
            int written = fault is null ? room : Math.Min(fault.Written, room);
            if (written > 0)
            {
                byte[] copy = data[..written].ToArray();
                Resize(content, Math.Max(content.Written.Length, offset + written));
                content.Written.Write(offset, copy);
                content.Unsynced.Add(new UnsyncedChange(Operations - 1, offset, copy));
                Spend(written * (Costs?.ByteNs ?? 0));
            }

            if (fault is not null) throw Failure(fault.Error, "write", path, "fault");
            if (written < data.Length) throw Failure(DiskError.Full, "write", path, "No space left on device");
        }
    }

    internal void Truncate(SimulatedContent content, string path, long length)
    {
        Announce(DiskOperations.Truncate, path, offset: length);
        lock (_lock)
        {
            Count(DiskOperations.Truncate, path, offset: length);
            if (length - content.Written.Length > CapacityBytes - _usedBytes) throw Failure(DiskError.Full, "truncate", path, "No space left on device");
            SetLength(content, length);
        }
    }

    internal void Sync(SimulatedContent content, string path, bool isFirst)
    {
        Announce(DiskOperations.Sync, path);
        lock (_lock)
        {
            DiskFault? fault = Note(DiskOperations.Sync, path);
            if (isFirst) Spend(Costs?.SyncNs ?? 0);
            if (fault is null)
            {
                content.Sync();
                return;
            }

            // The system takes the pages for clean now: what did not reach the device will not be written by the next sync either.
            new PowerCut((int)(Operations % int.MaxValue) + 2, Operations).Apply(content.Unsynced, content.Synced);
            content.Unsynced.Clear();
            throw Failure(fault.Error, "sync", path, "fault");
        }
    }

    internal void Close(SimulatedContent content)
    {
        lock (_lock)
        {
            OpenFiles--;
            Release(content);
        }
    }

    internal void Release(SimulatedContent content)
    {
        lock (_lock)
        {
            if (--content.References == 0) _usedBytes -= content.Written.Length;
        }
    }

    private static DiskException Failure(DiskError error, string operation, string path, string reason) => new(error, path, $"{operation} {path}: {reason}");

    private void Announce(DiskOperations kind, string path, string? target = null, long offset = 0, ReadOnlySpan<byte> data = default) =>
        Before?.Invoke(new DiskOperation { Number = Operations, Kind = kind, Path = path, Target = target, Offset = offset, Data = data });

    private void Count(DiskOperations kind, string path, string? target = null, long offset = 0)
    {
        if (Note(kind, path, target, offset) is { } fault) throw Failure(fault.Error, kind.ToString(), path, "fault");
    }

    private DiskFault? Note(DiskOperations kind, string path, string? target = null, long offset = 0)
    {
        var operation = new DiskOperation { Number = Operations++, Kind = kind, Path = path, Target = target, Offset = offset };
        if (operation.IsChange) Changes++;
        if (kind is DiskOperations.Sync or DiskOperations.SyncDirectory) Syncs++;
        Spend(Costs?.OperationNs ?? 0);
        DiskFault? struck = null;
        foreach (DiskFault fault in _faults)
        {
            if (fault.Strikes(operation)) struck ??= fault;
        }

        return struck;
    }

    private void Spend(long costNs) => ElapsedNs += costNs;

    private void SetLength(SimulatedContent content, long length)
    {
        Resize(content, length);
        content.Unsynced.Add(new UnsyncedChange(Operations - 1, length, null));
    }

    private void Resize(SimulatedContent content, long length)
    {
        _usedBytes += length - content.Written.Length;
        content.Written.SetLength(length);
    }

    private void Change(NameChange change)
    {
        change.Apply(directory => directory.Names);
        _unsyncedNames.Add(change);
    }

    private bool IsFile(string path)
    {
        lock (_lock) return Find(path) is SimulatedContent;
    }

    private SimulatedNode? Find(string path, bool synced = false)
    {
        if (path.Length == 0 || path[0] != '/') throw new ArgumentException($"Not an absolute path: '{path}'", nameof(path));
        SimulatedNode node = _root;
        foreach (Range range in path.AsSpan().Split('/'))
        {
            ReadOnlySpan<char> part = path.AsSpan(range);
            if (part.IsEmpty) continue;
            if (node is not SimulatedDirectory directory) return null;
            Dictionary<string, SimulatedNode> names = synced ? directory.SyncedNames : directory.Names;
            if (!names.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(part, out node!)) return null;
        }

        return node;
    }

    private (SimulatedDirectory Parent, string Name) ParentOf(string path, string operation)
    {
        string trimmed = path.TrimEnd('/');
        int slash = trimmed.LastIndexOf('/');
        if (slash < 0 || slash == trimmed.Length - 1) throw new ArgumentException($"Not a name below the root: '{path}'", nameof(path));
        return Find(slash == 0 ? "/" : trimmed[..slash]) is SimulatedDirectory parent
            ? (parent, trimmed[(slash + 1)..])
            : throw Failure(DiskError.NotFound, operation, path, "No such file or directory");
    }
}
