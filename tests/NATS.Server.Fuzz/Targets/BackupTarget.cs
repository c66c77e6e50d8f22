using System.Buffers;
using NATS.Server.Core.Compression;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Backup;
using NATS.Server.Testing.Disks;
using NATS.Server.Testing.Storage.Backups;

namespace NATS.Server.Fuzz.Targets;

/// <summary>
/// A backup that says anything: as it comes, compressed with right checksums, behind the magic of the archive, or a good one in either form with bytes of the input in it. It is restored as a
/// stream that can be opened, or nothing of it is on the disk.
/// </summary>
internal sealed class BackupTarget : IFuzzTarget
{
    private const long Now = 1_700_000_000_000_000_000;

    private readonly byte[] _archive;
    private readonly byte[] _files;

    public BackupTarget()
    {
        var disk = new SimulatedDisk();
        FileStoreOptions options = Backups.OptionsFor(disk, new StoreLimits(), Now, blockSize: 400).Files!;
        disk.CreateDirectory(options.Directory);
        var state = new ConsumerSnapshot { DeliveredConsumer = 5, DeliveredStream = 5, AckFloorConsumer = 2, AckFloorStream = 2 };
        state.Pending.Add(new PendingMessage(4, 4, Now));
        using MessageStore store = FileStore.Open(options, new StoreLimits(), null, Now);
        for (int i = 1; i <= 12; i++)
        {
            store.Append(new NewMessage { Subject = "a.b"u8, Headers = i % 3 == 0 ? "NATS/1.0\r\nKey: v\r\n\r\n"u8 : default, Payload = "payload"u8, TimestampNs = Now + i }, out _);
        }

        store.Remove(7);
        _archive = Decompress(Backups.Of(store, new Random(1), Now, new BackupConsumer("C", "{\"durable_name\":\"C\",\"ack_policy\":\"explicit\"}"u8.ToArray(), state)));
        store.Stop(Now);
        var encoded = new ArrayBufferWriter<byte>();
        state.Encode(encoded, Now / 1_000_000_000);
        _files = Decompress(Backups.OfFiles(
        [
            .. Backups.FilesOf(disk, options.Directory, "{\"name\":\"S\"}"),
            ("obs/C/meta.inf", "{\"Name\":\"C\"}"u8.ToArray()),
            ("obs/C/o.dat", encoded.WrittenSpan.ToArray()),
        ]));
    }

    public string Name => "backup";

    public long BaseAllocation => 64 * 1024 * 1024;

    public int AllocationPerByte => 8192;

    public string? Run(byte[] input, Random random)
    {
        byte[] backup = random.Next(5) switch
        {
            0 => input,
            1 => Backups.Compress(input),
            2 => Backups.Compress([.. BackupArchive.Magic, .. input]),
            3 => Backups.Compress(Change(_archive, input, random)),
            _ => Backups.Compress(Change(_files, input, random)),
        };
        var disk = new SimulatedDisk();
        var limits = new StoreLimits { AllowTtl = random.Next(2) == 0, MaxMessages = random.Next(3) == 0 ? 3 : 0 };
        RestoreOptions options = Backups.OptionsFor(disk, limits, Now, random.Next(3) == 0 ? StoreCipher.ChaCha : null) with { MaximumBytes = 1 << 20, MaximumPayload = 1 << 16 };
        using StreamRestore restore = Backups.Restore(backup, options, random);
        if (restore.Failure is not null) return disk.Files.Count == 0 ? null : $"after \"{restore.Failure}\" there is {disk.Files[0]}";
        if (!disk.DirectoryExists(Backups.Directory)) return "the restore went well, and there is no stream";
        if (disk.Files.FirstOrDefault(file => !file.StartsWith(Backups.Directory + "/", StringComparison.Ordinal)) is { } outside) return $"there is {outside}";
        using MessageStore store = FileStore.Open(options.Files!, limits, null, Now);
        if (store.Lost is not null) return "what was restored is damaged";
        ulong found = 0;
        for (ulong next = 1; store.LoadNext(MessageFilter.All, next, out StoredMessage message, out _) == StoreResult.Ok; next = message.Sequence + 1) found++;
        return found == store.State.Messages ? null : $"{found} messages of {store.State.Messages}";
    }

    private static byte[] Decompress(byte[] backup)
    {
        var output = new ArrayBufferWriter<byte>();
        if (S2Stream.Decompress(backup, output, 1 << 24) != S2Error.None) throw new InvalidOperationException("the backup cannot be read");
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Change(byte[] archive, byte[] input, Random random)
    {
        byte[] changed = [.. archive];
        for (int i = random.Next(4); i >= 0 && input.Length > 0; i--)
        {
            changed[random.Next(changed.Length)] = input[random.Next(input.Length)];
        }

        return changed;
    }
}
