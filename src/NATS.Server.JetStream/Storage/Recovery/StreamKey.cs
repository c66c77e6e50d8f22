using NATS.Server.Core.Hashing;
using NATS.Server.Core.Security;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Recovery;

/// <summary>Pure but for the disk. What of a store is sealed with the key in <c>meta.key</c>: <c>index.db</c>.</summary>
internal static class StreamKey
{
    /// <summary>Opens the key with the keys and ciphers that are configured, or were, by its twin if it is damaged.</summary>
    /// <returns>Null when there is none, or it fits nothing.</returns>
    public static SealingKey? Open(FileStoreOptions options)
    {
        if (options.Keys is null) return null;
        using OpenedKeys? keys = FileOf(options).Open([], repairs: true);
        return keys?.Current.CreateSealingKey();
    }

    /// <summary>As <see cref="Open"/>, and makes one for a store that has no metadata, such as one of a log, if it is the first.</summary>
    /// <exception cref="DiskException">It could not be written.</exception>
    public static SealingKey? OpenOrCreate(FileStoreOptions options)
    {
        if (options.Keys is null) return null;
        KeyFile file = FileOf(options);

        // A key that fits nothing, or metadata without a key, are for whoever keeps the metadata to deal with.
        if (file.Exists || options.Disk.FileExists($"{options.Directory}/{StoreFileNames.Meta}")) return Open(options);
        using AssetKey key = file.Create();
        return key.CreateSealingKey();
    }

    /// <summary>
    /// For a store that has no metadata, which otherwise has the same key: gives up a key that is not as configured. The index, which is sealed with it, goes first; it and a new key
    /// are written when it is time.
    /// </summary>
    /// <exception cref="DiskException">It is there still.</exception>
    public static void GiveUpOld(FileStoreOptions options)
    {
        IDisk disk = options.Disk;
        if (options.Keys is null || disk.FileExists($"{options.Directory}/{StoreFileNames.Meta}")) return;
        using OpenedKeys? keys = FileOf(options).Open([], repairs: false);
        if (keys is null or { IsAsConfigured: true }) return;
        disk.DeleteFile($"{StoreFileNames.MessagesOf(options.Directory)}/{StoreFileNames.Index}");
        disk.SyncDirectory(StoreFileNames.MessagesOf(options.Directory));
        disk.DeleteFile($"{options.Directory}/{AssetFiles.KeyTwin}");
        disk.DeleteFile($"{options.Directory}/{StoreFileNames.Key}");
    }

    /// <summary>What is in the index.</summary>
    /// <param name="options">Of the store.</param>
    /// <param name="box">The file without its checksum, which is right.</param>
    /// <param name="findings">Gets what was found of the key.</param>
    /// <returns>The box itself when nothing opens it: it may not be encrypted yet.</returns>
    public static ReadOnlyMemory<byte> Unseal(FileStoreOptions options, ReadOnlyMemory<byte> box, List<StoreFinding> findings)
    {
        if (options.Keys is null) return box;
        using OpenedKeys? keys = FileOf(options).Open(findings, repairs: true);
        return keys is null ? box : TryUnseal(keys.Current, box.Span) ?? TryUnseal(keys.Next, box.Span) ?? box;
    }

    /// <summary>Seals the index with another key and writes it durably: the second step of a conversion (<see cref="AssetMetadata.Convert"/>).</summary>
    /// <param name="metadata">Of the stream, with the keys by which the index may be sealed now.</param>
    /// <param name="disk">Where it is.</param>
    /// <param name="key">The new one.</param>
    /// <param name="random">For the nonce.</param>
    /// <exception cref="DiskException">It is as it was.</exception>
    public static void Reseal(AssetMetadata metadata, IDisk disk, AssetKey key, Random random)
    {
        string directory = StoreFileNames.MessagesOf(metadata.Directory);
        HighwayHashKey hashKey = metadata.Identity.HashKey;
        byte[]? file = DiskFiles.Read(disk, $"{directory}/{StoreFileNames.Index}", IndexImage.LongestFile, out _);

        // Damaged or missing it is made anew from the blocks, as it is when nothing opens it.
        if (file is null || !StreamIndexReader.TryCheck(file, hashKey, out ReadOnlySpan<byte> box)) return;
        byte[]? content = metadata.Key is null ? box.ToArray() : TryUnseal(metadata.Key, box) ?? TryUnseal(metadata.NextKey, box);
        if (content is null) return;
        using SealingKey sealing = key.CreateSealingKey();
        byte[] nonce = new byte[sealing.NonceSize];
        random.NextBytes(nonce);
        byte[] resealed = Seal(sealing, nonce, content, hashKey);
        DiskFiles.Replace(disk, directory, StoreFileNames.Index, output => output.Write(0, resealed));
    }

    /// <summary>Makes the file of the index: the box and its checksum.</summary>
    public static byte[] Seal(SealingKey sealing, byte[] nonce, byte[] content, HighwayHashKey hashKey)
    {
        byte[] file = new byte[content.Length + sealing.Overhead + HighwayHash64.Length];
        Span<byte> box = file.AsSpan(0, file.Length - HighwayHash64.Length);
        sealing.Seal(nonce, content, box);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(box.Length), HighwayHash64.Hash(hashKey, box));
        return file;
    }

    private static byte[]? TryUnseal(AssetKey? key, ReadOnlySpan<byte> box)
    {
        if (key is null) return null;
        using SealingKey sealing = key.CreateSealingKey();
        if (box.Length < sealing.Overhead) return null;
        byte[] content = new byte[box.Length - sealing.Overhead];
        return sealing.TryOpen(box, content) ? content : null;
    }

    private static KeyFile FileOf(FileStoreOptions options) => KeyFile.OfAsset(
        options.Disk,
        options.Directory,
        new AssetIdentity(options.Name),
        new AssetEncryption { Keys = options.Keys, PreviousKeys = options.PreviousKeys, Cipher = options.Cipher, Random = options.Random });
}
