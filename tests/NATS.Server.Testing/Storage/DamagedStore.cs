using System.Globalization;
using System.Text;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.Testing.Disks;

namespace NATS.Server.Testing.Storage;

/// <summary>
/// Any thread. A store of some hundred records on a simulated disk, and what has to hold when one of its files was damaged: nothing else than what was stored is
/// served, of a flipped bit at most one record is lost, what is lost is reported, no sequence is used again, and opening takes little of everything.
/// </summary>
public sealed class DamagedStore
{
    /// <summary>More bytes may not be allocated by opening such a store and reading all of it, twice.</summary>
    public const long AllocationLimit = 24 << 20;

    /// <summary>More calls of the disk may not be needed.</summary>
    public const long OperationLimit = 2000;

    private const string Root = "/store";
    private const long Start = 1_700_000_000_000_000_000;
    private const long Second = 1_000_000_000;
    private const long Now = Start + (3600 * Second);
    private const int Block = 4000;

    private static readonly StoreLimits Limits = new() { AllowTtl = true, AllowSchedules = true, Sources = ["A > >"] };

    private readonly Dictionary<ulong, StoredContent> _stored = [];
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly HashSet<ulong> _live = [];
    private readonly ulong _last;

    private sealed record StoredContent(string Subject, string Headers, string Payload, long TimeNs);

    /// <summary>Makes the store.</summary>
    /// <param name="records">How many messages are stored.</param>
    /// <param name="isClean">It was stopped; else it ended as by a kill.</param>
    /// <param name="encryption">Null for none.</param>
    public DamagedStore(int records, bool isClean, StoreCipher? encryption = null)
    {
        Encryption = encryption;
        var disk = new SimulatedDisk();
        using (MessageStore store = FileStore.Open(OptionsFor(disk), Limits, new RecordingStoreListener(), Start))
        {
            for (int i = 1; i <= records; i++) AppendTo(store, i);
            foreach (ulong gone in (ulong[])[3, 17, 18, 90]) Require(store.Remove(gone), StoreResult.Ok);

            // Erased content may never come back; what was only removed can, when its tombstone is the record that is lost.
            Require(store.Erase(25, new Random(1)), StoreResult.Ok);
            if (encryption is null) _stored.Remove(25);
            foreach (ulong gone in (ulong[])[3, 17, 18, 25, 90]) _live.Remove(gone);
            Require(store.Flush(), StoreResult.Ok);
            _last = store.State.LastSequence;
            if (isClean) store.Stop(Now);
        }

        foreach (string file in disk.Files) _files[file] = disk.ContentOf(file)!;
    }

    public StoreCipher? Encryption { get; }

    /// <summary>The files and their lengths.</summary>
    public IEnumerable<(string File, int Length)> Files => _files.Select(file => (file.Key, file.Value.Length));

    /// <summary>Every bit of every file, every length of every file, and no file at all.</summary>
    public IEnumerable<DamageCase> AllCases()
    {
        foreach ((string file, byte[] content) in _files.OrderBy(file => file.Key, StringComparer.Ordinal))
        {
            yield return new DamageCase(file, DamageKind.Delete, 0);
            for (int bit = 0; bit < content.Length * 8; bit++) yield return new DamageCase(file, DamageKind.Flip, bit);
            for (int length = 0; length < content.Length; length++) yield return new DamageCase(file, DamageKind.Cut, length);
        }
    }

    /// <summary>Damages a copy, opens it and looks at everything.</summary>
    /// <returns>What is wrong, or null.</returns>
    public string? Check(DamageCase damage)
    {
        SimulatedDisk disk = Damage(damage);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        string? problem = CheckOpened(disk, damage);
        if (problem is not null) return problem;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        if (allocated > AllocationLimit) return $"{allocated} bytes were allocated";
        return disk.Operations > OperationLimit ? $"{disk.Operations} calls of the disk were needed" : null;
    }

    private static void Require(StoreResult result, StoreResult expected)
    {
        if (result != expected) throw new InvalidOperationException($"{result} in place of {expected}");
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    private static FileStoreOptions OptionsFor(IDisk disk, StoreCipher? cipher) => new()
    {
        Disk = disk,
        Directory = Root,
        Name = "S",
        BlockSize = Block,
        Keys = cipher is null ? null : new StoreKeys("secret", "$G"),
        Cipher = cipher ?? StoreCipher.ChaCha,
        Random = new Random(1),
    };

    private FileStoreOptions OptionsFor(IDisk disk) => OptionsFor(disk, Encryption);

    private void AppendTo(MessageStore store, int number)
    {
        string headers = (number % 10) switch
        {
            2 => $"NATS/1.0\r\nNumber: {number}\r\n\r\n",
            4 => "NATS/1.0\r\nNats-TTL: 86400\r\n\r\n",
            6 => $"NATS/1.0\r\nNats-Stream-Source: A {number} > > a\r\n\r\n",
            8 when number % 20 == 8 => "NATS/1.0\r\nNats-Schedule: @at 2099-01-02T03:04:05Z\r\n\r\n",
            _ => "",
        };
        string subject = string.Create(CultureInfo.InvariantCulture, $"s.{number % 7}");
        string payload = new((char)('a' + (number % 26)), number % 30);
        long time = Start + (number * Second);
        var message = new NewMessage
        {
            Subject = Encoding.Latin1.GetBytes(subject),
            Headers = Encoding.Latin1.GetBytes(headers),
            Payload = Encoding.Latin1.GetBytes(payload),
            TimestampNs = time,
            TtlSeconds = number % 10 == 4 ? 86400 : 0,
            ScheduleNs = headers.Contains("Schedule", StringComparison.Ordinal) ? 4_070_991_845 * Second : 0,
        };
        Require(store.Append(message, out ulong sequence), StoreResult.Ok);
        _stored[sequence] = new StoredContent(subject, headers, payload, time);
        _live.Add(sequence);
    }

    private SimulatedDisk Damage(DamageCase damage)
    {
        var disk = new SimulatedDisk();
        foreach ((string file, byte[] content) in _files)
        {
            if (file != damage.File) disk.Put(file, content);
            else if (damage.Kind != DamageKind.Delete) disk.Put(file, damage.Kind == DamageKind.Cut ? content.AsSpan(0, damage.At) : content);
        }

        if (damage.Kind == DamageKind.Flip) disk.FlipBit(damage.File, damage.At);
        return disk;
    }

    private string? CheckOpened(SimulatedDisk disk, DamageCase damage)
    {
        var listener = new RecordingStoreListener();
        HashSet<ulong> served = [];
        using (MessageStore store = FileStore.Open(OptionsFor(disk), Limits, listener, Now))
        {
            if (ReadAll(store, served) is { } wrong) return wrong;
            List<ulong> missing = [.. _live.Where(sequence => !served.Contains(sequence))];
            if (CheckMissing(store, damage, missing) is { } lost) return lost;
            if (CheckSequence(store, damage) is { } reused) return reused;
            store.Stop(Now);
        }

        // What was decided stays decided.
        HashSet<ulong> again = [];
        using (MessageStore store = FileStore.Open(OptionsFor(disk), Limits, listener, Now))
        {
            if (ReadAll(store, again) is { } wrong) return "opened again: " + wrong;
        }

        return again.SetEquals(served) ? null : "opened again, it serves other messages";
    }

    private string? ReadAll(MessageStore store, HashSet<ulong> served)
    {
        ulong last = store.State.LastSequence;
        if (last > _last + 100_000) return $"the last sequence is {last}";
        for (ulong sequence = 1; sequence <= last; sequence++)
        {
            StoreResult result = store.Load(sequence, out StoredMessage message);
            if (result == StoreResult.NotFound) continue;
            if (result != StoreResult.Ok) return $"{sequence}: {result}";
            if (sequence > _last) continue;
            var found = new StoredContent(Text(message.Subject), Text(message.Headers), Text(message.Payload), message.TimestampNs);
            if (!_stored.TryGetValue(sequence, out StoredContent? stored) || found != stored) return $"{sequence} is served as {found}";
            served.Add(sequence);
        }

        StreamState state = store.State;
        ulong alive = (ulong)served.Count;
        return state.Messages >= alive && state.Messages <= alive + 2 ? null : $"{alive} messages are served and {state.Messages} counted";
    }

    private string? CheckMissing(MessageStore store, DamageCase damage, List<ulong> missing)
    {
        if (missing.Count == 0) return null;
        if (!damage.File.EndsWith(".blk", StringComparison.Ordinal) && !damage.File.EndsWith(".key", StringComparison.Ordinal)) return $"{missing.Count} messages are lost";
        if (damage.Kind == DamageKind.Flip && damage.File.EndsWith(".blk", StringComparison.Ordinal) && missing.Count > 1) return $"{missing.Count} messages are lost by one bit";
        if (damage.Kind == DamageKind.Delete) return null;
        IReadOnlyList<ulong> reported = store.Lost?.Sequences ?? [];
        return missing.All(reported.Contains) ? null : $"{string.Join(' ', missing)} are lost, reported are {string.Join(' ', reported)}";
    }

    private string? CheckSequence(MessageStore store, DamageCase damage)
    {
        var message = new NewMessage { Subject = "new"u8, TimestampNs = Now };
        StoreResult result = store.Append(message, out ulong sequence);
        if (result != StoreResult.Ok) return $"it stores no more: {result} {store.WriteFailure}";
        return sequence > _last ? null : $"sequence {sequence} was used again";
    }
}
