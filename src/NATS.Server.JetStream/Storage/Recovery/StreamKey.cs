using NATS.Server.Core.Security;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.JetStream.Storage.Recovery;

/// <summary>Pure but for the disk. The key in <c>meta.key</c>, with which <c>index.db</c> is sealed.</summary>
internal static class StreamKey
{
    /// <summary>Opens it with the keys and ciphers that are configured, or were.</summary>
    /// <returns>Null when there is none, or it fits nothing.</returns>
    public static SealingKey? Open(FileStoreOptions options)
    {
        if (options.Keys is null) return null;
        byte[]? file = DiskFiles.Read(options.Disk, $"{options.Directory}/{StoreFileNames.Key}", StoreKeys.ShortestFile * 2, out _);
        if (file is null) return null;
        string context = StoreKeys.ContextOfStream(options.Name);
        StoreCipher other = options.Cipher == StoreCipher.ChaCha ? StoreCipher.Aes : StoreCipher.ChaCha;
        AssetKey? key = null;
        foreach (StoreKeys? keys in (StoreKeys?[])[options.Keys, options.PreviousKeys])
        {
            if (keys is null) continue;
            if (keys.TryOpen(options.Cipher, context, file, out key) || keys.TryOpen(other, context, file, out key)) break;
        }

        using (key) return key?.CreateSealingKey();
    }

    /// <summary>As <see cref="Open"/>, and makes one for a store that has no metadata, such as one of a log, if it is the first.</summary>
    /// <exception cref="DiskException">It could not be written.</exception>
    public static SealingKey? OpenOrCreate(FileStoreOptions options)
    {
        if (options.Keys is null) return null;
        if (Open(options) is { } there) return there;

        // A key that fits nothing, or metadata without a key, are for whoever keeps the metadata to deal with.
        IDisk disk = options.Disk;
        if (disk.FileExists($"{options.Directory}/{StoreFileNames.Key}") || disk.FileExists($"{options.Directory}/{StoreFileNames.Meta}")) return null;
        byte[] seed = new byte[AssetKey.SeedSize];
        byte[] nonce = new byte[StoreKeys.NonceSize(options.Cipher)];
        options.Random.NextBytes(seed);
        options.Random.NextBytes(nonce);
        using AssetKey key = options.Keys.Create(options.Cipher, StoreKeys.ContextOfStream(options.Name), seed, nonce, out byte[] file);
        DiskFiles.Replace(disk, options.Directory, StoreFileNames.Key, output => output.Write(0, file));
        return key.CreateSealingKey();
    }
}
