using System.Buffers;
using System.Globalization;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Blocks;

/// <content>The file of a block: what is appended goes there, and is there for good once the owner has synced it.</content>
internal sealed partial class MessageBlock
{
    // The longest run of bytes that is encrypted at a time.
    private const int EncryptedAtOnce = 128 << 10;

    private int _flushed;

    // How far it is known to be on the device, how far it will be with the sync that is under way, and what was overwritten before that.
    private readonly List<(int At, int Length)> _erasures = [];
    private int _durable;
    private int _collected;
    private int _erasuresCollected;

    // How far anything was written, be it in vain.
    private int _written;
    private IDiskFile? _file;
    private bool _isCompressed;
    private bool _hasNewName;

    // The file was made shorter, and that is not known to be on the device.
    private bool _isCut;

    /// <summary>Whether records can be appended: not to blocks that are damaged or compressed.</summary>
    public bool CanAppend { get; private set; } = true;

    /// <summary>Something was written that is not known to be on the device.</summary>
    public bool IsDirty { get; private set; }

    /// <summary>Bytes that were appended and are not yet handed to the operating system.</summary>
    public long PendingBytes => _settings.IsMemory ? 0 : RawBytes - _flushed;

    /// <summary>Whether the file is not as the block is: something is pending, or lies there of a write that failed and was taken back.</summary>
    public bool NeedsFlush => !_settings.IsMemory && (RawBytes > _flushed || _written > RawBytes);

    private FileStoreOptions Options => _settings.Options!;

    /// <summary>Nothing more will be appended.</summary>
    public void Seal() => CanAppend = false;

    /// <summary>Drops the records from memory and closes the files if nobody used them since the last call. Returns whether they were dropped.</summary>
    public bool DropCache()
    {
        bool isIdle = !_isUsed;
        _isUsed = false;
        if (!isIdle || _settings.IsMemory || PendingBytes > 0) return false;

        // After a sync that failed, memory is the only place where what was written is for certain.
        if (IsDirty || _settings.IsSyncing) return false;
        _content = null;
        Close();
        return true;
    }

    /// <summary>Hands what was appended to the operating system.</summary>
    public void Flush()
    {
        if (!NeedsFlush) return;
        _file ??= Create();
        if (_written > RawBytes)
        {
            // What was refused must not be found there.
            _file.Truncate(RawBytes);
            _written = (int)RawBytes;
            _isCut = true;
            IsDirty = true;
        }

        int from = _flushed;
        int to = (int)RawBytes;
        if (from == to) return;
        _written = to;
        WriteRecords(_file, from, _content!.Slice(from, to));
        _flushed = to;
        IsDirty = true;
        GuardAppended(_content, from, to);
    }

    /// <summary>Adds the file when there is something in it to be synced.</summary>
    /// <exception cref="DiskException">It was closed by a failure, and cannot be opened again.</exception>
    public void CollectDirty(List<DiskSync> files)
    {
        if (!IsDirty) return;
        files.Add(new DiskSync(_file ??= Create()));
        _collected = _flushed;
        _erasuresCollected = _erasures.Count;
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
        if (!isDurable)
        {
            IsDirty = true;
            return;
        }

        _durable = _collected;
        _isCut &= IsDirty;
        _erasures.RemoveRange(0, Math.Min(_erasuresCollected, _erasures.Count));
        _erasuresCollected = 0;
        if (!CanAppend && !IsDirty) Close();
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
        Options.Disk.DeleteFile(PathOf(".twin"));
    }

    /// <summary>Writes again what is not known to be on the device, and nothing else: what is there stays untouched if this fails as well.</summary>
    public void Rewrite()
    {
        if (_isUnfinished) Finish();
        if (_isCut) (_file ??= Create()).Truncate(_written);

        // What is not in memory was durable before.
        if (_content is not { } content || _isCompressed) return;
        foreach ((int at, int length) in _erasures)
        {
            if (at >= content.BaseOffset) WriteRecords(_file ??= Create(), at, content.Slice(at, at + length));
        }

        int from = Math.Max(content.BaseOffset, _durable);
        if (from < _flushed) WriteRecords(_file ??= Create(), from, content.Slice(from, _flushed));
        IsDirty = _file is not null;
    }

    /// <summary>Overwrites a message that was removed: where it lies, or with the whole block where that is compressed or encrypted.</summary>
    /// <returns>False when nothing was done.</returns>
    public bool Erase(ulong sequence, Random noise)
    {
        BlockContent content = Covering(0);
        int ordinal = content.Records.Find(sequence);
        if (ordinal < 0) return false;
        int at = content.Records.OffsetAt(ordinal);
        int length = content.LengthAt(ordinal, out _);
        byte[] random = new byte[length - MessageRecord.EmptyLength];
        noise.NextBytes(random);
        byte[] bytes = content.Copy();
        MessageRecord.Erase(bytes.AsSpan(at - content.BaseOffset, length), _key, sequence, random, out ulong hash);
        DiskException? failure = null;
        bool isWritten = !_settings.IsMemory && at < _written;
        if (isWritten && (_isCompressed || Options.Keys is not null || Cipher is not null))
        {
            failure = ReplaceFile(bytes.AsSpan(0, content.EndOffset), _isCompressed);
            _flushed = content.EndOffset;
        }
        else if (isWritten && at < _flushed)
        {
            (_file ??= Create()).Write(at, bytes.AsSpan(at, length));
            _erasures.Add((at, length));
            IsDirty = true;
        }

        content.Adopt(bytes);
        if (at + length == RawBytes) LastHash = hash;
        if (isWritten) GuardAll(content);
        return failure is null ? true : throw failure;
    }

    private string PathOf(string ending) => string.Create(CultureInfo.InvariantCulture, $"{Options.Directory}/msgs/{Index}{ending}");

    private void BeginFile() => _flushed = 0;

    private void WriteRecords(IDiskFile file, int at, ReadOnlySpan<byte> records)
    {
        if (Cipher is not { } cipher)
        {
            file.Write(at, records);
            return;
        }

        byte[] scratch = ArrayPool<byte>.Shared.Rent(Math.Min(records.Length, EncryptedAtOnce));
        try
        {
            while (!records.IsEmpty)
            {
                Span<byte> part = scratch.AsSpan(0, Math.Min(scratch.Length, records.Length));
                records[..part.Length].CopyTo(part);
                cipher.Apply(at, part);
                file.Write(at, part);
                at += part.Length;
                records = records[part.Length..];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    private IDiskFile Create()
    {
        if (!TryOpenKey()) throw new DiskException(DiskError.Device, PathOf(".key"), $"the key of block {Index} does not fit");
        if (Cipher is null && Options.Keys is not null && !Options.Disk.FileExists(PathOf(".blk"))) CreateKey();
        _hasNewName = true;
        return Options.Disk.Open(PathOf(".blk"), DiskOpen.OrCreate);
    }

    // What is returned came when it was done, as with Swap.
    private DiskException? CutFile(int offset)
    {
        if (_settings.IsMemory || offset >= _written)
        {
            _flushed = Math.Min(_flushed, offset);
            return null;
        }

        // Before the records go: a guard that names more than there are would tell of messages that were lost, and their sequences could not be used again.
        DeleteGuard();
        DiskException? failure = null;
        if (_isCompressed || Options.Keys is not null)
        {
            failure = ReplaceFile(Covering(0).Slice(0, offset), compresses: false);
        }
        else
        {
            (_file ??= Create()).Truncate(offset);
            _durable = Math.Min(_durable, offset);
            _collected = Math.Min(_collected, offset);
            _erasures.RemoveAll(erasure => erasure.At >= offset);
            _erasuresCollected = 0;
            _written = offset;
            _isCut = true;
            IsDirty = true;
        }

        _flushed = Math.Min(_flushed, offset);
        return failure;
    }

    private DiskException? RewriteFile(BlockContent content, bool compresses)
    {
        if (_settings.IsMemory) return null;
        DiskException? failure = ReplaceFile(content.Slice(0, content.EndOffset), compresses);
        _flushed = content.EndOffset;
        GuardAll(content);
        return failure;
    }

    // In the place of the old file, under a new key, durably.
    private DiskException? ReplaceFile(ReadOnlySpan<byte> records, bool compresses)
    {
        // One that was never opened may have files of a key already.
        if (!TryOpenKey()) throw new DiskException(DiskError.Device, PathOf(".key"), $"the key of block {Index} does not fit");
        byte[] data;
        compresses &= !records.IsEmpty;
        if (compresses)
        {
            var output = new ArrayBufferWriter<byte>();
            CompressedBlock.Compress(records, output);
            data = output.WrittenSpan.ToArray();
        }
        else
        {
            data = records.ToArray();
        }

        DiskException? failure = Swap(data, guard: null);
        Replaced(records.Length, compresses);
        return failure;
    }

    private void Replaced(int length, bool compresses)
    {
        _hasNewName = true;
        _durable = _collected = length;
        _isCut = false;
        _erasures.Clear();
        _erasuresCollected = 0;
        _written = length;
        _isCompressed = compresses;
    }
}
