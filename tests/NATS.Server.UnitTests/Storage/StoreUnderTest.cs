using System.Text;
using NATS.Server.JetStream.Storage;
using NATS.Server.Testing.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

/// <summary>Owned by one test. A store of some kind, with short words for what tests do to it.</summary>
internal sealed class StoreUnderTest : IDisposable
{
    public const long SecondNs = 1_000_000_000;

    private readonly StoreSource _source;

    public StoreUnderTest(string kind, StoreLimits? limits = null, ulong firstSequence = 0)
    {
        _source = StoreKinds.Create(kind);
        Store = _source.Create(limits ?? new StoreLimits(), firstSequence, Told);
    }

    public IMessageStore Store { get; }

    public RecordingStoreListener Told { get; } = new();

    public bool IsFile => _source.IsFile;

    /// <summary>The time of the next message; one second later for the one after it.</summary>
    public long NowNs { get; set; } = 1_000 * SecondNs;

    public StreamState State => Store.State;

    /// <summary>The sequences that can be loaded.</summary>
    public string Sequences => string.Join(' ', Enumerable.Range(0, (int)State.LastSequence + 3).Where(sequence => Store.Load((ulong)sequence, out _) == StoreResult.Ok));

    public static MessageFilter Filter(params string[] filters) => MessageFilter.OfAny([.. filters.Select(Encoding.ASCII.GetBytes)]);

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>Stores a message of each subject.</summary>
    public StoreUnderTest Add(params string[] subjects)
    {
        foreach (string subject in subjects)
        {
            Assert.Equal(StoreResult.Ok, Append(subject, out _));
        }

        return this;
    }

    public StoreResult Append(
        string subject, out ulong sequence, string payload = "payload", string headers = "", ulong expected = 0, long ttl = 0, long scheduleNs = 0, bool skipsDiscardNew = false)
    {
        long timestampNs = NowNs;
        NowNs += SecondNs;
        return Store.Append(
            new NewMessage
            {
                Subject = Encoding.Latin1.GetBytes(subject),
                Headers = Encoding.Latin1.GetBytes(headers),
                Payload = Encoding.Latin1.GetBytes(payload),
                TimestampNs = timestampNs,
                Sequence = expected,
                TtlSeconds = ttl,
                ScheduleNs = scheduleNs,
                SkipsDiscardNew = skipsDiscardNew,
            },
            out sequence);
    }

    public void Remove(params ulong[] sequences)
    {
        foreach (ulong sequence in sequences)
        {
            Assert.Equal(StoreResult.Ok, Store.Remove(sequence));
        }
    }

    /// <summary>What the first message at or after a sequence is, and how far it was looked.</summary>
    public string Next(ulong from, params string[] filters)
    {
        StoreResult result = Store.LoadNext(Filter(filters), from, out StoredMessage message, out ulong skippedTo);
        return result == StoreResult.Ok ? $"{message.Sequence} {Text(message.Subject)}, {skippedTo}" : $"{result}, {skippedTo}";
    }

    public string Previous(ulong from, params string[] filters)
    {
        StoreResult result = Store.LoadPrevious(Filter(filters), from, out StoredMessage message);
        return result == StoreResult.Ok ? $"{message.Sequence} {Text(message.Subject)}" : result.ToString();
    }

    public string Last(params string[] filters)
    {
        StoreResult result = Store.LoadLast(Filter(filters), out StoredMessage message);
        return result == StoreResult.Ok ? $"{message.Sequence} {Text(message.Subject)}" : result.ToString();
    }

    public ulong Purge(string filter, ulong before = 0, ulong keep = 0)
    {
        Assert.Equal(StoreResult.Ok, Store.Purge(Filter(filter), before, keep, out ulong purged));
        return purged;
    }

    public ulong Compact(ulong first)
    {
        Assert.Equal(StoreResult.Ok, Store.Compact(first, out ulong purged));
        return purged;
    }

    /// <summary>The subjects of a filter with their states, in order.</summary>
    public string Subjects(params string[] filters)
    {
        List<string> found = [];
        Store.VisitSubjects(Filter(filters), (subject, state) =>
        {
            found.Add($"{Text(subject)} {state.Messages}:{state.First}-{state.Last}");
            return true;
        });
        return string.Join(", ", found.Order(StringComparer.Ordinal));
    }

    public void Dispose()
    {
        Store.Dispose();
        _source.Dispose();
    }
}
