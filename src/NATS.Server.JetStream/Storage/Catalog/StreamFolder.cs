using System.Diagnostics.CodeAnalysis;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Recovery;

namespace NATS.Server.JetStream.Storage.Catalog;

/// <summary>Thread-safe: one lock, held while the stream is opened, so that whoever needs it waits for that. A stored stream with its consumers, or why it is not served.</summary>
public sealed class StreamFolder
{
    private readonly Lock _lock = new();
    private Dictionary<string, ConsumerFolder>? _consumers;
    private List<StoreFinding>? _findings;
    private AssetMetadata? _metadata;
    private bool _isOpened;
    private bool _isClosed;

    internal StreamFolder(AccountFolder account, string name, AssetMetadata? metadata = null)
    {
        Account = account;
        Name = name;
        _metadata = metadata;
    }

    public AccountFolder Account { get; }

    public string Name { get; }

    public string Directory => $"{Account.Directory}/{Name}";

    /// <summary>As it was given when the stream was created or changed; null when it was not read, or could not be.</summary>
    public byte[]? Configuration => Volatile.Read(ref _metadata)?.Content;

    /// <summary>The messages; null when the stream is not open.</summary>
    public MessageStore? Messages { get; private set; }

    /// <summary>Why the stream is not open, for whoever asks for it: what is wrong, where, and what would be right. Null before it was opened.</summary>
    public string? Failure { get; private set; }

    /// <summary>What was found in its files, but for its messages and consumers.</summary>
    public IReadOnlyList<StoreFinding> Findings
    {
        get
        {
            lock (_lock) return _findings is null ? [] : [.. _findings];
        }
    }

    /// <summary>The consumers that are known, in order of their names.</summary>
    public IReadOnlyList<ConsumerFolder> Consumers
    {
        get
        {
            lock (_lock) return _consumers is null ? [] : [.. _consumers.Values.OrderBy(consumer => consumer.Name, StringComparer.Ordinal)];
        }
    }

    internal IDisk Disk => Account.Catalog.Options.Disk;

    private string ConsumersDirectory => $"{Directory}/{CatalogDirectories.Consumers}";

    private string Title => $"stream '{Account.Name} > {Name}'";

    /// <summary>Opens the stream and its consumers, unless that was done; after a failure it tries again.</summary>
    /// <param name="reader">Reads configurations, and is told how it went if this call did it.</param>
    /// <param name="nowNs">Nanoseconds since 1970.</param>
    public void Open(ICatalogReader reader, long nowNs)
    {
        lock (_lock)
        {
            if (_isClosed || _isOpened) return;
            Failure = null;
            try
            {
                OpenLocked(reader, nowNs);
            }
#pragma warning disable CA1031 // whatever one stream's files lead to, the others are served
            catch (Exception problem)
#pragma warning restore CA1031
            {
                Failure = $"{Title} could not be opened: {problem.Message}; nothing was deleted, and it can be opened again";
            }

            _isOpened = Failure is null;
        }

        reader.Opened(this);
    }

    /// <summary>Opens the messages with settings that the caller has: of a stream that was just created.</summary>
    /// <exception cref="DiskException">It is not open.</exception>
    public MessageStore Open(StreamSettings settings, long nowNs)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            if (Messages is not null) return Messages;
            if (_metadata?.Content is null) throw new InvalidOperationException("The stream has no configuration.");
            Messages = OpenMessages(settings, nowNs);
            _isOpened = true;
            return Messages;
        }
    }

    /// <summary>Writes another configuration, durably. Also gives one to a stream whose own was lost: its messages and consumers are as they were.</summary>
    /// <exception cref="DiskException">After a power cut it is either.</exception>
    public CatalogResult Save(ReadOnlySpan<byte> configuration)
    {
        lock (_lock)
        {
            if (_isClosed) return CatalogResult.NotFound;
            if (_metadata is null) ReadMetadata();
            if (_metadata!.IsLocked) return CatalogResult.Locked;
            if (_metadata.Content is null && _metadata.Key is null && Account.Encryption.Keys is not null)
            {
                _metadata.Dispose();
                _metadata = AssetMetadata.Create(Disk, Directory, _metadata.Identity, Account.Encryption, configuration);
            }
            else
            {
                _metadata.Save(configuration);
            }

            return CatalogResult.Ok;
        }
    }

    /// <summary>A consumer that is known.</summary>
    public bool TryGetConsumer(string name, [NotNullWhen(true)] out ConsumerFolder? consumer)
    {
        lock (_lock)
        {
            consumer = null;
            return _consumers is not null && _consumers.TryGetValue(name, out consumer);
        }
    }

    /// <summary>Creates a consumer: when this returns it is durable. Its state is not opened.</summary>
    /// <param name="name">Of the consumer.</param>
    /// <param name="configuration">Goes to its <c>meta.inf</c> as it is.</param>
    /// <param name="consumer">Null if the result is another than <see cref="CatalogResult.Ok"/>.</param>
    /// <exception cref="DiskException">It was not created; after a power cut it may be there all the same.</exception>
    public CatalogResult CreateConsumer(string name, ReadOnlySpan<byte> configuration, out ConsumerFolder? consumer)
    {
        consumer = null;
        if (AssetName.ProblemOfAsset(name) is not null) return CatalogResult.InvalidName;
        lock (_lock)
        {
            if (_isClosed) return CatalogResult.NotFound;
            string path = $"{ConsumersDirectory}/{name}";
            if ((_consumers is not null && _consumers.ContainsKey(name)) || Disk.DirectoryExists(path) || Disk.FileExists(path)) return CatalogResult.Exists;
            if (!Disk.DirectoryExists(ConsumersDirectory)) CatalogDirectories.CreateDurably(Disk, ConsumersDirectory, ConsumersDirectory);
            AssetMetadata metadata = Account.CreateDirectory(path, new AssetIdentity(Name, name), $"{Name}.{name}", configuration);
            consumer = new ConsumerFolder(this, name, metadata);
            (_consumers ??= new(StringComparer.Ordinal)).Add(name, consumer);
            return CatalogResult.Ok;
        }
    }

    /// <summary>Deletes a consumer: when this returns it stays deleted. Its state is closed; its files are removed by <see cref="StreamCatalog.RemoveNext"/>.</summary>
    /// <exception cref="DiskException">It is closed, and may be there or not, now and after a power cut: to be called again.</exception>
    public CatalogResult DeleteConsumer(string name)
    {
        if (AssetName.ProblemOfAsset(name) is not null) return CatalogResult.InvalidName;
        lock (_lock)
        {
            if (_isClosed) return CatalogResult.NotFound;
            ConsumerFolder? consumer = null;
            _consumers?.TryGetValue(name, out consumer);
            consumer?.Close();
            string path = $"{ConsumersDirectory}/{name}";
            bool isThere = Disk.DirectoryExists(path);
            if (isThere) Account.Hide(path, $"{Name}.{name}");
            if (Disk.DirectoryExists(ConsumersDirectory)) Disk.SyncDirectory(ConsumersDirectory);
            _consumers?.Remove(name);
            return isThere || consumer is not null ? CatalogResult.Ok : CatalogResult.NotFound;
        }
    }

    /// <summary>Bytes of all its files, as the file system has them; what account reservations are held against is <see cref="StreamState.Bytes"/>.</summary>
    /// <exception cref="DiskException">A directory could not be read.</exception>
    public long BytesOnDisk() => BytesOf(Directory);

    /// <summary>Writes everything, syncs and closes.</summary>
    public void Stop(long nowNs)
    {
        lock (_lock)
        {
            if (_isClosed) return;
            Messages?.Stop(nowNs);
            foreach (ConsumerFolder consumer in _consumers?.Values ?? Enumerable.Empty<ConsumerFolder>()) consumer.Stop();
            CloseLocked();
        }
    }

    /// <summary>Closes as a kill would, for good.</summary>
    internal void Close()
    {
        lock (_lock) CloseLocked();
    }

    /// <summary>Says of metadata without a configuration what is wrong with it and what to do.</summary>
    internal static string Explain(string title, AssetMetadata metadata, List<StoreFinding> findings)
    {
        string what = findings.FindLast(finding => finding.Kind == StoreFindingKind.Loss)?.ToString() ?? $"{metadata.Directory}/{AssetFiles.Meta}: cannot be read";
        string advice = metadata.IsLocked
            ? "it is served again with the key with which it was encrypted, as jetstream.key or jetstream.prev_key, or with its key file from a copy"
            : "it is served again with its meta.inf and meta.sum from a copy, or with a new configuration";
        return $"{title} is not served: {what}; nothing was deleted; {advice}";
    }

    /// <summary>Changes to the configured key and cipher, if that is due.</summary>
    /// <returns>Whether it did.</returns>
    internal static bool Convert(AssetMetadata metadata, Action<AssetKey> writeState, List<StoreFinding> findings)
    {
        if (!metadata.NeedsConversion) return false;
        try
        {
            metadata.Convert(writeState);
            findings.Add(new StoreFinding(StoreFindingKind.Note, metadata.Directory, "is encrypted with the configured key and cipher from now on", IsRepaired: true));
            return true;
        }
        catch (DiskException failure)
        {
            findings.Add(new StoreFinding(StoreFindingKind.Note, metadata.Directory, $"could not be encrypted with the configured key and cipher, which the next start tries again: {failure.Message}", IsRepaired: false));
            return false;
        }
    }

    // Metadata first: it repairs the key with which the index is sealed.
    private void OpenLocked(ICatalogReader reader, long nowNs)
    {
        Account.BecomeDurable();
        if (_metadata?.Content is null) ReadMetadata();
        if (_metadata!.Content is null)
        {
            Failure = Explain(Title, _metadata, _findings ?? []);
            return;
        }

        if (reader.ReadStream(this, out string? problem) is not { } settings)
        {
            Failure = problem ?? $"{Title} has a configuration that is not supported";
            return;
        }

        List<StoreFinding> findings = [];
        ListConsumers(findings);
        ConsumerFolder[] consumers = [.. _consumers?.Values ?? Enumerable.Empty<ConsumerFolder>()];
        Account.Catalog.RunAll(consumers.Length, i => consumers[i].ReadConfiguration());
        if (!reader.Accepts(this, out problem))
        {
            Note(findings);
            Failure = problem ?? $"{Title} has a consumer that is not supported";
            return;
        }

        Convert(_metadata, key => StreamKey.Reseal(_metadata, Disk, key, Account.Encryption.Random), findings);
        Note(findings);
        Messages ??= OpenMessages(settings, nowNs);
        Account.Catalog.RunAll(consumers.Length, i => consumers[i].Open(reader));
    }

    private MessageStore OpenMessages(StreamSettings settings, long nowNs)
    {
        return FileStore.Open(Account.StoreOptionsOf(Name, settings), settings.Limits, settings.Listener, nowNs, settings.ScheduleReader);
    }

    private void ReadMetadata()
    {
        _metadata?.Dispose();
        List<StoreFinding> findings = [];
        _metadata = AssetMetadata.Read(Disk, Directory, new AssetIdentity(Name), Account.Encryption, findings);
        _findings = null;
        Note(findings);
    }

    // What the other server created may not be durable, and from now on something may be promised that lies in it.
    private void ListConsumers(List<StoreFinding> findings)
    {
        IReadOnlyList<DiskEntry> entries = Disk.List(ConsumersDirectory);
        if (entries.Count == 0) return;
        Disk.SyncDirectory(ConsumersDirectory);
        Disk.SyncDirectory(Directory);
        foreach (DiskEntry entry in entries)
        {
            string path = $"{ConsumersDirectory}/{entry.Name}";
            if (Account.Catalog.ProblemOf(entry, path, AssetName.ProblemOfAsset(entry.Name), "consumer") is { } problem) findings.Add(problem);
            else (_consumers ??= new(StringComparer.Ordinal)).TryAdd(entry.Name, new ConsumerFolder(this, entry.Name));
        }
    }

    private void Note(List<StoreFinding> findings)
    {
        if (findings.Count > 0) (_findings ??= []).AddRange(findings);
    }

    private void CloseLocked()
    {
        if (_isClosed) return;
        _isClosed = true;
        Messages?.Dispose();
        Messages = null;
        foreach (ConsumerFolder consumer in _consumers?.Values ?? Enumerable.Empty<ConsumerFolder>()) consumer.Close();
        _metadata?.Dispose();
        _metadata = null;
    }

    private long BytesOf(string directory) =>
        Disk.List(directory).Sum(entry => entry.IsDirectory ? BytesOf($"{directory}/{entry.Name}") : entry.Length);
}
