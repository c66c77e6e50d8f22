using NATS.Server.Core.Config;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Catalog;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Recovery;

namespace NATS.Server.JetStream.Storage.Backup;

/// <summary>
/// Owned by a restore. Reads the archive that nats-server made before 2.15: a tar of the store's files, decrypted and decompressed. They are laid out beside, opened as the store that they are,
/// and its messages, each verified, go into the new one.
/// </summary>
/// <remarks>Names are only those that such a backup has, each once (CVE-2022-26652): none leads out of the directory, and nothing but regular files is taken.</remarks>
internal sealed class FileArchiveReader : IArchiveReader, ITarContent, IStoreListener
{
    private const string Messages = "msgs/";
    private const string Consumers = "obs/";

    // What an older server adds when it could not make the backup.
    private const string Errors = "errors.txt";
    private const long LongestMeta = 16 << 20;
    private const long LongestState = 256 << 20;

    // What the store reads of a block at most.
    private const long LongestBlock = 512 << 20;

    private readonly RestoreTarget _target;
    private readonly RestoreOptions _options;
    private readonly string _directory;
    private readonly TarReader _tar;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _consumers = new(StringComparer.Ordinal);
    private IDiskFile? _file;
    private long _written;
    private long _total;
    private string? _damage;

    public FileArchiveReader(RestoreTarget target, RestoreOptions options)
    {
        _target = target;
        _options = options;
        _directory = $"{options.StagingDirectory}/files";
        _tar = new TarReader(this);
    }

    private IDisk Disk => _options.Disk;

    public RestoreFailure? Take(ReadOnlySpan<byte> data) => _tar.Take(data);

    public RestoreFailure? BeginFile(string name, long length)
    {
        if (name == Errors) return RestoreFailure.OfArchive("the backup was not completed by the server that made it");
        bool isKnown = TryPlace(name, out long longest, out bool isNeeded);
        if (!isKnown || (_names.Count == 0 && name != AssetFiles.Meta) || !_names.Add(name)) return RestoreFailure.OfArchive($"unexpected content: {GoFormat.Quote(name)}");
        if (length > longest) return RestoreFailure.OfArchive($"{GoFormat.Quote(name)} is too long");
        if (length > _options.MaximumBytes - _total) return new RestoreFailure(RestoreFailureKind.TooLarge, "insufficient storage resources available");
        _total += length;
        if (!isNeeded) return null;
        string path = $"{_directory}/{name}";
        Disk.CreateDirectory(path[..path.LastIndexOf('/')]);
        _file = Disk.Open(path, DiskOpen.Empty);
        _written = 0;
        return null;
    }

    public void Write(ReadOnlySpan<byte> data)
    {
        _file?.Write(_written, data);
        _written += data.Length;
    }

    public void EndFile()
    {
        _file?.Dispose();
        _file = null;
    }

    public RestoreFailure? End()
    {
        if (!_tar.IsEnded) return RestoreFailure.CutOff;
        byte[]? meta = Read(AssetFiles.Meta, LongestMeta);
        if (meta is null || AssetJson.NameOf(meta) is not { } name) return RestoreFailure.OfArchive("meta.inf is not the configuration of a stream");
        if (name != _options.Name) return RestoreFailure.OfArchive("stream names do not match");
        if (Read(AssetFiles.Checksum, MetaChecksum.Length) is { } checksum && !MetaChecksum.Matches(new AssetIdentity(name).HashKey, meta, checksum))
            return RestoreFailure.OfArchive("meta.inf: checksums do not match");

        var files = new FileStoreOptions { Disk = Disk, Directory = _directory, Name = name, BlockSize = 8 << 20, Random = _options.Random };
        using MessageStore store = FileStore.Open(files, new StoreLimits(), this, _options.NowNs);
        return Damage(store) ?? Copy(store, CreatedIn(meta));
    }

    public void Removed(ulong sequence, ReadOnlySpan<byte> subject, ulong bytes)
    {
        // Nothing is removed from what is copied.
    }

    public void Purged(ulong messages, ulong bytes)
    {
        // As above.
    }

    public void MarkerDue(ulong sequence, ReadOnlySpan<byte> subject)
    {
        // As above.
    }

    // The index of a store that was written to while it was backed up need not fit its blocks: they are looked through then.
    public void Damaged(string what)
    {
        if (!what.StartsWith(StoreFileNames.Index, StringComparison.Ordinal)) _damage ??= what;
    }

    public void Dispose() => EndFile();

    private RestoreFailure? Copy(MessageStore store, string? created)
    {
        StreamState state = store.State;
        if (_target.Begin(state.FirstSequence, state.LastTimeNs, state.Bytes, created) is { } failure) return failure;
        foreach (string consumer in _consumers)
        {
            if (CopyConsumer(consumer) is { } wrong) return wrong;
        }

        ulong next = Math.Max(state.FirstSequence, 1);
        while (next <= state.LastSequence)
        {
            StoreResult result = store.LoadNext(MessageFilter.All, next, out StoredMessage message, out _);
            if (Damage(store) is { } damage) return damage;
            if (result == StoreResult.EndOfStream) return _target.Skip(next, state.LastSequence - next + 1, state.LastTimeNs);
            if (result != StoreResult.Ok) return new RestoreFailure(RestoreFailureKind.Disk, "the staged files could not be read");
            if (message.Sequence > next && _target.Skip(next, message.Sequence - next) is { } unskipped) return unskipped;
            if (_target.Append(message.Sequence, message.TimestampNs, message.Subject, message.Headers, message.Payload) is { } refusal) return refusal;
            next = message.Sequence + 1;
        }

        return null;
    }

    private RestoreFailure? CopyConsumer(string name)
    {
        string quoted = GoFormat.Quote(name);
        byte[]? meta = Read($"{Consumers}{name}/{AssetFiles.Meta}", LongestMeta);
        if (meta is null || ConsumerDocument.FromMetadata(meta) is not { } config) return RestoreFailure.OfArchive($"error restoring consumer [{quoted}]: meta.inf is missing, or is not its configuration");
        var state = new ConsumerSnapshot();
        if (Read($"{Consumers}{name}/{AssetFiles.State}", LongestState) is { Length: > 0 } file)
        {
            if (!ConsumerSnapshot.TryDecode(file, out ConsumerSnapshot? read, out _)) return RestoreFailure.OfArchive($"error restoring consumer [{quoted}]: its state is damaged");
            state = read;
        }

        return _target.Add(new BackupConsumer(name, config, state), CreatedIn(meta));
    }

    private RestoreFailure? Damage(MessageStore store)
    {
        if (store.Lost is not null) _damage ??= "messages are damaged";
        return _damage is null ? null : RestoreFailure.OfArchive($"the backup is damaged: {_damage}");
    }

    // Which names there are, how long the files may be, and whether they are needed. Consumers are noted.
    private bool TryPlace(string name, out long longest, out bool isNeeded)
    {
        longest = LongestMeta;
        isNeeded = true;
        if (name is AssetFiles.Meta or AssetFiles.Checksum) return true;
        if (name.StartsWith(Messages, StringComparison.Ordinal))
        {
            longest = LongestBlock;
            string file = name[Messages.Length..];
            if (file == StoreFileNames.Index || RecoveryPlan.TryNumber(file, ".blk", out _)) return true;

            // The indexes of blocks, up to 2.9: the blocks say the same.
            isNeeded = false;
            return RecoveryPlan.TryNumber(file, ".idx", out _) || RecoveryPlan.TryNumber(file, ".fss", out _);
        }

        if (!name.StartsWith(Consumers, StringComparison.Ordinal)) return false;
        string[] parts = name.Split('/');
        if (parts.Length != 3 || AssetName.ProblemOfAsset(parts[1]) is not null || parts[2] is not (AssetFiles.Meta or AssetFiles.Checksum or AssetFiles.State)) return false;
        if (parts[2] == AssetFiles.State) longest = LongestState;
        _consumers.Add(parts[1]);
        return true;
    }

    private byte[]? Read(string name, long longest) => DiskFiles.Read(Disk, $"{_directory}/{name}", longest, out _);

    private static string? CreatedIn(byte[] meta)
    {
        if (!JsonProperties.TryRead(meta, out List<JsonPart> parts)) return null;
        string? created = parts.Find(part => part.Name == "Created").Text;
        return created is not null && created.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '+' or ':' or '.') ? created : null;
    }
}
