using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using NATS.Server.Core.Binary;
using NATS.Server.Core.Compression;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Assets;
using NATS.Server.JetStream.Storage.Consumers;
using NATS.Server.JetStream.Storage.Inspection;
using NATS.Server.Testing.Disks;

namespace NATS.Server.Fuzz.Targets;

/// <summary>
/// A good store in which one file says anything: it opens, in bounded time and memory, is checked and repaired, and serves nothing that was not stored, unless the file has the checksums for it.
/// </summary>
internal sealed class StoreFileTarget : IFuzzTarget
{
    private const int Messages = 40;
    private const long Now = 1_700_000_000_000_000_000;
    private const string Root = "/store/jetstream/$G/streams/S";
    private const string Consumer = Root + "/obs/C";
    private const string Secret = "secret";
    private const string Stamp = "stamp";

    private static readonly AssetIdentity StreamIdentity = new("S");
    private static readonly AssetIdentity ConsumerIdentity = new("S", "C");

    private readonly bool _isEncrypted;
    private readonly Func<StoreFileTarget, byte[], Random, (string File, byte[] Content, bool IsProven)> _damage;
    private readonly Dictionary<string, byte[]> _good = [];

    private StoreFileTarget(string name, bool isEncrypted, bool isCompressed, Func<StoreFileTarget, byte[], Random, (string File, byte[] Content, bool IsProven)> damage)
    {
        Name = name;
        _isEncrypted = isEncrypted;
        _damage = damage;
        var disk = new SimulatedDisk();
        AssetMetadata.Create(disk, Root, StreamIdentity, Encryption, """{"created":"2026-01-01T00:00:00Z","name":"S"}"""u8).Dispose();
        var limits = new StoreLimits { Compression = isCompressed ? MessageCompression.S2 : MessageCompression.None };
        using (MessageStore store = FileStore.Open(OptionsFor(disk), limits, null, Now))
        {
            for (int i = 1; i <= Messages; i++) store.Append(new NewMessage { Subject = "s"u8, Payload = PayloadOf((ulong)i), TimestampNs = Now + i }, out _);
            store.Remove(5);
            store.Flush();
            store.Maintain(Now);
            store.Stop(Now);
        }

        using AssetMetadata metadata = AssetMetadata.Create(disk, Consumer, ConsumerIdentity, Encryption, """{"created":"2026-01-01T00:00:00Z","name":"C"}"""u8);
        var options = new ConsumerStoreOptions { Disk = disk, Directory = Consumer, Identity = ConsumerIdentity, AckPolicy = AckPolicy.Explicit, Key = metadata.Key, Random = new Random(3) };
        using (ConsumerStore consumer = ConsumerStore.Open(options, []))
        {
            for (ulong i = 1; i <= 20; i++) consumer.UpdateDelivered(i, i, 1, Now);
            consumer.UpdateAcks(3, 3);
            consumer.Stop();
        }

        foreach (string file in disk.Files) _good[file] = disk.ContentOf(file)!;
    }

    public static IEnumerable<IFuzzTarget> All =>
    [
        new StoreFileTarget("block-file", false, false, (target, input, random) => random.Next(3) == 0
            ? (Block(random), RecordsOf(input, 1), true)
            : target.Changed(Block(random), input, random)),
        new StoreFileTarget("guard-file", false, false, (target, input, random) => target.Changed(Root + "/msgs/1.guard", input, random)),
        new StoreFileTarget("compressed-block", false, true, (target, input, random) => random.Next(3) == 0
            ? (Root + "/msgs/1.blk", Compressed(input, random), true)
            : target.Changed(Root + "/msgs/1.blk", input, random)),
        new StoreFileTarget("key-file", true, false, (target, input, random) => target.Changed(
            new[] { Root + "/meta.key", Root + "/key.twin", Root + "/msgs/1.key", Consumer + "/meta.key", Root + "/msgs/2.blk", Root + "/msgs/1.guard" }[random.Next(6)], input, random)),
        new StoreFileTarget("asset-metadata", false, false, Metadata),
        new StoreFileTarget("consumer-state", false, false, (target, input, random) => random.Next(2) == 0
            ? (Consumer + (random.Next(2) == 0 ? "/o.dat" : "/o.twin"), StateOf(input, random), true)
            : target.Changed(Consumer + (random.Next(2) == 0 ? "/o.dat" : "/o.twin"), input, random)),
        new StoreFileTarget("index-file", false, false, (target, input, random) => target.Changed(Root + "/msgs/index.db", input, random)),
    ];

    public string Name { get; }

    public long BaseAllocation => 64 << 20;

    public int AllocationPerByte => 16384;

    private AssetEncryption Encryption => new() { Keys = _isEncrypted ? new StoreKeys(Secret, "$G") : null, Random = new Random(2) };

    public string? Run(byte[] input, Random random)
    {
        var disk = new SimulatedDisk();
        foreach ((string file, byte[] content) in _good) disk.Put(file, content);
        (string damaged, byte[] now, bool isProven) = _damage(this, input, random);
        disk.Put(damaged, now);
        if (CheckServed(disk.Kill(), isProven) is { } wrong) return $"{damaged}: {wrong}";
        var options = new InspectionOptions { Key = _isEncrypted ? Secret : null, Random = new Random(6) };
        if (!StoreDirectory.TryOpen(disk, "/store", null, null, out StoreDirectory? store, out string? problem)) return problem;
        long changes = disk.Changes;
        StoreReport report = StoreInspection.Verify(disk, store, options);
        if (disk.Changes != changes) return $"{damaged}: the check has written";
        StoreRepairReport repaired = StoreRepair.Run(disk, store, options, Now, Stamp);
        if (repaired.Streams.Count != 1) return $"{damaged}: {string.Join("; ", repaired.Findings)}";
        bool isStillDamaged = repaired.Streams[0].After.IsDamaged && repaired.Streams[0].After.HasMetadata && repaired.Streams[0].After.Consumers.All(consumer => consumer.HasMetadata);
        if (isStillDamaged) return $"{damaged}: after the repair {string.Join("; ", repaired.Streams[0].After.Findings)}, before it {string.Join("; ", report.AllFindings)}";
        return CheckServed(disk, isProven) is { } after ? $"{damaged}: after the repair {after}" : null;
    }

    private string? CheckServed(SimulatedDisk disk, bool isProven)
    {
        using MessageStore store = FileStore.Open(OptionsFor(disk), new StoreLimits(), null, Now);
        ulong next = 1;
        ulong count = 0;
        while (store.LoadNext(MessageFilter.All, next, out StoredMessage message, out _) == StoreResult.Ok)
        {
            if (message.Sequence < next) return $"{message.Sequence} after {next}";
            next = message.Sequence + 1;
            count++;
            if (!isProven && message.Sequence <= Messages && !message.Payload.SequenceEqual(PayloadOf(message.Sequence))) return $"{message.Sequence} is served as another message";
            if (!isProven && message.Sequence > Messages) return $"{message.Sequence} was never stored";
        }

        return count == store.State.Messages ? null : $"{count} messages are served and {store.State.Messages} counted";
    }

    private static string Block(Random random) => string.Create(CultureInfo.InvariantCulture, $"{Root}/msgs/{1 + random.Next(2)}.blk");

    private static byte[] PayloadOf(ulong sequence) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"payload {sequence}"));

    private FileStoreOptions OptionsFor(SimulatedDisk disk) =>
        new() { Disk = disk, Directory = Root, Name = "S", BlockSize = 1000, Keys = Encryption.Keys, Random = new Random(1) };

    // The good file with some of the input in it: over what was there, in between, in its place, or with an end cut off.
    private (string File, byte[] Content, bool IsProven) Changed(string file, byte[] input, Random random)
    {
        byte[] content = [.. _good.GetValueOrDefault(file) ?? []];
        if (content.Length == 0) return (file, input, false);
        int at = random.Next(content.Length);
        switch (random.Next(5))
        {
            case 0: return (file, [.. content[..at], .. input, .. content[at..]], false);
            case 1: return (file, content[..at], false);
            case 2: return (file, [.. content[..at], .. input], false);
            case 3:
                int length = Math.Min(1 + random.Next(64), content.Length - at);
                return (file, [.. content[..at], .. content[(at + length)..]], false);
            default:
                for (int i = random.Next(4); i >= 0 && input.Length > 0; i--) content[random.Next(content.Length)] = input[random.Next(input.Length)];
                return (file, content, false);
        }
    }

    // Each four bytes of the input are a record with the right checksum: what it is, how far its sequence is, how long.
    private static byte[] RecordsOf(byte[] input, uint block)
    {
        var output = new ArrayBufferWriter<byte>();
        HighwayHashKey key = StoreHashKey.OfBlock("S", block);
        ulong sequence = 0;
        for (int i = 0; i + 4 <= input.Length && i < 400; i += 4)
        {
            ulong far = 1UL << (input[i + 1] & 63);
            sequence = (input[i] & 8) == 0 ? sequence + 1 : unchecked(sequence + far) & ((1UL << 62) - 1);
            byte[] payload = new byte[input[i + 2]];
            int length = (int)MessageRecord.LengthOf(1, 0, payload.Length);
            Span<byte> record = output.GetSpan(length);
            int written = (input[i] & 3) switch
            {
                0 => MessageRecord.WriteTombstone(record, key, sequence, input[i + 3], out _),
                1 => MessageRecord.WriteSkip(record, key, sequence, input[i + 3], out _),
                _ => MessageRecord.Write(record, key, sequence, input[i + 3] - 5, "s"u8, default, payload, out _),
            };
            output.Advance(written);
        }

        return output.WrittenSpan.ToArray();
    }

    private static byte[] Compressed(byte[] input, Random random)
    {
        byte[] records = RecordsOf(input, 1);
        if (records.Length < HighwayHash64.Length) return input;
        var output = new ArrayBufferWriter<byte>();
        if (random.Next(2) == 0)
        {
            CompressedBlock.Compress(records, output);
            return output.WrittenSpan.ToArray();
        }

        output.Write("cmp\u0001"u8);
        output.WriteVarint(input.Length > 0 ? 1UL << (input[0] & 63) : 0);
        S2Stream.Compress(records.AsSpan(0, records.Length - HighwayHash64.Length), output);
        output.Write(records.AsSpan(records.Length - HighwayHash64.Length));
        return output.WrittenSpan.ToArray();
    }

    private static byte[] StateOf(byte[] input, Random random)
    {
        // As nats-server leaves it, or with what this server writes behind it.
        byte[] state = [22, (byte)(1 + random.Next(2)), .. input];
        if (random.Next(2) == 0) return state;
        byte[] file = [.. state, .. new byte[ConsumerStateFile.TrailerLength]];
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(state.Length), (ulong)random.NextInt64());
        ulong hash = HighwayHash64.Hash(ConsumerIdentity.HashKey, file.AsSpan(0, state.Length + sizeof(ulong)));
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(state.Length + sizeof(ulong)), hash);
        "NSC1"u8.CopyTo(file.AsSpan(file.Length - 4));
        return file;
    }

    private static (string File, byte[] Content, bool IsProven) Metadata(StoreFileTarget target, byte[] input, Random random)
    {
        AssetIdentity identity = random.Next(2) == 0 ? StreamIdentity : ConsumerIdentity;
        string directory = identity.Consumer is null ? Root : Consumer;
        return random.Next(4) switch
        {
            0 => (directory + "/meta.twin", TwinFile.Encode(identity.HashKey, input), false),
            1 => (directory + "/meta.sum", Encoding.ASCII.GetBytes(MetaChecksum.Of(identity.HashKey, input)), false),
            2 => target.Changed(directory + "/meta.twin", input, random),
            _ => target.Changed(directory + "/meta.inf", input, random),
        };
    }
}
