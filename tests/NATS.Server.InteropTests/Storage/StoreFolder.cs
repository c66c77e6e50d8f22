using System.Buffers;
using System.Security.Cryptography;
using NATS.Server.Core.Compression;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Security;
using NATS.Server.Core.Storage;

namespace NATS.Server.InteropTests.Storage;

/// <summary>Owned by one test. The folder of a stopped stream store, read and written with our codecs.</summary>
internal sealed class StoreFolder(string folder, StoreVariant variant)
{
    private const string Stream = "S";
    private const string Consumer = "C";
    private const long Limit = 64 << 20;

    private readonly StoreKeys _keys = new(StoreVariant.Key, "$G");
    private readonly string _folder = Path.Combine(folder, "jetstream", "$G", "streams", Stream);

    public IEnumerable<uint> Blocks =>
        Directory.GetFiles(Path.Combine(_folder, "msgs"), "*.blk").Select(path => uint.Parse(Path.GetFileNameWithoutExtension(path))).Order();

    public byte[] Read(string name) => File.ReadAllBytes(Path.Combine(_folder, name));

    public void Write(string name, ReadOnlySpan<byte> content) => File.WriteAllBytes(Path.Combine(_folder, name), content);

    /// <summary>The records of a block, decrypted and decompressed.</summary>
    public byte[] ReadBlock(uint index)
    {
        byte[] block = Read($"msgs/{index}.blk");
        if (variant.Cipher is { } cipher)
        {
            using AssetKey key = Open(cipher, StoreKeys.ContextOfBlock(Stream, index), $"msgs/{index}.key");
            using BlockCipher blockCipher = key.CreateBlockCipher();
            blockCipher.Apply(0, block);
        }

        var records = new ArrayBufferWriter<byte>();
        return CompressedBlock.TryDecompress(block, records, Limit) ? records.WrittenSpan.ToArray() : throw new InvalidDataException($"block {index}");
    }

    /// <summary>Writes a block with a new key, compressed if it was.</summary>
    public void WriteBlock(uint index, byte[] records, bool isCompressed)
    {
        byte[] block = records;
        if (isCompressed)
        {
            var compressed = new ArrayBufferWriter<byte>();
            CompressedBlock.Compress(records, compressed);
            block = compressed.WrittenSpan.ToArray();
        }

        if (variant.Cipher is { } cipher)
        {
            using AssetKey key = CreateKey(cipher, StoreKeys.ContextOfBlock(Stream, index), $"msgs/{index}.key");
            using BlockCipher blockCipher = key.CreateBlockCipher();

            // In two steps, as a block that is appended to.
            int half = block.Length / 2;
            blockCipher.Apply(half, block.AsSpan(half));
            blockCipher.Apply(0, block.AsSpan(0, half));
        }

        Write($"msgs/{index}.blk", block);
    }

    /// <summary>What is under the checksum of <c>index.db</c>, decrypted.</summary>
    public byte[] ReadIndex() => StreamIndexReader.TryCheck(Read("msgs/index.db"), StoreHashKey.OfStream(Stream), out ReadOnlySpan<byte> content)
        ? Unseal(content.ToArray(), StoreKeys.ContextOfStream(Stream), "meta.key")
        : throw new InvalidDataException("index.db");

    public byte[] ReadConsumerState() => Unseal(Read($"obs/{Consumer}/o.dat"), StoreKeys.ContextOfConsumer(Stream, Consumer), $"obs/{Consumer}/meta.key");

    public byte[] ReadMeta() => ReadMeta("", StoreHashKey.OfStream(Stream), StoreKeys.ContextOfStream(Stream));

    public byte[] ReadConsumerMeta() => ReadMeta($"obs/{Consumer}/", StoreHashKey.OfConsumer(Stream, Consumer), StoreKeys.ContextOfConsumer(Stream, Consumer));

    /// <summary>Writes metadata, index and consumer state with new keys.</summary>
    public void WriteState(byte[] meta, byte[] index, byte[] consumerMeta, byte[] consumerState)
    {
        using (AssetKey? key = variant.Cipher is { } cipher ? CreateKey(cipher, StoreKeys.ContextOfStream(Stream), "meta.key") : null)
        {
            WriteMeta("", Seal(meta, key), StoreHashKey.OfStream(Stream));
            var file = new ArrayBufferWriter<byte>();
            file.Write(Seal(index, key));
            StreamIndexWriter.WriteChecksum(file, StoreHashKey.OfStream(Stream), file.WrittenSpan);
            Write("msgs/index.db", file.WrittenSpan);
        }

        using (AssetKey? key = variant.Cipher is { } cipher ? CreateKey(cipher, StoreKeys.ContextOfConsumer(Stream, Consumer), $"obs/{Consumer}/meta.key") : null)
        {
            WriteMeta($"obs/{Consumer}/", Seal(consumerMeta, key), StoreHashKey.OfConsumer(Stream, Consumer));
            Write($"obs/{Consumer}/o.dat", Seal(consumerState, key));
        }
    }

    private static byte[] Seal(byte[] content, AssetKey? key)
    {
        if (key is null) return content;
        using SealingKey sealing = key.CreateSealingKey();
        byte[] box = new byte[content.Length + sealing.Overhead];
        sealing.Seal(RandomNumberGenerator.GetBytes(sealing.NonceSize), content, box);
        return box;
    }

    private void WriteMeta(string prefix, byte[] meta, HighwayHashKey key)
    {
        Write(prefix + "meta.inf", meta);
        Write(prefix + "meta.sum", System.Text.Encoding.ASCII.GetBytes(MetaChecksum.Of(key, meta)));
    }

    private byte[] ReadMeta(string prefix, HighwayHashKey key, string context)
    {
        byte[] meta = Read(prefix + "meta.inf");
        return MetaChecksum.Matches(key, meta, Read(prefix + "meta.sum")) ? Unseal(meta, context, prefix + "meta.key") : throw new InvalidDataException("meta.sum");
    }

    private byte[] Unseal(byte[] content, string context, string keyFile)
    {
        if (variant.Cipher is not { } cipher) return content;
        using AssetKey key = Open(cipher, context, keyFile);
        using SealingKey sealing = key.CreateSealingKey();
        byte[] opened = new byte[content.Length - sealing.Overhead];
        return sealing.TryOpen(content, opened) ? opened : throw new InvalidDataException(context);
    }

    private AssetKey Open(StoreCipher cipher, string context, string keyFile) =>
        _keys.TryOpen(cipher, context, Read(keyFile), out AssetKey? key) ? key : throw new InvalidDataException(keyFile);

    private AssetKey CreateKey(StoreCipher cipher, string context, string keyFile)
    {
        AssetKey key = _keys.Create(
            cipher, context, RandomNumberGenerator.GetBytes(AssetKey.SeedSize), RandomNumberGenerator.GetBytes(StoreKeys.NonceSize(cipher)), out byte[] file);
        Write(keyFile, file);
        return key;
    }
}
