using System.Diagnostics.CodeAnalysis;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Catalog;

/// <summary>Thread-safe. The stored streams of an account.</summary>
public sealed class AccountFolder
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, StreamFolder> _streams = new(StringComparer.Ordinal);
    private readonly HashSet<string> _busy = new(StringComparer.Ordinal);
    private readonly string _root;
    private bool _isDurable;

    internal AccountFolder(StreamCatalog catalog, HiddenDirectories hidden, string name)
    {
        Catalog = catalog;
        Hidden = hidden;
        Name = name;
        _root = catalog.Options.Directory;
        Directory = $"{_root}/{name}/{CatalogDirectories.Streams}";
        Encryption = catalog.Options.EncryptionOf(name);
    }

    public string Name { get; }

    /// <summary>In which the directories of the streams are. It may not be there.</summary>
    public string Directory { get; }

    /// <summary>The keys of this account.</summary>
    public AssetEncryption Encryption { get; }

    /// <summary>The streams that are known, in order of their names.</summary>
    public IReadOnlyList<StreamFolder> Streams
    {
        get
        {
            lock (_lock) return [.. _streams.Values.OrderBy(stream => stream.Name, StringComparer.Ordinal)];
        }
    }

    internal StreamCatalog Catalog { get; }

    internal HiddenDirectories Hidden { get; }

    private IDisk Disk => Catalog.Options.Disk;

    /// <summary>Looks which streams there are. Those that are known already stay as they are.</summary>
    /// <param name="findings">Gets what is odd, and was left alone.</param>
    /// <exception cref="DiskException">The directory could not be read.</exception>
    public void List(List<StoreFinding> findings)
    {
        foreach (DiskEntry entry in Disk.List(Directory))
        {
            string path = $"{Directory}/{entry.Name}";
            if (entry.IsDirectory && entry.Name.StartsWith(AssetName.Hidden))
            {
                Hidden.CondemnFound(path);
                continue;
            }

            if (Catalog.ProblemOf(entry, path, AssetName.ProblemOfAsset(entry.Name), "stream") is { } problem)
            {
                findings.Add(problem);
                continue;
            }

            lock (_lock)
            {
                if (!_busy.Contains(entry.Name)) _streams.TryAdd(entry.Name, new StreamFolder(this, entry.Name));
            }
        }
    }

    /// <summary>A stream that is known.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out StreamFolder? stream)
    {
        lock (_lock) return _streams.TryGetValue(name, out stream);
    }

    /// <summary>Creates a stream: when this returns it is durable. It is not opened.</summary>
    /// <param name="name">Of the stream.</param>
    /// <param name="configuration">Goes to <c>meta.inf</c> as it is.</param>
    /// <param name="stream">Null if the result is another than <see cref="CatalogResult.Ok"/>.</param>
    /// <exception cref="DiskException">It was not created; after a power cut it may be there all the same.</exception>
    public CatalogResult Create(string name, ReadOnlySpan<byte> configuration, out StreamFolder? stream)
    {
        stream = null;
        if (AssetName.ProblemOfAsset(name) is not null) return CatalogResult.InvalidName;
        StreamFolder? known;
        lock (_lock)
        {
            _streams.TryGetValue(name, out known);
            if (known?.Messages is not null) return CatalogResult.Exists;
            if (!_busy.Add(name)) return CatalogResult.Busy;
        }

        try
        {
            BecomeDurable();
            string path = $"{Directory}/{name}";
            if (!TryTakePlace(name, path)) return CatalogResult.Exists;
            known?.Close();
            AssetMetadata metadata = CreateDirectory(path, new AssetIdentity(name), name, configuration, CatalogDirectories.Messages, CatalogDirectories.Consumers);
            stream = new StreamFolder(this, name, metadata);
            lock (_lock) _streams[name] = stream;
            return CatalogResult.Ok;
        }
        finally
        {
            lock (_lock) _busy.Remove(name);
        }
    }

    /// <summary>
    /// Deletes a stream with its consumers: when this returns it stays deleted. Its stores are closed; its files are removed by <see cref="StreamCatalog.RemoveNext"/>.
    /// </summary>
    /// <exception cref="DiskException">It is closed, and may be there or not, now and after a power cut: to be called again.</exception>
    public CatalogResult Delete(string name)
    {
        if (AssetName.ProblemOfAsset(name) is not null) return CatalogResult.InvalidName;
        StreamFolder? stream;
        lock (_lock)
        {
            if (!_busy.Add(name)) return CatalogResult.Busy;
            _streams.TryGetValue(name, out stream);
        }

        try
        {
            stream?.Close();
            string path = $"{Directory}/{name}";
            bool isThere = Disk.DirectoryExists(path);
            if (isThere) Hide(path, name);
            if (Disk.DirectoryExists(Directory)) Disk.SyncDirectory(Directory);
            lock (_lock) _streams.Remove(name);
            return isThere || stream is not null ? CatalogResult.Ok : CatalogResult.NotFound;
        }
        finally
        {
            lock (_lock) _busy.Remove(name);
        }
    }

    /// <summary>Where and how the messages of a stream are kept.</summary>
    internal FileStoreOptions StoreOptionsOf(string name, StreamSettings settings) => new()
    {
        Disk = Disk,
        Directory = $"{Directory}/{name}",
        Name = name,
        BlockSize = settings.BlockSize,
        FirstSequence = settings.FirstSequence,
        Keys = Encryption.Keys,
        PreviousKeys = Encryption.PreviousKeys,
        Cipher = Encryption.Cipher,
        Random = Encryption.Random,
        SyncIntervalNs = Catalog.Options.SyncIntervalNs,
        CacheIdleNs = Catalog.Options.CacheIdleNs,
        ReadCache = Catalog.Options.ReadCache,
        InParallel = Catalog.Options.InParallel,
    };

    /// <summary>Creates the directory of an asset under a hidden name, then gives it its own.</summary>
    /// <param name="path">Of the directory, which is not there, while that which holds it is.</param>
    /// <param name="identity">Of the asset.</param>
    /// <param name="name">For the hidden name.</param>
    /// <param name="configuration">Of the asset.</param>
    /// <param name="below">Directories in it.</param>
    /// <exception cref="DiskException">It is not there, but may be after a power cut.</exception>
    internal AssetMetadata CreateDirectory(string path, AssetIdentity identity, string name, ReadOnlySpan<byte> configuration, params ReadOnlySpan<string> below)
    {
        string unfinished = Hidden.NewPath(Directory, name);
        bool isRenamed = false;
        AssetMetadata? metadata = null;
        try
        {
            Disk.CreateDirectory(unfinished);
            foreach (string directory in below) Disk.CreateDirectory($"{unfinished}/{directory}");
            metadata = AssetMetadata.Create(Disk, unfinished, identity, Encryption, configuration);
            Disk.Rename(unfinished, path);
            isRenamed = true;
            Disk.SyncDirectory(CatalogDirectories.Above(path));
        }
        catch (DiskException)
        {
            metadata?.Dispose();
            if (isRenamed) TakeBack(path, unfinished);
            Hidden.Condemn(unfinished);
            throw;
        }

        Hidden.Free(unfinished);
        return metadata.MovedTo(path);
    }

    /// <summary>Renames a directory to a hidden name, and has it removed. The name it had is not durably gone yet.</summary>
    /// <exception cref="DiskException">It is there as before.</exception>
    internal void Hide(string path, string name)
    {
        string hidden = Hidden.NewPath(Directory, name);
        try
        {
            Disk.Rename(path, hidden);
        }
        catch (DiskException)
        {
            Hidden.Free(hidden);
            throw;
        }

        Hidden.Condemn(hidden);
    }

    /// <summary>The names of the directories that lead here become durable, once: the other server does not see to that.</summary>
    /// <exception cref="DiskException">They may not be durable.</exception>
    internal void BecomeDurable()
    {
        if (Volatile.Read(ref _isDurable)) return;
        CatalogDirectories.CreateDurably(Disk, Directory, _root);
        Volatile.Write(ref _isDurable, true);
    }

    // What nats-server leaves when it is ended while it creates a stream: directories with nothing in them. It takes such a place too.
    private bool TryTakePlace(string name, string path)
    {
        if (Disk.FileExists(path)) return false;
        if (!Disk.DirectoryExists(path)) return true;
        if (!IsEmpty(path)) return false;
        Hide(path, name);
        return true;
    }

    private bool IsEmpty(string directory) =>
        Disk.List(directory).All(entry => entry.IsDirectory ? IsEmpty($"{directory}/{entry.Name}") : entry.Name.EndsWith(AtomicFile.Suffix, StringComparison.Ordinal));

    private void TakeBack(string path, string unfinished)
    {
        try
        {
            Disk.Rename(path, unfinished);
        }
        catch (DiskException)
        {
            // The disk is failing altogether. The next start finds a whole asset, which nobody was told of.
        }
    }
}
