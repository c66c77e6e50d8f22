using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Server.Disks;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Disks;

namespace NATS.Server.Testing.Storage.Crashes;

/// <summary>Thread-safe. Stores messages in two stores on the real disk with as many in flight as the queue can take, and knows which were acknowledged.</summary>
/// <remarks>A line says store, sequence and the number from which the message was made: <c>0 17 8237465</c>.</remarks>
public static class StoreWriter
{
    private const int Stores = 2;
    private const int Publishers = 4;
    private const int InFlight = 64;
    private const int BlockSize = 256 << 10;

    /// <summary>Stores until the process ends or the output breaks.</summary>
    public static void Write(string directory, Stream output)
    {
        using var disk = new SystemDisk();
        using var commits = new CommitThread(disk, NullLogger.Instance);
        MessageStore[] stores = [.. Enumerable.Range(0, Stores).Select(index => Open(disk, directory, index))];
        Thread[] publishers =
        [
            .. Enumerable.Range(0, Publishers).Select(index => new Thread(() => new Publisher(stores[index % Stores], index % Stores, commits.Queue, output).Run())),
        ];
        foreach (Thread publisher in publishers) publisher.Start();
        foreach (Thread publisher in publishers) publisher.Join();
    }

    /// <summary>Looks for every message of the lines.</summary>
    /// <param name="directory">Where the stores are.</param>
    /// <param name="lines">What was acknowledged; a last line that was cut short counts for nothing.</param>
    /// <param name="isGood">Every one is there as it was stored, and the stores have nothing that was not.</param>
    public static string Check(string directory, IEnumerable<string> lines, out bool isGood)
    {
        using var disk = new SystemDisk();
        MessageStore[] stores = [.. Enumerable.Range(0, Stores).Select(index => Open(disk, directory, index))];
        long acknowledged = 0, missing = 0, altered = 0, invented = 0, found = 0;
        var expected = new byte[Longest];
        foreach (string line in lines)
        {
            string[] parts = line.Split(' ');
            if (parts is not [var store, var sequence, var number, "."]) continue;
            acknowledged++;
            StoreResult result = stores[int.Parse(store, CultureInfo.InvariantCulture)].Load(ulong.Parse(sequence, CultureInfo.InvariantCulture), out StoredMessage message);
            if (result != StoreResult.Ok) missing++;
            else if (!message.Payload.SequenceEqual(PayloadOf(long.Parse(number, CultureInfo.InvariantCulture), expected))) altered++;
        }

        foreach (MessageStore store in stores)
        {
            for (ulong sequence = Math.Max(1, store.State.FirstSequence); sequence <= store.State.LastSequence; sequence++)
            {
                if (store.Load(sequence, out StoredMessage message) != StoreResult.Ok) continue;
                found++;
                bool isOurs = message.Payload.Length >= sizeof(long)
                    && message.Payload.SequenceEqual(PayloadOf(BinaryPrimitives.ReadInt64LittleEndian(message.Payload), expected));
                if (!isOurs) invented++;
            }

            store.Stop(NowNs);
            store.Dispose();
        }

        isGood = missing + altered + invented == 0;
        return string.Create(CultureInfo.InvariantCulture, $"{acknowledged} acknowledged, {found} found, {missing} missing, {altered} altered, {invented} invented");
    }

    private const int Longest = 400;

    private static long NowNs => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

    private static MessageStore Open(SystemDisk disk, string directory, int index)
    {
        string name = "S" + index.ToString(CultureInfo.InvariantCulture);
        var options = new FileStoreOptions
        {
            Disk = disk,
            Directory = Path.GetFullPath(directory) + "/" + name,
            Name = name,
            BlockSize = BlockSize,
            Random = SecureRandom.Instance,
        };
        return FileStore.Open(options, new StoreLimits(), null, NowNs);
    }

    private static ReadOnlySpan<byte> PayloadOf(long number, byte[] buffer)
    {
        int length = sizeof(long) + (int)((ulong)number % (Longest - sizeof(long)));
        ulong state = (ulong)number;
        for (int i = sizeof(long); i < length; i++)
        {
            state = (state * 6364136223846793005) + 1442695040888963407;
            buffer[i] = (byte)(state >> 56);
        }

        BinaryPrimitives.WriteInt64LittleEndian(buffer, number);
        return buffer.AsSpan(0, length);
    }

    // The numbers of its messages are in flight in the order of its tickets.
    private sealed class Publisher(MessageStore store, int index, CommitQueue queue, Stream output) : ICommitWaiter
    {
        private readonly SemaphoreSlim _room = new(InFlight, InFlight);
        private readonly (ulong Sequence, long Number)[] _sent = new (ulong, long)[InFlight];
        private readonly StringBuilder _lines = new();
        private volatile bool _isBroken;

        public void Run()
        {
            var random = new Random();
            var buffer = new byte[Longest];
            for (long ticket = 0; !_isBroken; ticket++)
            {
                _room.Wait();
                long number = random.NextInt64();
                var message = new NewMessage { Subject = "power.cut"u8, Payload = PayloadOf(number, buffer), TimestampNs = NowNs };
                if (store.Append(message, out ulong sequence) != StoreResult.Ok) return;
                _sent[ticket % InFlight] = (sequence, number);
                queue.Enqueue(store, this, ticket);
            }
        }

        public void Committed(long ticket, StoreResult result)
        {
            if (result != StoreResult.Ok)
            {
                _isBroken = true;
                _room.Release();
                return;
            }

            (ulong sequence, long number) = _sent[ticket % InFlight];
            _lines.Append(CultureInfo.InvariantCulture, $"{index} {sequence} {number} .\n");
            try
            {
                // Who reads the line must be able to rely on it at once: nothing is held back.
                output.Write(Encoding.ASCII.GetBytes(_lines.ToString()));
                _lines.Clear();
            }
            catch (IOException)
            {
                _isBroken = true;
            }

            _room.Release();
        }
    }
}
