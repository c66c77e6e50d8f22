using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using NATS.Server.Core.Hashing;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.Testing.Disks;

namespace NATS.Server.Fuzz.Targets;

/// <summary>
/// A good store beside which an index, with a checksum that is right, or one of the small files says anything: it opens, in bounded time and memory, and nothing is
/// served that was not stored.
/// </summary>
internal sealed class StoreOpeningTarget : IFuzzTarget
{
    private const int Messages = 40;
    private const long Now = 1_700_000_000_000_000_000;

    private static readonly string[] Files = ["/s/msgs/index.db", "/s/msgs/thw.db", "/s/msgs/sched.db", "/s/sources.db"];
    private static readonly HighwayHashKey Key = StoreHashKey.OfStream("S");
    private static readonly StoreLimits Limits = new() { AllowTtl = true, AllowSchedules = true, Sources = ["A > >"] };

    private readonly Dictionary<string, byte[]> _good = [];

    public StoreOpeningTarget()
    {
        var disk = new SimulatedDisk();
        using (MessageStore store = Open(disk))
        {
            for (int i = 1; i <= Messages; i++)
            {
                store.Append(new NewMessage { Subject = "s"u8, Payload = PayloadOf((ulong)i), TimestampNs = Now + i }, out _);
            }

            store.Stop(Now);
        }

        foreach (string file in disk.Files) _good[file] = disk.ContentOf(file)!;
    }

    public string Name => "store-opening";

    public long BaseAllocation => 16 * 1024 * 1024;

    public int AllocationPerByte => 4096;

    public string? Run(byte[] input, Random random)
    {
        var disk = new SimulatedDisk();
        foreach ((string file, byte[] content) in _good) disk.Put(file, content);
        string target = Files[random.Next(Files.Length)];
        disk.Put(target, target == Files[0] ? WithChecksum(random.Next(2) == 0 ? input : Change(input, random)) : input);
        using MessageStore store = Open(disk);
        StreamState state = store.State;
        for (ulong sequence = 1; sequence <= Messages; sequence++)
        {
            StoreResult result = store.Load(sequence, out StoredMessage message);
            if (result == StoreResult.Ok && !message.Payload.SequenceEqual(PayloadOf(sequence))) return $"{sequence} is served as another message";
            if (result != StoreResult.Ok && target != Files[0]) return $"{sequence} is lost by {target}";
        }

        return target == Files[0] || state.LastSequence >= Messages ? null : $"the last sequence is {state.LastSequence}";
    }

    private static MessageStore Open(SimulatedDisk disk)
    {
        var options = new FileStoreOptions { Disk = disk, Directory = "/s", Name = "S", BlockSize = 1000, Random = new Random(1) };
        return FileStore.Open(options, Limits, null, Now);
    }

    private static byte[] PayloadOf(ulong sequence) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"payload {sequence}"));

    // The index of the store itself, with a few bytes of the input in it: all but these fits the blocks.
    private byte[] Change(byte[] input, Random random)
    {
        byte[] index = _good[Files[0]][..^HighwayHash64.Length];
        for (int i = random.Next(4); i >= 0 && input.Length > 0; i--)
        {
            index[random.Next(index.Length)] = input[random.Next(input.Length)];
        }

        return index;
    }

    private static byte[] WithChecksum(byte[] input)
    {
        byte[] file = new byte[input.Length + HighwayHash64.Length];
        input.CopyTo(file, 0);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(input.Length), HighwayHash64.Hash(Key, input));
        return file;
    }
}
