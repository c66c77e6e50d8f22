using System.Globalization;
using System.Security.Cryptography;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Recovery;

namespace NATS.Server.JetStream.Storage.Blocks;

/// <summary>Owned by a block. The key of a block that was opened or made, as its files hold it: <c>msgs/N.key</c> and the twin <c>msgs/N.twin</c>.</summary>
/// <remarks>
/// The twin (<see cref="TwinFile"/>) has the content of the key file. While a block is written anew under another key it has the new key file and behind it the
/// old one, so that whichever of the two versions of the block is found, its key is there. Which of them fits is told by the records.
/// </remarks>
internal sealed class BlockKey
{
    private BlockKey(byte[] file, AssetKey key, bool isAsConfigured)
    {
        File = file;
        Cipher = key.CreateBlockCipher();
        IsAsConfigured = isAsConfigured;
    }

    /// <summary>What the key file holds.</summary>
    public byte[] File { get; }

    public BlockCipher Cipher { get; }

    /// <summary>Whether it is sealed with the key and cipher that are configured. Else the block is to be converted.</summary>
    public bool IsAsConfigured { get; }

    /// <summary>Makes one that nothing was encrypted with. Nothing is written.</summary>
    public static BlockKey Make(FileStoreOptions options, uint index)
    {
        byte[] seed = new byte[AssetKey.SeedSize];
        byte[] nonce = new byte[StoreKeys.NonceSize(options.Cipher)];
        lock (options.Random)
        {
            // Blocks are converted at the same time.
            options.Random.NextBytes(seed);
            options.Random.NextBytes(nonce);
        }

        using AssetKey key = options.Keys!.Create(options.Cipher, StoreKeys.ContextOfBlock(options.Name, index), seed, nonce, out byte[] file);
        CryptographicOperations.ZeroMemory(seed);
        return new BlockKey(file, key, isAsConfigured: true);
    }

    /// <summary>How long a key file is that is as configured; 0 when none is.</summary>
    public static long LengthFor(FileStoreOptions options) => options.Keys is null ? 0 : FileLength(options.Cipher);

    /// <summary>Reads what is there.</summary>
    public static FoundKeys Read(FileStoreOptions options, uint index)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"{StoreFileNames.MessagesOf(options.Directory)}/{index}");
        bool hasFile = options.Disk.FileExists(path + StoreFileNames.KeyEnding);
        bool hasTwin = options.Disk.FileExists(path + StoreFileNames.TwinEnding);
        byte[]? file = hasFile ? DiskFiles.Read(options.Disk, path + StoreFileNames.KeyEnding, StoreKeys.ShortestFile * 2, out _) : null;
        byte[]? twin = hasTwin ? DiskFiles.Read(options.Disk, path + StoreFileNames.TwinEnding, StoreKeys.ShortestFile * 4, out _) : null;
        BlockKey? inFile = TryOpen(options, index, file);
        bool isTwinWhole = TwinFile.TryDecode(StoreHashKey.OfBlock(options.Name, index), twin, out byte[]? content);
        List<BlockKey> inTwin = isTwinWhole ? Split(options, index, content!) : [];
        inTwin.RemoveAll(key => inFile is not null && key.File.AsSpan().SequenceEqual(inFile.File));
        bool isWrong = inFile is null;
        if (isWrong && inTwin.Count == 0 && file is not null && options.Keys is not null) inFile = Correct(options, index, file);
        return new FoundKeys(inFile, inTwin)
        {
            HasFile = hasFile,
            HasTwin = hasTwin,
            IsTwinWhole = isTwinWhole,
            IsCorrected = isWrong && inFile is not null,
        };
    }

    /// <summary>What the twin holds.</summary>
    /// <param name="name">Of the stream.</param>
    /// <param name="index">Of the block.</param>
    /// <param name="old">The key that some may be encrypted with still, or null.</param>
    public byte[] TwinContent(string name, uint index, BlockKey? old) =>
        TwinFile.Encode(StoreHashKey.OfBlock(name, index), old is null ? File : [.. File, .. old.File]);

    // One key file, or two, each with the length of its cipher.
    private static List<BlockKey> Split(FileStoreOptions options, uint index, byte[] content)
    {
        if (TryOpen(options, index, content) is { } only) return [only];
        List<BlockKey> found = [];
        foreach (StoreCipher cipher in (ReadOnlySpan<StoreCipher>)[StoreCipher.ChaCha, StoreCipher.Aes])
        {
            int length = FileLength(cipher);
            if (content.Length - length != FileLength(StoreCipher.ChaCha) && content.Length - length != FileLength(StoreCipher.Aes)) continue;
            BlockKey? first = TryOpen(options, index, content[..length]);
            BlockKey? second = TryOpen(options, index, content[length..]);
            if (first is not null) found.Add(first);
            if (second is not null) found.Add(second);
            if (found.Count > 0) break;
        }

        return found;
    }

    private static BlockKey? Correct(FileStoreOptions options, uint index, byte[] file) =>
        BitFlips.TryCorrect(file, candidate => TryOpen(options, index, candidate) is not null) is { } corrected ? TryOpen(options, index, corrected) : null;

    // The configured key and cipher first, then what they may have been before.
    private static BlockKey? TryOpen(FileStoreOptions options, uint index, byte[]? file)
    {
        if (file is null) return null;
        string context = StoreKeys.ContextOfBlock(options.Name, index);
        foreach (StoreKeys? keys in (ReadOnlySpan<StoreKeys?>)[options.Keys, options.PreviousKeys])
        {
            foreach (StoreCipher cipher in (ReadOnlySpan<StoreCipher>)[StoreCipher.ChaCha, StoreCipher.Aes])
            {
                if (keys is null || file.Length != FileLength(cipher) || !keys.TryOpen(cipher, context, file, out AssetKey? key)) continue;
                using (key) return new BlockKey([.. file], key, cipher == options.Cipher && ReferenceEquals(keys, options.Keys));
            }
        }

        return null;
    }

    // Nonce, seed and the mark of the seal.
    private static int FileLength(StoreCipher cipher) => StoreKeys.NonceSize(cipher) + AssetKey.SeedSize + SealLength;

    private const int SealLength = 16;
}
