using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using NATS.Server.Core.JetStream;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Limits;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Catalog;
using NATS.Server.JetStream.Streams;

namespace NATS.Server.JetStream.Engine;

/// <summary>Thread-safe. JetStream of a server: its accounts, what all of them use, and what is stored of them.</summary>
internal sealed class JetStreamEngine : ICatalogReader
{
    private const string JsonPrefix = "json: ";
    private readonly ConcurrentDictionary<string, JetStreamAccount> _accounts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<StreamFolder, Stream> _opening = new(ReferenceEqualityComparer.Instance);
    private ServerLimits _limits;
    private long _memory;
    private long _storage;
    private long _reservedMemory;
    private long _reservedStorage;
    private IAccountPort? _systemPort;

    public JetStreamEngine(EngineOptions options, JetStreamServices services)
    {
        Options = options;
        _limits = options.Limits;
        Services = services;
        Catalog = new StreamCatalog(new CatalogOptions
        {
            Disk = services.Disk,
            Directory = options.Directory,
            EncryptionOf = options.EncryptionOf,
            SyncIntervalNs = options.SyncIntervalNs,
            InParallel = options.InParallel,
            RemovalWake = options.RemovalWake,
        });
    }

    public EngineOptions Options { get; }

    public JetStreamServices Services { get; }

    /// <summary>What is stored.</summary>
    public StreamCatalog Catalog { get; }

    /// <summary>The accounts that have JetStream, in no order.</summary>
    public ICollection<JetStreamAccount> Accounts => _accounts.Values;

    /// <summary>Bytes of all streams in memory.</summary>
    public long Memory => Volatile.Read(ref _memory);

    /// <summary>Bytes of all streams in files.</summary>
    public long Storage => Volatile.Read(ref _storage);

    /// <summary>What the server allows, and what of it is reserved now.</summary>
    public ServerLimits Limits => Volatile.Read(ref _limits) with { ReservedMemory = Volatile.Read(ref _reservedMemory), ReservedStorage = Volatile.Read(ref _reservedStorage) };

    /// <summary>All requests to the API.</summary>
    public ApiUsage Api { get; } = new();

    /// <summary>The system account, which is told what concerns the server; null as long as there is none.</summary>
    public IAccountPort? SystemPort
    {
        get => Volatile.Read(ref _systemPort);
        set => Volatile.Write(ref _systemPort, value);
    }

    public bool TryGetAccount(string name, [NotNullWhen(true)] out JetStreamAccount? account) => _accounts.TryGetValue(name, out account);

    /// <summary>Gives an account JetStream. What is stored of it is opened by <see cref="Recover(List{StoreFinding})"/>.</summary>
    public JetStreamAccount Enable(IAccountPort port, AccountTiers tiers) => _accounts.GetOrAdd(port.Name, name =>
    {
        var account = new JetStreamAccount(this, port, tiers, Catalog.Account(name));
        account.Start();
        return account;
    });

    /// <summary>Opens everything that is stored of the accounts that have JetStream.</summary>
    /// <param name="findings">Gets what is odd in the directories.</param>
    /// <exception cref="Storage.Disks.DiskException">The directory could not be created or read.</exception>
    public void Recover(List<StoreFinding> findings)
    {
        CatalogDirectories.CreateRoot(Services.Disk, Options.Directory);
        foreach (string moved in Catalog.MoveFromFlatLayout(CatalogDirectories.Above(Options.Directory), _accounts.ContainsKey)) EngineLog.Moved(Services.Log, moved, Options.Directory);
        Catalog.ListAll(findings);
        Catalog.OpenAll(this, Services.NowNs);
        foreach (JetStreamAccount account in _accounts.Values)
        {
            foreach (Stream stream in account.Streams) stream.Follow();
        }
    }

    /// <summary>Opens what is stored of an account that got JetStream later than the others. Its mailbox.</summary>
    /// <param name="account">Has no streams yet.</param>
    /// <param name="findings">Gets what is odd in its directory.</param>
    /// <exception cref="Storage.Disks.DiskException">The directory could not be read.</exception>
    public void Recover(JetStreamAccount account, List<StoreFinding> findings)
    {
        if (account.Folder is not { } folder) return;
        folder.List(findings);
        foreach (StreamFolder stream in folder.Streams) stream.Open(this, Services.NowNs);
        foreach (Stream stream in account.Streams) stream.Follow();
    }

    /// <summary>Takes JetStream from an account; what is stored of it stays, and is there again when it is enabled again.</summary>
    /// <param name="name">May be one that has none.</param>
    /// <param name="released">Called once nothing of it is open any more: at once, or by the executor. Only then it can be enabled again.</param>
    public void Disable(string name, Action released)
    {
        if (!_accounts.TryRemove(name, out JetStreamAccount? account))
        {
            released();
            return;
        }

        account.Stop();
        bool isPosted = account.TryPost(retired =>
        {
            retired.Retire();
            Catalog.Release(name, Services.NowNs);
            Interlocked.Add(ref _memory, -retired.Memory);
            Interlocked.Add(ref _storage, -retired.Storage);
            released();
        });
        if (!isPosted) released();
    }

    /// <summary>Tells the system account of something, if somebody listens there.</summary>
    /// <param name="happened">What.</param>
    /// <param name="batch">The caller's; null: it is in none.</param>
    public void TellSystem(IJetStreamEvent happened, MessageBatch? batch = null)
    {
        if (SystemPort is not { } port) return;
        var events = new EventPublisher(port, Services, Options.Domain);
        if (batch is null) events.Publish(happened);
        else events.Publish(batch, happened);
    }

    /// <summary>Other limits, for requests to come.</summary>
    public void ChangeLimits(ServerLimits limits) => Volatile.Write(ref _limits, limits);

    /// <summary>Ends what receives and delivers. What is under way is finished by the executor and the commits; after that comes <see cref="Close"/>.</summary>
    public void Stop()
    {
        foreach (JetStreamAccount account in _accounts.Values) account.Stop();
    }

    /// <summary>What is in memory is written, synced and closed.</summary>
    public void Close() => Catalog.StopAll(Services.NowNs);

    public StreamSettings? ReadStream(StreamFolder stream, out string? problem)
    {
        if (!_accounts.TryGetValue(stream.Account.Name, out JetStreamAccount? account))
        {
            problem = $"account '{stream.Account.Name}' has no JetStream";
            return null;
        }

        string? oddity = null;
        if (!StreamConfigJson.TryReadFile(stream.Configuration, isStrict: true, out ZonedTime created, out StreamConfig config, out string? strictProblem))
        {
            oddity = strictProblem;
            if (!StreamConfigJson.TryReadFile(stream.Configuration, isStrict: false, out created, out config, out problem)) return null;
        }

        if (UnsupportedReason(config.Metadata, oddity) is { } reason)
        {
            EngineLog.Unsupported(Services.Log, "stream", $"{account.Name} > {stream.Name}", reason);
            problem = SetOffline(account, stream, config, reason, new Dictionary<string, string>(StringComparer.Ordinal));
            return null;
        }

        problem = null;
        var opening = new Stream(Services, account, config, created, stream);
        _opening[stream] = opening;
        return account.SettingsOf(config, opening);
    }

    public bool Accepts(StreamFolder stream, out string? problem)
    {
        problem = null;
        Dictionary<string, string>? unsupported = null;
        string first = "";
        foreach (ConsumerFolder consumer in stream.Consumers)
        {
            if (consumer.Configuration is not { } text) continue;
            string? oddity = null;
            if (!ConsumerConfigJson.TryReadFile(text, isStrict: true, out _, out _, out ConsumerConfig config, out string? strictProblem))
            {
                oddity = strictProblem;
                if (!ConsumerConfigJson.TryReadFile(text, isStrict: false, out _, out _, out config, out _)) continue;
            }

            if (UnsupportedReason(config.Metadata, oddity) is not { } reason) continue;
            EngineLog.Unsupported(Services.Log, "consumer", $"{stream.Account.Name} > {stream.Name} > {consumer.Name}", reason);
            if (unsupported is null) (unsupported, first) = (new(StringComparer.Ordinal), consumer.Name);
            unsupported.Add(consumer.Name, reason);
        }

        if (unsupported is null || !_accounts.TryGetValue(stream.Account.Name, out JetStreamAccount? account) || !_opening.TryGetValue(stream, out Stream? opening)) return true;
        EngineLog.Stopping(Services.Log, account.Name, stream.Name);
        problem = SetOffline(account, stream, opening.Config, $"stopped - unsupported consumer \"{first}\"", unsupported);
        return false;
    }

    public ConsumerSettings? ReadConsumer(ConsumerFolder consumer, out string? problem) =>
        ConsumerConfigJson.TryReadFile(consumer.Configuration, isStrict: false, out _, out _, out ConsumerConfig config, out problem)
            ? new ConsumerSettings(config.AckPolicy, config.MaxDeliver)
            : null;

    public void Opened(StreamFolder stream)
    {
        if (!_opening.TryRemove(stream, out Stream? opened) || stream.Messages is null)
        {
            bool isKnown = _accounts.TryGetValue(stream.Account.Name, out JetStreamAccount? owner) && owner.TryGetOffline(stream.Name, out _);
            if (!isKnown && stream.Failure is { } failure) EngineLog.NotOpened(Services.Log, failure);
            return;
        }

        if (_accounts.TryGetValue(stream.Account.Name, out JetStreamAccount? account)) account.Recover(opened, stream);
    }

    /// <summary>Whether streams have more bytes than they may.</summary>
    public bool IsFull(StorageType type) => type == StorageType.Memory ? Memory > Volatile.Read(ref _limits).MaxMemory : Storage > Volatile.Read(ref _limits).MaxStorage;

    /// <summary>Notes what streams reserve.</summary>
    /// <param name="before">What was there; null: nothing.</param>
    /// <param name="config">What is there; null: nothing.</param>
    public void Reserve(StreamConfig? before, StreamConfig? config)
    {
        if (before is not null) Reserve(before, -1);
        if (config is not null) Reserve(config, 1);
    }

    /// <summary>Notes that streams have grown or shrunk.</summary>
    public void CountBytes(StorageType type, long bytes)
    {
        if (type == StorageType.Memory) Interlocked.Add(ref _memory, bytes);
        else Interlocked.Add(ref _storage, bytes);
    }

    private static string SetOffline(JetStreamAccount account, StreamFolder stream, StreamConfig config, string reason, Dictionary<string, string> consumers)
    {
        account.AddOffline(new OfflineStream(stream, config, reason, consumers));
        return $"stream '{account.Name} > {stream.Name}' is offline: {reason}; nothing of it was touched";
    }

    // What a newer server has written may mean something else than what is understood of it.
    private static string? UnsupportedReason(ConfigMetadata metadata, string? oddity)
    {
        if (ApiLevel.Supports(metadata)) return oddity is null ? null : $"decoding error: {oddity}";
        if (oddity is not null) return $"unsupported - config error: {(oddity.StartsWith(JsonPrefix, StringComparison.Ordinal) ? oddity[JsonPrefix.Length..] : oddity)}";
        metadata.TryGet(ApiLevel.RequiredKey, out string? level);
        return string.Create(CultureInfo.InvariantCulture, $"unsupported - required API level: {level}, current API level: {ApiLevel.Current}");
    }

    private void Reserve(StreamConfig config, int sign)
    {
        long bytes = StorageReservation.Of("", config.Replicas, config.MaxBytes) * sign;
        if (config.Storage == StorageType.Memory) Interlocked.Add(ref _reservedMemory, bytes);
        else Interlocked.Add(ref _reservedStorage, bytes);
    }
}
