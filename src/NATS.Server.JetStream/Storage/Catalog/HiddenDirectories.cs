using System.Text;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Catalog;

/// <summary>
/// Thread-safe. Directories among those of streams whose names begin with a dot: what is in one is being made, or is to be removed. Whatever a start finds under such a name
/// is removed, by nats-server too.
/// </summary>
internal sealed class HiddenDirectories(IDisk disk, Action? wake)
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _inUse = new(StringComparer.Ordinal);
    private readonly Queue<string> _condemned = [];
    private long _number;

    /// <summary>How many directories are to be removed.</summary>
    public int Condemned
    {
        get
        {
            lock (_lock) return _condemned.Count;
        }
    }

    /// <summary>A name that nothing has, and that is not given out again; in use until <see cref="Free"/> or <see cref="Condemn"/>.</summary>
    /// <param name="directory">In which.</param>
    /// <param name="name">Of what is made or removed, so that somebody who looks knows.</param>
    public string NewPath(string directory, string name)
    {
        while (true)
        {
            long number = Interlocked.Increment(ref _number);
            string hidden = $"{AssetName.Hidden}{name}.{number}";
            if (Encoding.UTF8.GetByteCount(hidden) > AssetName.MaximumLength) hidden = $"{AssetName.Hidden}{number}";
            string path = $"{directory}/{hidden}";
            lock (_lock)
            {
                if (!_inUse.Add(path)) continue;
            }

            if (!disk.DirectoryExists(path) && !disk.FileExists(path)) return path;
            Free(path);
        }
    }

    /// <summary>What was made has another name by now.</summary>
    public void Free(string path)
    {
        lock (_lock) _inUse.Remove(path);
    }

    /// <summary>Has a directory removed.</summary>
    /// <param name="path">A name from <see cref="NewPath"/>.</param>
    public void Condemn(string path) => Enqueue(path, isOwn: true);

    /// <summary>Has a directory removed that was found, unless it is in use.</summary>
    public void CondemnFound(string path) => Enqueue(path, isOwn: false);

    /// <summary>Removes one directory. By one thread at a time; others are not kept waiting.</summary>
    /// <returns>False when there was none.</returns>
    public bool RemoveNext(Action<StoreFinding> report)
    {
        string? path;
        lock (_lock)
        {
            if (!_condemned.TryDequeue(out path)) return false;
        }

        try
        {
            disk.DeleteDirectory(path);
        }
        catch (DiskException failure)
        {
            report(new StoreFinding(StoreFindingKind.Note, path, $"could not be removed, which the next start tries again: {failure.Message}", IsRepaired: false));
        }

        Free(path);
        return true;
    }

    private void Enqueue(string path, bool isOwn)
    {
        lock (_lock)
        {
            if (!isOwn && !_inUse.Add(path)) return;
            _condemned.Enqueue(path);
            if (_condemned.Count > 1) return;
        }

        wake?.Invoke();
    }
}
