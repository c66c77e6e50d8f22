using System.Buffers;
using System.Globalization;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Blocks;

/// <content>The file of a block: what is appended goes there, and is there for good once the owner has synced it.</content>
internal sealed partial class MessageBlock
{
    private int _flushed;
    private IDiskFile? _file;
    private BlockCipher? _cipher;
    private bool _isKeyKnown;
    private bool _isCompressed;
    private bool _hasNewName;

    /// <summary>Whether records can be appended: not to blocks that are damaged or compressed.</summary>
    public bool CanAppend { get; private set; } = true;

    /// <summary>Something was written that is not known to be on the device.</summary>
    public bool IsDirty { get; private set; }

    /// <summary>Bytes that were appended and are not yet handed to the operating system.</summary>
    public long PendingBytes => _settings.IsMemory ? 0 : RawBytes - _flushed;

    private FileStoreOptions Options => _settings.Options!;

    /// <summary>Nothing more will be appended.</summary>
    public void Seal() => CanAppend = false;

    /// <summary>Drops the records from memory if nobody used them since the last call. Returns whether they were dropped.</summary>
    public bool DropCache()
    {
        bool isIdle = !_isUsed;
        _isUsed = false;
        if (!isIdle || _settings.IsMemory || PendingBytes > 0) return false;

        // After a sync that failed, memory is the only place where what was written is for certain.
        if (IsDirty || _settings.IsSyncing) return false;
        _content = null;
        return true;
    }

    /// <summary>Hands what was appended to the operating system.</summary>
    public void Flush()
    {
        if (_settings.IsMemory || PendingBytes <= 0) return;
        _file ??= Create();
        ReadOnlySpan<byte> data = _content!.Slice(_flushed, (int)RawBytes);
        if (_cipher is null)
        {
            _file.Write(_flushed, data);
        }
        else
        {
            byte[] encrypted = data.ToArray();
            _cipher.Apply(_flushed, encrypted);
            _file.Write(_flushed, encrypted);
        }

        int from = _flushed;
        _flushed = (int)RawBytes;
        IsDirty = true;
        GuardAppended(_content, from, _flushed);
    }

    /// <summary>Adds the file when there is something in it to be synced.</summary>
    /// <exception cref="DiskException">It was closed by a failure, and cannot be opened again.</exception>
    public void CollectDirty(List<DiskSync> files)
    {
        if (!IsDirty) return;
        files.Add(new DiskSync(_file ??= Create()));
        IsDirty = false;
    }

    /// <summary>Whether the file may have got a name that nobody has synced; asked once.</summary>
    public bool TakeName()
    {
        bool isNew = _hasNewName;
        _hasNewName = false;
        return isNew;
    }

    /// <summary>What became of what was collected.</summary>
    public void Synced(bool isDurable)
    {
        if (!isDurable) IsDirty = true;
        else if (!CanAppend && !IsDirty) Close();
    }

    /// <summary>Closes the files; they are opened again when they are needed.</summary>
    public void Close()
    {
        if (_file is { } file) _settings.Retire(file);
        _file = null;
        CloseGuard();
    }

    /// <summary>Deletes the files. A guard without its block would tell of messages that were lost, a block without its key could not be read.</summary>
    public void DeleteFiles()
    {
        Close();
        if (_settings.IsMemory) return;
        Options.Disk.DeleteFile(PathOf(".guard"));
        Options.Disk.DeleteFile(PathOf(".blk"));
        Options.Disk.DeleteFile(PathOf(".key"));
    }

    /// <summary>Compresses a block that is no longer written to, if the store is to be compressed. Returns whether it did.</summary>
    public bool Compress()
    {
        if (_settings.Compression == MessageCompression.None || _isCompressed || RawBytes < MessageRecord.EmptyLength || Messages == 0 || CanAppend) return false;
        BlockContent content = Covering(0);
        if (content.Holes is not null || _isCompressed) return false;
        _isCompressed = true;
        try
        {
            RewriteFile(content);
        }
        catch (DiskException)
        {
            _isCompressed = false;
            throw;
        }

        return true;
    }

    /// <summary>Writes everything again, after it is not known what of it the device has.</summary>
    public void Rewrite()
    {
        // What is not in memory was durable before, or is read only.
        if (_content is not { } content || _isCompressed || content.BaseOffset >= _flushed) return;
        byte[] data = content.Slice(content.BaseOffset, _flushed).ToArray();
        _file ??= Create();
        _cipher?.Apply(content.BaseOffset, data);
        _file.Write(content.BaseOffset, data);
        IsDirty = true;
    }

    /// <summary>Overwrites a message that was removed, where it lies. Encrypted blocks are left as they are.</summary>
    /// <returns>False when nothing was done.</returns>
    public bool Erase(ulong sequence, Random noise)
    {
        BlockContent content = Covering(0);
        int ordinal = content.Records.Find(sequence);
        if (ordinal < 0 || _cipher is not null || (!_settings.IsMemory && Options.Keys is not null)) return false;
        int at = content.Records.OffsetAt(ordinal);
        int length = content.LengthAt(ordinal, out _);
        byte[] random = new byte[length - MessageRecord.EmptyLength];
        noise.NextBytes(random);
        MessageRecord.Erase(content.Rewrite(at, length), _key, sequence, random, out ulong hash);
        if (at + length == RawBytes) LastHash = hash;
        if (_settings.IsMemory || at >= _flushed) return true;
        if (_isCompressed)
        {
            RewriteFile(content);
            return true;
        }

        (_file ??= Create()).Write(at, content.Slice(at, at + length));
        IsDirty = true;
        GuardAll(content);
        return true;
    }

    private string PathOf(string ending) => string.Create(CultureInfo.InvariantCulture, $"{Options.Directory}/msgs/{Index}{ending}");

    private void BeginFile() => _flushed = 0;

    private IDiskFile Create()
    {
        if (!_isKeyKnown && !TryOpenKey()) throw new DiskException(DiskError.Device, PathOf(".key"), $"the key of block {Index} does not fit");
        bool isNew = _cipher is null && Options.Keys is not null && !Options.Disk.FileExists(PathOf(".blk"));
        if (isNew) CreateKey();
        _hasNewName = true;
        return Options.Disk.Open(PathOf(".blk"), DiskOpen.OrCreate);
    }

    // Durable before anything is encrypted with it.
    private void CreateKey()
    {
        byte[] seed = new byte[AssetKey.SeedSize];
        byte[] nonce = new byte[StoreKeys.NonceSize(Options.Cipher)];
        Options.Random.NextBytes(seed);
        Options.Random.NextBytes(nonce);
        using AssetKey key = Options.Keys!.Create(Options.Cipher, StoreKeys.ContextOfBlock(Options.Name, Index), seed, nonce, out byte[] content);
        using (IDiskFile file = Options.Disk.Open(PathOf(".key"), DiskOpen.Empty))
        {
            file.Write(0, content);
            file.Sync();
        }

        _cipher = key.CreateBlockCipher();
    }

    private void CutFile(int offset)
    {
        if (_settings.IsMemory || offset >= _flushed)
        {
            _flushed = Math.Min(_flushed, offset);
            return;
        }

        // Before the records go: a guard that names more than there are would tell of messages that were lost, and their sequences could not be used again.
        DeleteGuard();
        if (_isCompressed)
        {
            ReplaceFile(Covering(0).Slice(0, offset), compresses: false);
            _isCompressed = false;
        }
        else
        {
            (_file ??= Create()).Truncate(offset);
            IsDirty = true;
        }

        _flushed = offset;
    }

    private void RewriteFile(BlockContent content)
    {
        if (!_settings.IsMemory)
        {
            ReplaceFile(content.Slice(0, content.EndOffset), _isCompressed);
            GuardAll(content);
        }

        _flushed = content.EndOffset;
    }

    // In the place of the old file, so that at any time one of both is there.
    private void ReplaceFile(ReadOnlySpan<byte> records, bool compresses)
    {
        _file ??= Create();
        byte[] data;
        if (compresses && !records.IsEmpty)
        {
            var output = new ArrayBufferWriter<byte>();
            CompressedBlock.Compress(records, output);
            data = output.WrittenSpan.ToArray();
        }
        else
        {
            data = records.ToArray();
        }

        _cipher?.Apply(0, data);
        using (IDiskFile file = Options.Disk.Open(PathOf(".blk.tmp"), DiskOpen.Empty))
        {
            file.Write(0, data);
            file.Sync();
        }

        Close();
        Options.Disk.Rename(PathOf(".blk.tmp"), PathOf(".blk"));
        _hasNewName = true;
        IsDirty = false;
    }
}
