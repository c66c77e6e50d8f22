using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Consumers;

namespace NATS.Server.JetStream.Storage.Catalog;

/// <summary>Any thread, one at a time for what changes it. A stored consumer: its configuration and its state, or why it has none.</summary>
public sealed class ConsumerFolder
{
    private List<StoreFinding>? _findings;
    private AssetMetadata? _metadata;

    internal ConsumerFolder(StreamFolder stream, string name, AssetMetadata? metadata = null)
    {
        Stream = stream;
        Name = name;
        _metadata = metadata;
    }

    public StreamFolder Stream { get; }

    public string Name { get; }

    public string Directory => $"{Stream.Directory}/{CatalogDirectories.Consumers}/{Name}";

    /// <summary>As it was given when it was created or changed; null when it was not read, or could not be.</summary>
    public byte[]? Configuration => _metadata?.Content;

    /// <summary>What was delivered and acknowledged; null when it is not open.</summary>
    public ConsumerStore? State { get; private set; }

    /// <summary>Why it is not open, for whoever asks for it: what is wrong, where, and what would be right.</summary>
    public string? Failure { get; private set; }

    /// <summary>What was found in its files.</summary>
    public IReadOnlyList<StoreFinding> Findings => _findings ?? [];

    /// <summary>Writes another configuration, durably.</summary>
    /// <exception cref="Disks.DiskException">After a power cut it is either.</exception>
    public void Save(ReadOnlySpan<byte> configuration)
    {
        if (_metadata is null) throw new InvalidOperationException("The metadata of the consumer was not read.");
        _metadata.Save(configuration);
    }

    /// <summary>Opens the state with settings that the caller has: of a consumer that was just created.</summary>
    /// <exception cref="Disks.DiskException">It is not open.</exception>
    public ConsumerStore Open(in ConsumerSettings settings)
    {
        List<StoreFinding> findings = [];
        if (_metadata is null) ReadMetadata(findings);
        OpenState(settings, findings);
        Keep(findings);
        return State!;
    }

    /// <summary>Reads the metadata, if that can be done: <see cref="Open(ICatalogReader)"/> says what is wrong with it.</summary>
    internal void ReadConfiguration()
    {
        if (Configuration is not null) return;
        List<StoreFinding> findings = [];
        try
        {
            ReadMetadata(findings);
        }
#pragma warning disable CA1031 // it is tried again, and told, when the consumer is opened
        catch (Exception)
#pragma warning restore CA1031
        {
            return;
        }

        Keep(findings);
    }

    /// <summary>Reads the metadata and opens the state.</summary>
    internal void Open(ICatalogReader reader)
    {
        if (State is not null) return;
        Failure = null;
        List<StoreFinding> findings = Configuration is null ? [] : _findings ?? [];
        try
        {
            if (Configuration is null) ReadMetadata(findings);
            if (Configuration is null) Failure = StreamFolder.Explain($"consumer '{Stream.Account.Name} > {Stream.Name} > {Name}'", _metadata!, findings);
            else if (reader.ReadConsumer(this, out string? problem) is not { } settings) Failure = problem ?? "its configuration is not supported";
            else OpenState(settings, findings);
        }
#pragma warning disable CA1031 // whatever one consumer's files lead to, the others are served
        catch (Exception problem)
#pragma warning restore CA1031
        {
            Failure = $"consumer '{Stream.Account.Name} > {Stream.Name} > {Name}' could not be opened: {problem.Message}; the next start tries again";
        }

        Keep(findings);
    }

    internal void Stop()
    {
        State?.Stop();
        Close();
    }

    /// <summary>As a kill would.</summary>
    internal void Close()
    {
        State?.Dispose();
        State = null;
        _metadata?.Dispose();
        _metadata = null;
    }

    private void ReadMetadata(List<StoreFinding> findings)
    {
        _metadata?.Dispose();
        _metadata = AssetMetadata.Read(Stream.Disk, Directory, new AssetIdentity(Stream.Name, Name), Stream.Account.Encryption, findings);
    }

    private void OpenState(in ConsumerSettings settings, List<StoreFinding> findings)
    {
        AssetMetadata metadata = _metadata!;
        var options = new ConsumerStoreOptions
        {
            Disk = Stream.Disk,
            Directory = Directory,
            Identity = metadata.Identity,
            AckPolicy = settings.AckPolicy,
            MaxDeliver = settings.MaxDeliver,
            Key = metadata.Key,
            NextKey = metadata.NextKey,
            Random = Stream.Account.Encryption.Random,
        };
        if (StreamFolder.Convert(metadata, key => ConsumerStore.Convert(Stream.Disk, options, key), findings)) options = options with { Key = metadata.Key, NextKey = null };
        State = ConsumerStore.Open(options, findings);
    }

    private void Keep(List<StoreFinding> findings) => _findings = findings.Count == 0 ? null : findings;
}
