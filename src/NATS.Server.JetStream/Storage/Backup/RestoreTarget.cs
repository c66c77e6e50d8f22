using System.Globalization;
using NATS.Server.Core.Config;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Catalog;
using NATS.Server.JetStream.Storage.Consumers;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Engine;

namespace NATS.Server.JetStream.Storage.Backup;

/// <summary>
/// Owned by a restore. The stream as it is put together: in memory, or in a directory beside, which takes its place with one rename once everything in it is durable.
/// </summary>
/// <remarks>Calls throw <see cref="DiskException"/>; the restore then failed.</remarks>
internal sealed class RestoreTarget : IDisposable
{
    // What a consumer takes on disk beside its configuration and state.
    private const long BytesOfConsumer = 4096;
    private const string Consumers = "obs";

    private readonly RestoreOptions _options;
    private readonly FileStoreOptions? _files;
    private readonly AssetEncryption? _encryption;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly List<BackupConsumer> _consumers = [];
    private MessageStore? _store;
    private long _stored;
    private long _unsettled;
    private bool _isReleased;

    public RestoreTarget(RestoreOptions options)
    {
        _options = options;
        Metadata = options.Metadata;
        if (options.Files is not { } files) return;
        _files = files with { Disk = options.Disk, Directory = $"{options.StagingDirectory}/stream", SyncIntervalNs = 0, CacheIdleNs = 0 };
        _encryption = new AssetEncryption { Keys = files.Keys, PreviousKeys = files.PreviousKeys, Cipher = files.Cipher, Random = files.Random };
    }

    /// <summary>What stands, or will stand, in <c>meta.inf</c>.</summary>
    public ReadOnlyMemory<byte> Metadata { get; private set; }

    public IReadOnlyList<BackupConsumer> RestoredConsumers => _consumers;

    /// <summary>The stream in memory. Of one in files, what is staged.</summary>
    public MessageStore Store => _store ?? throw new InvalidOperationException("The restore was not begun.");

    /// <summary>Begins.</summary>
    /// <param name="first">The first sequence.</param>
    /// <param name="timeNs">The time of what was before it, where that counts.</param>
    /// <param name="bytes">What the messages are said to have.</param>
    /// <param name="created">When the stream was, as JSON has it; null: what the options say.</param>
    public RestoreFailure? Begin(ulong first, long timeNs, ulong bytes, string? created)
    {
        if (bytes > (ulong)_options.MaximumBytes) return TooLarge();
        if (created is not null) Metadata = WithCreated(Metadata, created);
        if (_files is null)
        {
            _store = MessageStore.InMemory(_options.Limits, null, 0, _options.ScheduleReader);
        }
        else
        {
            if (IsTaken()) return NameInUse();
            AssetMetadata.Create(_files.Disk, _files.Directory, new AssetIdentity(_options.Name), _encryption!, Metadata.Span).Dispose();
            _store = FileStore.Open(_files, _options.Limits, null, _options.NowNs, _options.ScheduleReader);
        }

        return first > 1 ? Skip(1, first - 1, timeNs) : null;
    }

    /// <summary>Adds a consumer.</summary>
    /// <param name="consumer">As it was backed up.</param>
    /// <param name="created">When it was, as JSON has it; null: when the restore began.</param>
    public RestoreFailure? Add(BackupConsumer consumer, string? created)
    {
        string quoted = GoFormat.Quote(consumer.Name);
        if (AssetName.ProblemOfAsset(consumer.Name) is not null) return RestoreFailure.OfArchive($"failed to add consumer {quoted}: its name is not valid");
        if (!_names.Add(consumer.Name)) return RestoreFailure.OfArchive($"failed to add consumer {quoted}: there is one of that name");
        if (ConsumerDocument.Read(consumer.Config, consumer.Name, out AckPolicy policy, out long maxDeliver) is { } wrong)
            return RestoreFailure.OfArchive($"failed to add consumer {quoted}: its configuration {wrong}");
        if (_options.CheckConsumer?.Invoke(consumer.Name, consumer.Config) is { } refusal) return RestoreFailure.OfArchive($"failed to add consumer {quoted}: {refusal}");
        if (!ConsumerProgress.IsConsistent(consumer.State)) return RestoreFailure.OfArchive($"failed to set consumer {quoted} state: it contradicts itself");
        if (!TryCount(BytesOfConsumer + consumer.Config.Length + (consumer.State.Pending.Count * (long)sizeof(long)))) return TooLarge();
        if (_files is null)
        {
            _consumers.Add(consumer);
            return null;
        }

        string directory = $"{_files.Directory}/{Consumers}/{consumer.Name}";
        var identity = new AssetIdentity(_options.Name, consumer.Name);
        byte[] metadata = ConsumerDocument.ToMetadata(consumer.Config, consumer.Name, created ?? ZonedTime.FromUnixNanoseconds(_options.NowNs).ToString());
        using AssetMetadata asset = AssetMetadata.Create(_files.Disk, directory, identity, _encryption!, metadata);
        using ConsumerStore store = ConsumerStore.Open(
            new ConsumerStoreOptions
            {
                Disk = _files.Disk,
                Directory = directory,
                Identity = identity,
                AckPolicy = policy,
                MaxDeliver = maxDeliver,
                Key = asset.Key,
                Random = _files.Random,
            },
            []);
        if (store.ForceUpdate(consumer.State) == ConsumerStoreResult.Ok) store.Stop();
        return store.WriteFailure is { } failure ? new RestoreFailure(RestoreFailureKind.Disk, $"failed to set consumer {quoted} state: {failure}") : null;
    }

    /// <summary>Uses up sequences without messages.</summary>
    /// <param name="sequence">The first of them: the one after the last.</param>
    /// <param name="count">How many.</param>
    /// <param name="timeNs">Becomes the stream's last time; 0: it stays as it is.</param>
    public RestoreFailure? Skip(ulong sequence, ulong count, long timeNs = 0) =>
        Store.Skip(sequence, count, timeNs, advancesTime: timeNs != 0) is var result and not StoreResult.Ok ? Refused(result, "failed to process gap") : null;

    /// <summary>Stores a message, which has the sequence after the last.</summary>
    public RestoreFailure? Append(ulong sequence, long timestampNs, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload)
    {
        // Where a marker is to take its place, it goes when that is stored.
        StoreLimits limits = _options.Limits;
        long ttl = limits.AllowTtl ? MessageTtl.SecondsOf(headers) : 0;
        if (ttl > 0 && limits.DeleteMarkerTtlNs <= 0 && _options.NowNs > MessageTtl.EndOf(timestampNs, ttl)) return Skip(sequence, 1, timestampNs);
        long length = MessageRecord.LengthOf(subject.Length, headers.Length, payload.Length);
        if (!TryCount(length)) return TooLarge();
        StoreResult result = Store.Append(
            new NewMessage
            {
                Subject = subject,
                Headers = headers,
                Payload = payload,
                TimestampNs = timestampNs,
                Sequence = sequence,
                TtlSeconds = ttl,
                ScheduleNs = limits.AllowSchedules && _options.ScheduleReader is { } reader ? reader(headers, timestampNs) : 0,
                SkipsDiscardNew = true,
            },
            out _);
        if (result != StoreResult.Ok) return Refused(result, string.Create(CultureInfo.InvariantCulture, $"failed to store message sequence {sequence}"));
        _unsettled += length;
        return _unsettled >= _options.SettleBytes ? Settle() : null;
    }

    /// <summary>Makes everything durable.</summary>
    public RestoreFailure? Finish()
    {
        if (_files is null) return null;
        if (Settle() is { } failure) return failure;
        Store.Stop(_options.NowNs);
        IDisk disk = _files.Disk;
        if (disk.DirectoryExists($"{_files.Directory}/{Consumers}")) disk.SyncDirectory($"{_files.Directory}/{Consumers}");
        disk.SyncDirectory(_files.Directory);
        return null;
    }

    /// <summary>Gives the stream its place. Before it is there as a whole, it is not there at all, also after a power cut.</summary>
    public RestoreFailure? Publish()
    {
        if (_files is null) return null;
        IDisk disk = _files.Disk;
        string target = _options.Files!.Directory;
        string streams = ParentOf(target);
        if (!disk.DirectoryExists(streams))
        {
            // It may be the account's first, whose directory then is new as well.
            string account = ParentOf(streams);
            disk.CreateDirectory(streams);
            disk.SyncDirectory(account);
            disk.SyncDirectory(ParentOf(account));
        }

        if (IsTaken()) return NameInUse();
        disk.Rename(_files.Directory, target);
        try
        {
            disk.SyncDirectory(streams);
        }
        catch (DiskException)
        {
            // It may or may not be there after a power cut, so it is not to be there now.
            disk.Rename(target, _files.Directory);
            throw;
        }

        return null;
    }

    public void Dispose()
    {
        if (!_isReleased) _store?.Dispose();
    }

    /// <summary>Gives away the stream in memory; null for one in files.</summary>
    public MessageStore? Release()
    {
        if (_files is not null) return null;
        _isReleased = true;
        return Store;
    }

    // Synced from time to time, so that neither files stay open nor blocks in memory.
    private RestoreFailure? Settle()
    {
        _unsettled = 0;
        if (_files is null) return null;
        List<DiskSync> files = [];
        StoreResult result = Store.BeginCommit(files, out long position);
        DiskSync[] synced = [.. files];
        if (synced.Length > 0) _files.Disk.Sync(synced);
        Store.EndCommit(position, synced);
        if (result != StoreResult.Ok || Store.WriteFailure is not null) return Refused(result == StoreResult.Ok ? StoreResult.Failed : result, "failed to store messages");

        // The first call says that blocks are not in use.
        Store.Maintain(_options.NowNs);
        Store.Maintain(_options.NowNs);
        return null;
    }

    private static string ParentOf(string directory) => directory[..Math.Max(1, directory.LastIndexOf('/'))];

    private bool IsTaken() => _options.Files is { } files && (_options.Disk.DirectoryExists(files.Directory) || _options.Disk.FileExists(files.Directory));

    // Where limits remove what is too much, less is there than was stored.
    private bool TryCount(long bytes)
    {
        if (bytes > _options.MaximumBytes - _stored) _stored = (long)Math.Min(Store.State.Bytes, (ulong)_options.MaximumBytes);
        if (bytes > _options.MaximumBytes - _stored) return false;
        _stored += bytes;
        return true;
    }

    private RestoreFailure TooLarge() =>
        new(RestoreFailureKind.TooLarge, _files is null ? "insufficient memory resources available" : "insufficient storage resources available");

    private static RestoreFailure NameInUse() => new(RestoreFailureKind.NameInUse, "stream name already in use, cannot restore");

    private RestoreFailure Refused(StoreResult result, string what) => result switch
    {
        StoreResult.DiskFull => new RestoreFailure(RestoreFailureKind.Disk, $"{what}: no space left on device"),
        StoreResult.Failed => new RestoreFailure(RestoreFailureKind.Disk, $"{what}: {Store.WriteFailure ?? "the disk failed"}"),
        StoreResult.TooLarge => RestoreFailure.OfArchive($"{what}: it is too large"),
        _ => RestoreFailure.OfArchive($"{what}: {result}"),
    };

    private static byte[] WithCreated(ReadOnlyMemory<byte> metadata, string created)
    {
        var output = new MemoryStream();
        output.Write(System.Text.Encoding.UTF8.GetBytes($"{{\"Created\":\"{created}\""));
        if (JsonProperties.TryRead(metadata, out List<JsonPart> parts))
        {
            foreach (JsonPart part in parts)
            {
                if (part.Name == "Created") continue;
                output.WriteByte((byte)',');
                output.Write(part.All.Span);
            }
        }

        output.WriteByte((byte)'}');
        return output.ToArray();
    }
}
