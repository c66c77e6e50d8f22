using System.Buffers;
using System.Formats.Tar;
using System.Text;
using NATS.Server.Core.Compression;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Backup;
using NATS.Server.Testing.Disks;

namespace NATS.Server.Testing.Storage.Backups;

/// <summary>Any thread. Backups as bytes, in the form of today and in that of servers before 2.15, and restores from them.</summary>
public static class Backups
{
    /// <summary>Where <see cref="Restore"/> puts a stream.</summary>
    public const string Directory = "/store/streams/S";

    /// <summary>Where it is put together.</summary>
    public const string Staging = "/store/__snapshots__/snap-1";

    /// <summary>A whole backup, read in pieces of random lengths.</summary>
    /// <exception cref="StoreMismatchException">It failed.</exception>
    public static byte[] Of(IMessageStore store, Random random, long nowNs, params IReadOnlyList<BackupConsumer> consumers)
    {
        using var backup = new StreamBackup(store, consumers, nowNs);
        using var bytes = new MemoryStream();
        byte[] chunk = new byte[random.Next(1, 4000)];
        int read;
        do
        {
            read = backup.Read(chunk);
            bytes.Write(chunk, 0, read);
        }
        while (read == chunk.Length);

        return backup.Failure is null ? bytes.ToArray() : throw new StoreMismatchException($"the backup failed: {backup.Failure}");
    }

    /// <summary>What a server before 2.15 makes of these files: a compressed tar.</summary>
    /// <param name="files">In order: name and content.</param>
    public static byte[] OfFiles(IEnumerable<(string Name, byte[] Content)> files)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach ((string name, byte[] content) in files)
            {
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content), Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
            }
        }

        return Compress(tar.ToArray());
    }

    /// <summary>The files of a plain store that was stopped, as they lie in a backup: decompressed, and without what only this server has.</summary>
    /// <param name="disk">Where it is.</param>
    /// <param name="directory">Of the stream.</param>
    /// <param name="meta">Its configuration.</param>
    public static List<(string Name, byte[] Content)> FilesOf(SimulatedDisk disk, string directory, string meta)
    {
        byte[] config = Encoding.UTF8.GetBytes(meta);
        List<(string Name, byte[] Content)> files =
        [
            ("meta.inf", config),
            ("meta.sum", Encoding.ASCII.GetBytes(MetaChecksum.Of(StoreHashKey.OfStream("S"), config))),
        ];
        foreach (string path in disk.Files.Where(path => path.StartsWith(directory + "/msgs/", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            byte[] content = disk.ContentOf(path)!;
            if (path.EndsWith("/index.db", StringComparison.Ordinal)) files.Add(("msgs/index.db", content));
            if (!path.EndsWith(".blk", StringComparison.Ordinal)) continue;
            var plain = new ArrayBufferWriter<byte>();
            if (CompressedBlock.TryReadHeader(content, out _, out _) && CompressedBlock.TryDecompress(content, plain, 1 << 24)) content = plain.WrittenSpan.ToArray();
            files.Add((path[(directory.Length + 1)..], content));
        }

        return files;
    }

    /// <summary>An archive of entries as they are given, compressed.</summary>
    public static byte[] OfEntries(params (string Name, long Time, ulong Sequence, string Headers, string Payload)[] entries)
    {
        var archive = new ArrayBufferWriter<byte>();
        archive.Write(BackupArchive.Magic);
        foreach ((string name, long time, ulong sequence, string headers, string payload) in entries)
        {
            BackupArchive.WriteEntry(archive, new BackupEntry
            {
                Name = Encoding.UTF8.GetBytes(name),
                TimestampNs = time,
                Sequence = sequence,
                HeadersLength = headers.Length,
                PayloadLength = payload.Length,
            });
            archive.Write(Encoding.ASCII.GetBytes(headers + payload));
        }

        return Compress(archive.WrittenSpan);
    }

    /// <summary>Compresses as servers do.</summary>
    public static byte[] Compress(ReadOnlySpan<byte> archive)
    {
        var output = new ArrayBufferWriter<byte>();
        S2Stream.Compress(archive, output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>What a stream named S is restored with.</summary>
    public static RestoreOptions OptionsFor(SimulatedDisk disk, StoreLimits limits, long nowNs, StoreCipher? cipher = null, bool isMemory = false, int blockSize = 1500) => new()
    {
        Name = "S",
        Metadata = "{\"Created\":\"2026-01-02T03:04:05.006Z\",\"name\":\"S\",\"subjects\":[\">\"]}"u8.ToArray(),
        Limits = limits,
        Disk = disk,
        StagingDirectory = Staging,
        Random = new Random(5),
        NowNs = nowNs,
        Files = isMemory ? null : new FileStoreOptions
        {
            Disk = disk,
            Directory = Directory,
            Name = "S",
            BlockSize = blockSize,
            Keys = cipher is null ? null : new StoreKeys("secret of the store", "$G"),
            Cipher = cipher ?? StoreCipher.ChaCha,
            Random = new Random(6),
        },
        SettleBytes = 5000,
    };

    /// <summary>Restores a backup that arrives in pieces of random lengths. <see cref="StreamRestore.Failure"/> says whether it did.</summary>
    public static StreamRestore Restore(ReadOnlySpan<byte> backup, RestoreOptions options, Random random)
    {
        var restore = new StreamRestore(options);
        bool isGood = true;
        while (isGood && !backup.IsEmpty)
        {
            int length = Math.Min(backup.Length, random.Next(1, random.Next(1, 4000)));
            isGood = restore.Write(backup[..length]);
            backup = backup[length..];
        }

        if (isGood) restore.Complete();
        return restore;
    }
}
