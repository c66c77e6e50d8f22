using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.Testing.Disks;

/// <summary>Crashes, and looking at or changing what is on the disk without an operation.</summary>
public sealed partial class SimulatedDisk
{
    /// <summary>The paths of all files, sorted.</summary>
    public IReadOnlyList<string> Files
    {
        get
        {
            lock (_lock)
            {
                List<string> found = [];
                Collect(_root, "", found);
                found.Sort(StringComparer.Ordinal);
                return found;
            }
        }
    }

    /// <summary>The power goes: a new disk with what is left, all of it durable. Without faults, hooks and limits.</summary>
    /// <param name="seed">0: nothing is left that was not synced. 1: everything is left. Others: what chance leaves, the same for the same seed and operations.</param>
    public SimulatedDisk Crash(int seed)
    {
        lock (_lock)
        {
            var cut = new PowerCut(seed, Operations);
            Dictionary<SimulatedDirectory, Dictionary<string, SimulatedNode>> changed = [];
            foreach (NameChange change in cut.Choose(_unsyncedNames)) change.Apply(NamesOf);

            Dictionary<string, SimulatedNode> NamesOf(SimulatedDirectory directory)
            {
                if (!changed.TryGetValue(directory, out Dictionary<string, SimulatedNode>? names))
                    changed[directory] = names = new Dictionary<string, SimulatedNode>(directory.SyncedNames, StringComparer.Ordinal);
                return names;
            }

            var disk = new SimulatedDisk();
            disk._root = disk.AfterCut(_root, directory => changed.GetValueOrDefault(directory, directory.SyncedNames), cut);
            return disk;
        }
    }

    /// <summary>The process dies: a new disk on which everything written stays, unsynced as it was. Without faults, hooks and limits.</summary>
    public SimulatedDisk Kill()
    {
        lock (_lock)
        {
            var disk = new SimulatedDisk { Operations = Operations };
            Dictionary<SimulatedNode, SimulatedNode> copies = [];
            disk._root = (SimulatedDirectory)Copy(_root, copies);
            foreach (NameChange change in _unsyncedNames)
            {
                disk._unsyncedNames.Add(new NameChange(
                    Copy(change.Node, copies),
                    change.Source is null ? null : (SimulatedDirectory)Copy(change.Source, copies),
                    change.SourceName,
                    change.Target is null ? null : (SimulatedDirectory)Copy(change.Target, copies),
                    change.TargetName));
            }

            disk.CountReferences(disk._root);
            return disk;
        }
    }

    /// <summary>What a file holds now; null when there is none.</summary>
    public byte[]? ContentOf(string path)
    {
        lock (_lock) return (Find(path) as SimulatedContent)?.Written.Span.ToArray();
    }

    /// <summary>What of a file is known to survive a power cut; null when its name is not.</summary>
    public byte[]? SyncedContentOf(string path)
    {
        lock (_lock) return (Find(path, synced: true) as SimulatedContent)?.Synced.Span.ToArray();
    }

    /// <summary>Gives a file a content, durable at once, with the directories above it.</summary>
    public void Put(string path, ReadOnlySpan<byte> content)
    {
        lock (_lock)
        {
            SimulatedDirectory directory = _root;
            string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
            foreach (string part in parts.AsSpan(0, parts.Length - 1))
            {
                if (directory.Names.GetValueOrDefault(part) is not SimulatedDirectory next) directory.Names[part] = next = new SimulatedDirectory();
                directory.SyncedNames[part] = next;
                directory = next;
            }

            if (directory.Names.GetValueOrDefault(parts[^1]) is not SimulatedContent file)
                directory.Names[parts[^1]] = file = new SimulatedContent { References = 1 };
            directory.SyncedNames[parts[^1]] = file;
            Resize(file, 0);
            Resize(file, content.Length);
            file.Written.Write(0, content);
            file.Unsynced.Clear();
            file.Synced.CopyFrom(file.Written);
        }
    }

    /// <summary>Turns a bit of a file round, durably: bit 0 is the lowest of the first byte.</summary>
    public void FlipBit(string path, long bit)
    {
        lock (_lock)
        {
            var content = Find(path) as SimulatedContent ?? throw Failure(DiskError.NotFound, "flip a bit of", path, "No such file");
            int index = (int)(bit / 8);
            byte mask = (byte)(1 << (int)(bit % 8));
            content.Written.Span[index] ^= mask;
            if (index < content.Synced.Length) content.Synced.Span[index] ^= mask;
            for (int i = 0; i < content.Unsynced.Count; i++)
            {
                UnsyncedChange change = content.Unsynced[i];
                if (change.Data is null || index < change.Offset || index >= change.Offset + change.Data.Length) continue;
                byte[] data = [.. change.Data];
                data[index - change.Offset] ^= mask;
                content.Unsynced[i] = change with { Data = data };
            }
        }
    }

    private static void Collect(SimulatedDirectory directory, string path, List<string> found)
    {
        foreach ((string name, SimulatedNode node) in directory.Names)
        {
            if (node is SimulatedDirectory below) Collect(below, path + "/" + name, found);
            else found.Add(path + "/" + name);
        }
    }

    private static SimulatedNode Copy(SimulatedNode node, Dictionary<SimulatedNode, SimulatedNode> copies)
    {
        if (copies.TryGetValue(node, out SimulatedNode? copy)) return copy;
        if (node is SimulatedContent content)
        {
            var file = new SimulatedContent();
            copies[node] = file;
            file.Written.CopyFrom(content.Written);
            file.Synced.CopyFrom(content.Synced);
            file.Unsynced.AddRange(content.Unsynced);
            return file;
        }

        var directory = new SimulatedDirectory();
        copies[node] = directory;
        foreach ((string name, SimulatedNode below) in ((SimulatedDirectory)node).Names) directory.Names[name] = Copy(below, copies);
        foreach ((string name, SimulatedNode below) in ((SimulatedDirectory)node).SyncedNames) directory.SyncedNames[name] = Copy(below, copies);
        return directory;
    }

    private SimulatedDirectory AfterCut(SimulatedDirectory directory, Func<SimulatedDirectory, Dictionary<string, SimulatedNode>> namesOf, PowerCut cut)
    {
        var copy = new SimulatedDirectory();
        foreach ((string name, SimulatedNode node) in namesOf(directory))
        {
            SimulatedNode left;
            if (node is SimulatedContent content)
            {
                var file = new SimulatedContent { References = 1 };
                file.Synced.CopyFrom(content.Synced);
                cut.Apply(content.Unsynced, file.Synced);
                file.Written.CopyFrom(file.Synced);
                _usedBytes += file.Written.Length;
                left = file;
            }
            else
            {
                left = AfterCut((SimulatedDirectory)node, namesOf, cut);
            }

            copy.Names[name] = left;
            copy.SyncedNames[name] = left;
        }

        return copy;
    }

    private void CountReferences(SimulatedDirectory directory)
    {
        foreach (SimulatedNode node in directory.Names.Values)
        {
            if (node is SimulatedContent content)
            {
                content.References = 1;
                _usedBytes += content.Written.Length;
            }
            else
            {
                CountReferences((SimulatedDirectory)node);
            }
        }
    }
}
