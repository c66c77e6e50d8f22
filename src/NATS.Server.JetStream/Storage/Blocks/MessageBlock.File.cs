using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Blocks;

internal sealed record RecoveredBlock(MessageBlock Block, IReadOnlyList<BlockTombstone> Tombstones, IReadOnlyList<ulong> Lost, bool IsEndDamaged);

internal sealed partial class MessageBlock
{
    private const long LongestFile = 1 << 30;
    private int _flushed;
    private IDiskFile? _file;
    private BlockCipher? _cipher;
    private bool _hasKey;
    private bool _isCompressed;

    private bool _cipherless => _settings.Options?.Keys is null;

    /// <summary>Whether records can be appended: not to blocks that are damaged or compressed.</summary>
    public bool CanAppend { get; private set; } = true;

    /// <summary>Bytes that were appended and are not yet handed to the operating system.</summary>
    public long PendingBytes => _settings.IsMemory ? 0 : RawBytes - _flushed;

    /// <summary>Nothing more will be appended.</summary>
    public void Seal() => CanAppend = false;

    /// <summary>Drops the records from memory if nobody used them since the last call. Returns whether they were dropped.</summary>
    public bool DropCache()
    {
        bool isIdle = !_isUsed;
        _isUsed = false;
        if (!isIdle || _settings.IsMemory || PendingBytes > 0) return false;
        _content = null;
        return true;
    }

    public static RecoveredBlock? Recover(BlockSettings settings, uint index)
    {
        var block = new MessageBlock(settings, index, 1);
        BlockScan? scan = block.Scan();
        if (scan is null) return null;
        block.FirstSequence = scan.FirstSequence;
        block.FirstTimeNs = scan.FirstTimeNs;
        block.LastSequence = scan.LastSequence;
        block.LastTimeNs = scan.LastTimeNs;
        block.Bytes = scan.Bytes;
        block.Messages = (ulong)scan.Records.Count;
        block.LastHash = scan.LastHash;
        foreach (SequenceRun run in scan.Deleted.Runs()) block.Deleted.AddRange(run.First, run.Last);
        return new RecoveredBlock(block, scan.Tombstones, scan.Lost, scan.Holes is [.., var hole] && hole.Offset + hole.Length == block.RawBytes);
    }

    public static MessageBlock FromIndex(BlockSettings settings, StoredBlock stored, long length)
    {
        var block = new MessageBlock(settings, stored.Index, stored.FirstSequence)
        {
            FirstSequence = stored.FirstSequence,
            FirstTimeNs = stored.FirstTimeNs,
            LastSequence = stored.LastSequence,
            LastTimeNs = stored.LastTimeNs,
            Bytes = stored.Bytes,
            Messages = stored.LastSequence + 1 - stored.FirstSequence - (ulong)(stored.Deleted?.Count ?? 0),
            RawBytes = length,
        };
        foreach (ulong gone in stored.Deleted ?? []) block.Deleted.Add(gone);
        block._content = null;
        block._flushed = (int)length;
        return block;
    }

    public static bool TryReadLastHash(BlockSettings settings, uint index, out ulong hash)
    {
        hash = 0;
        var block = new MessageBlock(settings, index, 1);
        using IDiskFile file = settings.Options!.Disk.Open(block.PathOf(".blk"), DiskOpen.Existing);
        if (file.Length < 8) return true;
        byte[] end = new byte[8];
        file.Read(file.Length - 8, end);
        if (!block.OpenCipher()) return false;
        block._cipher?.Apply(file.Length - 8, end);
        hash = BinaryPrimitives.ReadUInt64LittleEndian(end);
        return true;
    }

    public void Align(ulong last, long time) => SetEmpty(last, time);

    public bool IsDirty { get; private set; }

    public void Flush()
    {
        if (_settings.IsMemory || PendingBytes <= 0) return;
        _file ??= Create();
        byte[] data = _content!.Slice(_flushed, (int)RawBytes).ToArray();
        _cipher?.Apply(_flushed, data);
        _file.Write(_flushed, data);
        _flushed = (int)RawBytes;
        IsDirty = true;
    }

    public void CollectDirty(List<DiskSync> files)
    {
        if (!IsDirty || _file is null) return;
        files.Add(new DiskSync(_file));
        IsDirty = false;
    }

    public void Synced(bool isDurable)
    {
        if (!isDurable) IsDirty = true;
    }

    public void Sync() => _file?.Sync();

    public void Close()
    {
        _file?.Dispose();
        _file = null;
    }

    public void DeleteFiles()
    {
        Close();
        if (_settings.Options is not { } options) return;
        options.Disk.DeleteFile(PathOf(".blk"));
        options.Disk.DeleteFile(PathOf(".key"));
        options.Disk.DeleteFile(PathOf(".guard"));
    }

    public bool Compress()
    {
        if (_settings.Compression == MessageCompression.None || _isCompressed || RawBytes < MessageRecord.EmptyLength || Messages == 0) return false;
        BlockContent content = Covering(0);
        if (content.Holes is not null) return false;
        _isCompressed = true;
        RewriteFile(content);
        return true;
    }

    public void Rewrite()
    {
        if (_file is null) return;
        byte[] data = Covering(0).Slice(0, _flushed).ToArray();
        _cipher?.Apply(0, data);
        _file.Write(0, data);
        IsDirty = true;
    }

    public bool Erase(ulong sequence, Random noise)
    {
        if (_cipherless is false) return false;
        BlockContent content = Covering(0);
        int ordinal = content.Records.Find(sequence);
        if (ordinal < 0) return false;
        int at = content.Records.OffsetAt(ordinal);
        int length = content.LengthAt(ordinal, out _);
        byte[] random = new byte[length - MessageRecord.EmptyLength];
        noise.NextBytes(random);
        MessageRecord.Erase(content.Rewrite(at, length), _key, sequence, random, out ulong hash);
        if (at + length == RawBytes) LastHash = hash;
        if (at >= _flushed) return true;
        if (_isCompressed) RewriteFile(content);
        else (_file ??= Create()).Write(at, content.Slice(at, at + length));
        IsDirty = true;
        return true;
    }

    private string PathOf(string ending) => string.Create(CultureInfo.InvariantCulture, $"{_settings.Options!.Directory}/msgs/{Index}{ending}");

    private IDiskFile Create()
    {
        FileStoreOptions options = _settings.Options!;
        if (options.Keys is not null && !_hasKey)
        {
            byte[] seed = new byte[AssetKey.SeedSize];
            byte[] nonce = new byte[StoreKeys.NonceSize(options.Cipher)];
            options.Random.NextBytes(seed);
            options.Random.NextBytes(nonce);
            AssetKey key = options.Keys.Create(options.Cipher, StoreKeys.ContextOfBlock(options.Name, Index), seed, nonce, out byte[] content);
            using (IDiskFile file = options.Disk.Open(PathOf(".key"), DiskOpen.Empty)) file.Write(0, content);
            _cipher = key.CreateBlockCipher();
            _hasKey = true;
        }

        return options.Disk.Open(PathOf(".blk"), DiskOpen.OrCreate);
    }

    private bool OpenCipher()
    {
        FileStoreOptions options = _settings.Options!;
        if (_hasKey || options.Keys is null) return true;
        byte[]? file = Recovery.DiskFiles.Read(options.Disk, PathOf(".key"), 200, out _);
        if (file is null) return true;
        if (!options.Keys.TryOpen(options.Cipher, StoreKeys.ContextOfBlock(options.Name, Index), file, out AssetKey? key)) return false;
        _cipher = key.CreateBlockCipher();
        _hasKey = true;
        return true;
    }

    private BlockScan? Scan()
    {
        FileStoreOptions options = _settings.Options!;
        byte[]? bytes = Recovery.DiskFiles.Read(options.Disk, PathOf(".blk"), LongestFile, out _);
        if (bytes is null || !OpenCipher()) return null;
        _cipher?.Apply(0, bytes);
        if (CompressedBlock.TryReadHeader(bytes, out _, out int header) && header > 0)
        {
            var raw = new ArrayBufferWriter<byte>();
            if (!CompressedBlock.TryDecompress(bytes, raw, LongestFile)) return null;
            bytes = raw.WrittenSpan.ToArray();
            CanAppend = false;
            _isCompressed = true;
        }

        var scan = new BlockScan(bytes, bytes.Length, [], _key);
        _content = new BlockContent(bytes, bytes.Length, scan.Records, scan.Holes);
        if (scan.Holes is not null) CanAppend = false;
        RawBytes = bytes.Length;
        _flushed = bytes.Length;
        return scan;
    }

    private void BeginFile() => _flushed = 0;

    private BlockContent ReadContent()
    {
        if (_settings.IsMemory) return _content ?? throw new InvalidOperationException("a block of memory lost its content");
        ulong hash = LastHash;
        Scan();
        LastHash = hash;
        RecordTable records = _content!.Records;
        for (int i = 0; i < records.Count; i++)
        {
            if (!Holds(records.SequenceAt(i))) records.Kill(i);
        }

        return _content;
    }

    private void CutFile(int offset)
    {
        _flushed = Math.Min(_flushed, offset);
        if (_settings.IsMemory) return;
        (_file ??= Create()).Truncate(_flushed);
        IsDirty = true;
    }

    private void RewriteFile(BlockContent content)
    {
        _flushed = content.EndOffset;
        if (_settings.IsMemory) return;
        IDisk disk = _settings.Options!.Disk;
        Close();
        Create().Dispose();
        byte[] data = content.Slice(0, content.EndOffset).ToArray();
        if (_isCompressed)
        {
            var output = new ArrayBufferWriter<byte>();
            CompressedBlock.Compress(data, output);
            data = output.WrittenSpan.ToArray();
        }

        _cipher?.Apply(0, data);
        using (IDiskFile file = disk.Open(PathOf(".blk.tmp"), DiskOpen.Empty))
        {
            file.Write(0, data);
            file.Sync();
        }

        disk.Rename(PathOf(".blk.tmp"), PathOf(".blk"));
    }
}
