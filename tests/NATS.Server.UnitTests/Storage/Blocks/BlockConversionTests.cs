using System.Globalization;
using System.Text;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;
using NATS.Server.Testing.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Blocks;

/// <summary>Stores that are opened with another key or cipher, or are to be encrypted from now on; and rewriting that fails or is cut short.</summary>
public sealed class BlockConversionTests
{
    private const string Directory = "/store/S";
    private const string Secret = "what nobody may read";
    private const int Messages = 60;

    public static TheoryData<string, string, bool, bool> Conversions
    {
        get
        {
            var cases = new TheoryData<string, string, bool, bool>();
            foreach ((string from, string to) in ((string, string)[])
                [("plain", "chacha"), ("plain", "aes"), ("chacha", "aes"), ("aes", "chacha"), ("chacha", "chacha new"), ("aes", "aes new"), ("chacha", "aes new")])
            {
                cases.Add(from, to, from == "aes", from == "chacha");
                cases.Add(from, to, false, true);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Conversions))]
    public void A_conversion_that_is_cut_short_anywhere_loses_nothing(string from, string to, bool isCompressed, bool isStopped)
    {
        SimulatedDisk disk = Write(from, isCompressed, isStopped, out List<string> expected);
        int cuts = 0;
        disk.Before = (in DiskOperation operation) =>
        {
            if (!operation.IsChange) return;
            SimulatedDisk cut = cuts % 3 == 0 ? disk.Kill() : disk.Crash(cuts);
            cuts++;

            // On with it, or back.
            SimulatedDisk back = cut.Kill();
            Assert.Equal(expected, ContentsOf(cut, OptionsFor(cut, to, previous: from), isCompressed));
            Assert.Equal(expected, ContentsOf(cut, OptionsFor(cut, to, previous: null), isCompressed));
            if (from == "plain") return;
            Assert.Equal(expected, ContentsOf(back, OptionsFor(back, from, previous: to), isCompressed));
            Assert.Equal(expected, ContentsOf(back, OptionsFor(back, from, previous: null), isCompressed));
        };
        Assert.Equal(expected, ContentsOf(disk, OptionsFor(disk, to, previous: from), isCompressed));
        disk.Before = null;
        Assert.True(cuts > 50);
        Assert.Equal(expected, ContentsOf(disk.Crash(1), OptionsFor(disk, to, previous: null), isCompressed));
        Assert.All(disk.Files.Where(name => name.EndsWith(".blk", StringComparison.Ordinal)), name =>
        {
            Assert.DoesNotContain(Secret, Encoding.Latin1.GetString(disk.ContentOf(name)!), StringComparison.Ordinal);
            Assert.NotNull(disk.ContentOf(Path.ChangeExtension(name, ".key")));
        });
        Assert.DoesNotContain(disk.Files, name => name.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public void An_erased_message_is_on_no_place_of_an_encrypted_disk_under_any_key_that_is_there()
    {
        SimulatedDisk disk = NewDisk();
        FileStoreOptions options = OptionsFor(disk, "chacha", null);
        MessageStore store = Open(options, isCompressed: false);
        Fill(store, options);
        byte[] key = disk.ContentOf($"{Directory}/msgs/1.key")!;
        byte[] before = disk.ContentOf($"{Directory}/msgs/1.blk")!;
        Assert.Equal(StoreResult.Ok, store.Erase(4, new Random(3)));
        Commit(store, disk);
        Assert.NotEqual(key, disk.ContentOf($"{Directory}/msgs/1.key")!);
        Assert.NotEqual(before[..50], disk.ContentOf($"{Directory}/msgs/1.blk")![..50]);
        Assert.Equal(TwinHeader + key.Length, disk.ContentOf($"{Directory}/msgs/1.twin")!.Length);
        byte[] plain = Decrypted(disk, options, 1);
        Assert.DoesNotContain("number 4 ", Encoding.Latin1.GetString(plain), StringComparison.Ordinal);
        Assert.Contains("number 5 ", Encoding.Latin1.GetString(plain), StringComparison.Ordinal);
        Assert.Equal(ContentsOf(store), ContentsOf(disk.Crash(1), options with { Disk = disk.Crash(1) }, false));
    }

    // Each version of each file under each key: where two of them differ, they must have been encrypted with different keys.
    [Theory]
    [InlineData("chacha", false)]
    [InlineData("aes", false)]
    [InlineData("aes", true)]
    public void No_place_of_a_key_stream_is_used_for_two_contents(string kind, bool isCompressed)
    {
        var seen = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        SimulatedDisk disk = NewDisk();
        long places = 0;
        for (int round = 0; round < 6; round++)
        {
            FileStoreOptions options = OptionsFor(disk, kind, null);
            Watch(disk, seen, () => places++);
            if (round == 2) disk.Fail(new DiskFault { Kinds = DiskOperations.Write, PathPart = ".blk", Error = DiskError.Full, Written = 40, Times = 2 });
            if (round == 3) disk.Fail(new DiskFault { Kinds = DiskOperations.Write, PathPart = ".blk", Written = 40 });
            MessageStore store = Open(options, isCompressed);
            Fill(store, options);
            if (store.WriteFailure is not null) store.VerifyAfterFailure();
            for (int i = 0; i < 3; i++)
            {
                store.Append(new NewMessage { Subject = "large"u8, Payload = new byte[70_000], TimestampNs = 1 }, out _);
                Commit(store, disk);
                Fill(store, options);
            }

            Rewrite(store, options);
            store.Truncate(store.State.LastSequence - 3);
            Fill(store, options);
            Commit(store, disk);
            if (round % 2 == 0) store.Stop(1);
            else store.Dispose();
            disk.Before = null;
            disk.Heal();
            if (round % 2 == 1) disk = disk.Crash(round);
        }

        Assert.True(places > 50);
    }

    private const int TwinHeader = 16;

    // Keeps what was written under a key that is named by the block's key file, and compares.
    private static void Watch(SimulatedDisk disk, Dictionary<string, byte[]> seen, Action count)
    {
        disk.Before = (in DiskOperation operation) =>
        {
            if (operation.Kind != DiskOperations.Write || !(operation.Path.EndsWith(".blk", StringComparison.Ordinal) || operation.Path.EndsWith(".guard", StringComparison.Ordinal))) return;
            byte[]? key = disk.ContentOf(Path.ChangeExtension(operation.Path, ".key"));
            if (key is null) return;
            string name = System.Convert.ToHexString(key) + Path.GetExtension(operation.Path);
            byte[] content = seen.GetValueOrDefault(name) ?? [];
            long end = operation.Offset + operation.Data.Length;
            if (content.Length < end) Array.Resize(ref content, (int)end);
            for (int i = 0; i < operation.Data.Length; i++)
            {
                ref byte there = ref content[operation.Offset + i];
                Assert.True(there == 0 || there == operation.Data[i], $"{operation.Path} at {operation.Offset + i}");
                there = operation.Data[i];
            }

            seen[name] = content;
            count();
        };
    }

    private static byte[] Decrypted(SimulatedDisk disk, FileStoreOptions options, uint block)
    {
        byte[] content = disk.ContentOf($"{Directory}/msgs/{block}.blk")!;
        Assert.True(options.Keys!.TryOpen(options.Cipher, StoreKeys.ContextOfBlock("S", block), disk.ContentOf($"{Directory}/msgs/{block}.key")!, out AssetKey? key));
        using (key) key.CreateBlockCipher().Apply(0, content);
        return content;
    }

    private static SimulatedDisk NewDisk()
    {
        var disk = new SimulatedDisk();
        disk.CreateDirectory(Directory);
        disk.SyncDirectory("/store");
        disk.SyncDirectory("/");
        return disk;
    }

    private static SimulatedDisk Write(string kind, bool isCompressed, bool isStopped, out List<string> contents)
    {
        SimulatedDisk disk = NewDisk();
        FileStoreOptions options = OptionsFor(disk, kind, null);
        MessageStore store = Open(options, isCompressed);
        Fill(store, options);
        for (ulong sequence = 3; sequence < Messages; sequence += 7) store.Remove(sequence);
        store.Maintain(1);
        Commit(store, disk);
        contents = ContentsOf(store);
        if (isStopped) store.Stop(1);
        else store.Dispose();
        return disk;
    }

    private static void Fill(MessageStore store, FileStoreOptions options)
    {
        for (int i = 1; i <= Messages; i++)
        {
            string payload = string.Create(CultureInfo.InvariantCulture, $"number {i} {Secret}");
            store.Append(new NewMessage { Subject = Encoding.ASCII.GetBytes($"s.{i % 5}"), Payload = Encoding.ASCII.GetBytes(payload), TimestampNs = i }, out _);
            if (i % 6 == 0) store.Flush();
        }

        Commit(store, (SimulatedDisk)options.Disk);
    }

    // Everything that writes a block anew.
    private static void Rewrite(MessageStore store, FileStoreOptions options)
    {
        var disk = (SimulatedDisk)options.Disk;
        ulong first = store.State.FirstSequence;
        store.Erase(first + 2, new Random(1));
        store.Maintain(2);
        for (ulong sequence = first + 4; sequence < first + 20; sequence++)
        {
            if (sequence % 3 != 0) store.Remove(sequence);
        }

        store.Maintain(3);
        store.Erase(store.State.LastSequence, new Random(2));
        store.Append(new NewMessage { Subject = "s.new"u8, Payload = "after"u8, TimestampNs = 100 }, out _);
        Commit(store, disk);
        store.Truncate(store.State.LastSequence - 2);
        store.Append(new NewMessage { Subject = "s.new"u8, Payload = "last"u8, TimestampNs = 101 }, out _);
        Commit(store, disk);
    }

    private static StoreResult Commit(MessageStore store, SimulatedDisk disk)
    {
        List<DiskSync> files = [];
        StoreResult result = store.BeginCommit(files, out long position);
        DiskSync[] synced = [.. files];
        if (synced.Length > 0) disk.Sync(synced);
        StoreResult ended = store.EndCommit(position, synced);
        return result == StoreResult.Ok ? ended : result;
    }

    private static List<string> ContentsOf(SimulatedDisk disk, FileStoreOptions options, bool isCompressed)
    {
        using MessageStore store = Open(options with { Disk = disk }, isCompressed);
        Assert.Null(store.Lost);
        List<string> contents = ContentsOf(store);
        store.Stop(1);
        return contents;
    }

    private static List<string> ContentsOf(MessageStore store)
    {
        StreamState state = store.State;
        List<string> contents = [string.Create(CultureInfo.InvariantCulture, $"{state.Messages} {state.Bytes} {state.FirstSequence} {state.LastSequence}")];
        for (ulong sequence = state.FirstSequence; sequence <= state.LastSequence && sequence > 0; sequence++)
        {
            if (store.Load(sequence, out StoredMessage message) != StoreResult.Ok) continue;
            contents.Add(string.Create(CultureInfo.InvariantCulture, $"{sequence} {Encoding.ASCII.GetString(message.Subject)} {Encoding.ASCII.GetString(message.Payload)}"));
        }

        return contents;
    }

    private static MessageStore Open(FileStoreOptions options, bool isCompressed) =>
        FileStore.Open(options, new StoreLimits { Compression = isCompressed ? MessageCompression.S2 : MessageCompression.None }, new RecordingStoreListener(), 1);

    private static FileStoreOptions OptionsFor(SimulatedDisk disk, string kind, string? previous) => new()
    {
        Disk = disk,
        Directory = Directory,
        Name = "S",
        BlockSize = 1500,
        Keys = KeysOf(kind),
        PreviousKeys = previous is null ? null : KeysOf(previous),
        Cipher = kind.StartsWith("aes", StringComparison.Ordinal) ? StoreCipher.Aes : StoreCipher.ChaCha,
        Random = new Random(HashCode.Combine(Environment.TickCount64, disk.Operations)),
    };

    private static StoreKeys? KeysOf(string kind) => kind == "plain" ? null : new StoreKeys(kind.EndsWith("new", StringComparison.Ordinal) ? "new" : "old", "$G");
}
