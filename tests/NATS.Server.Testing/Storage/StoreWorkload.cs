using System.Globalization;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.Testing.Storage;

/// <summary>Owned by one test. Draws steps for a store and its model from a seed, of the kind that finds mistakes: near the borders, and often too much.</summary>
public sealed class StoreWorkload
{
    private const long SecondNs = 1_000_000_000;
    private static readonly string[] Subjects = ["a", "b", "a.b", "a.c", "a.b.c", "a.b.d", "a.b.c.d", "b.x", "b.y.z", "c.1", "c.2", "c.3", "c.10"];

    private readonly Random _random;
    private readonly ulong _manyMessages;

    // What limits remove is not recorded, as in the reference: a sudden end may bring it back. So there are runs with limits, and runs with sudden ends.
    private readonly bool _kills;
    private readonly Queue<StoreOperation> _next = [];
    private long _nowNs = 1_700_000_000 * SecondNs;

    /// <summary>Draws from a seed.</summary>
    /// <param name="seed">Says everything.</param>
    /// <param name="reopens">Restarts and kills are among the steps.</param>
    /// <param name="reopensAlways">After every step that changes something.</param>
    public StoreWorkload(int seed, bool reopens, bool reopensAlways)
    {
        _random = new Random(seed);
        Reopens = reopens;
        ReopensAlways = reopensAlways;
        TimesGrow = !Chance(0.1);
        _kills = reopens && Chance(0.5);
        _manyMessages = (ulong)(Chance(0.5) ? 25 : Chance(0.7) ? 120 : 400);
        FirstSequence = Chance(0.2) ? (ulong)_random.Next(1000) : 0;
        Limits = DrawLimits(new StoreLimits());
    }

    /// <summary>Every filter that is asked for; an empty one is all.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Filters { get; } =
    [
        [], ["a"], ["a.b"], ["b.y.z"], ["c.10"], ["none"], ["*"], ["a.*"], ["a.>"], ["*.b"], ["a.*.c"], ["*.*.*"], ["c.*"], ["none.>"],
        ["a", "b.>"], ["a.*", "*.b"], ["c.1", "c.2", "none"], ["a.b.c", "a.b.>"],
    ];

    public bool Reopens { get; }

    public bool ReopensAlways { get; }

    /// <summary>Sudden ends are among the steps.</summary>
    public bool Kills => _kills;

    public bool TimesGrow { get; }

    public ulong FirstSequence { get; }

    /// <summary>What the store begins with.</summary>
    public StoreLimits Limits { get; private set; }

    /// <summary>The next step.</summary>
    public StoreOperation Next(StorePair pair)
    {
        if (_next.TryDequeue(out StoreOperation? queued)) return queued;
        _nowNs += Chance(0.02) ? _random.NextInt64(8 * SecondNs) : _random.NextInt64(SecondNs / 5);
        if (!TimesGrow && Chance(0.02)) _nowNs -= _random.NextInt64(3 * SecondNs);
        foreach ((_, string subject) in pair.Markers)
        {
            if (Chance(0.7)) PlaceMarker(subject);
        }

        StoreOperation operation = _next.TryDequeue(out StoreOperation? marker) ? marker : Draw(pair);
        if (ReopensAlways && operation.Kind < StoreOperationKind.Restart)
        {
            _next.Enqueue(_random.Next(_kills ? 3 : 1) switch
            {
                0 => Now(StoreOperationKind.Restart),
                1 => Now(StoreOperationKind.Kill),
                _ => PowerCut(),
            });
        }

        return operation;
    }

    private StoreOperation Draw(StorePair pair)
    {
        StreamState state = pair.Model.State;
        bool isFull = state.Messages > _manyMessages;
        if (!isFull && Chance(0.35)) return DrawAppend(state);
        return _random.Next(1000) switch
        {
            < 360 => DrawAppend(state),
            < 380 => Now(StoreOperationKind.Skip) with { Sequence = Chance(0.2) ? Near(state.LastSequence + 1) : 0, Count = (ulong)(Chance(0.1) ? _random.Next(1, 300) : _random.Next(1, 4)), Flag = Chance(0.3) },
            < 480 => Now(StoreOperationKind.Remove) with { Sequence = DrawSequence(state) },
            < 520 => Now(StoreOperationKind.Erase) with { Sequence = DrawSequence(state) },
            < 524 => Now(StoreOperationKind.PurgeAll),
            < 538 => Now(StoreOperationKind.Purge) with { Filters = DrawFilters(), Sequence = Chance(0.4) ? DrawSequence(state) : 0, Count = Chance(0.5) ? (ulong)_random.Next(12) : 0 },
            < 546 => Now(StoreOperationKind.Compact) with { Sequence = Chance(0.1) ? state.LastSequence + (ulong)_random.Next(4) : isFull ? state.FirstSequence + (_manyMessages / 2) : Near(state.FirstSequence + 2) },
            < 552 => Now(StoreOperationKind.Truncate) with { Sequence = Chance(0.05) ? DrawSequence(state) : state.LastSequence - Math.Min(state.LastSequence, (ulong)_random.Next(6)) },
            < 566 => Now(StoreOperationKind.SyncDeleted) with { Sequence = DrawSequence(state), Count = (ulong)_random.Next(1, 9) },
            < 574 => DrawUpdate(),
            < 615 => Now(StoreOperationKind.Expire),
            < 630 => Now(StoreOperationKind.Maintain),
            < 643 => Now(StoreOperationKind.Flush),
            < 650 => Now(StoreOperationKind.Commit),
            < 655 => Now(StoreOperationKind.CompareAll),
            < 665 when Reopens => Now(StoreOperationKind.Restart),
            < 670 when _kills => Now(StoreOperationKind.Kill),
            < 675 when _kills => PowerCut(),
            < 740 => Now(StoreOperationKind.Load) with { Sequence = DrawSequence(state) },
            < 760 => Now(StoreOperationKind.SubjectOf) with { Sequence = DrawSequence(state) },
            < 810 => Now(StoreOperationKind.LoadNext) with { Filters = DrawFilters(), Sequence = DrawSequence(state) },
            < 850 => Now(StoreOperationKind.LoadPrevious) with { Filters = DrawFilters(), Sequence = DrawSequence(state) },
            < 880 => Now(StoreOperationKind.LoadLast) with { Filters = DrawFilters() },
            < 900 => Now(StoreOperationKind.SequenceAt) with { NowNs = state.FirstTimeNs + _random.NextInt64(Math.Max(1, (state.LastTimeNs - state.FirstTimeNs) * 11 / 10)) },
            < 930 => Now(StoreOperationKind.StateOf) with { Filters = DrawFilters(), Sequence = DrawSequence(state) },
            < 970 => Now(StoreOperationKind.Pending) with { Filters = DrawFilters(), Sequence = DrawSequence(state), Flag = Chance(0.5) },
            _ => Now(StoreOperationKind.LastSequences) with { Filters = DrawFilters(), Sequence = Chance(0.5) ? DrawSequence(state) : 0, Count = Chance(0.3) ? (ulong)_random.Next(1, 8) : 0 },
        };
    }

    private StoreOperation Now(StoreOperationKind kind) => new(kind, _nowNs);

    private StoreOperation PowerCut() => Now(StoreOperationKind.PowerCut) with { Sequence = (ulong)_random.Next() };

    private bool Chance(double probability) => _random.NextDouble() < probability;

    private StoreOperation DrawAppend(StreamState state)
    {
        int size = Chance(0.03) ? _random.Next(2000) : _random.Next(90);
        StoreOperation append = Now(StoreOperationKind.Append) with
        {
            Subject = Subjects[_random.Next(Subjects.Length)],
            Size = Chance(0.05) ? 0 : size,
            Sequence = Chance(0.1) ? Near(state.LastSequence + 1) : 0,
            Flag = Chance(0.05),
        };
        if (Limits.AllowTtl && Chance(0.3))
        {
            long seconds = Chance(0.2) ? -1 : _random.Next(1, 20);
            return append with { TtlSeconds = seconds, Headers = $"NATS/1.0\r\nNats-TTL: {(seconds < 0 ? "never" : seconds.ToString(CultureInfo.InvariantCulture))}\r\n\r\n" };
        }

        if (Limits.DiscardNewPerSubject && Chance(0.1)) return append with { Headers = "NATS/1.0\r\nNats-Rollup: sub\r\n\r\n" };
        return Chance(0.2) ? append with { Headers = $"NATS/1.0\r\nKey: {new string('v', _random.Next(40))}\r\n\r\n" } : append;
    }

    // As a stream does it: the marker is stored, then what it stands for goes.
    private void PlaceMarker(string subject)
    {
        _next.Enqueue(Now(StoreOperationKind.Append) with
        {
            Subject = subject,
            TtlSeconds = Limits.DeleteMarkerTtlNs / SecondNs,
            Headers = $"NATS/1.0\r\nNats-Marker-Reason: MaxAge\r\nNats-TTL: {Limits.DeleteMarkerTtlNs / SecondNs}\r\nNats-Rollup: sub\r\n\r\n",
        });
        _next.Enqueue(Now(StoreOperationKind.Purge) with { Filters = [subject], Count = 1 });
    }

    private StoreOperation DrawUpdate()
    {
        Limits = DrawLimits(Limits);
        return Now(StoreOperationKind.Update) with { Limits = Limits };
    }

    private StoreLimits DrawLimits(StoreLimits before)
    {
        // Once messages may have a time to live, they keep it.
        bool allowTtl = before.AllowTtl || Chance(0.3);
        if (_kills) return before with { AllowTtl = allowTtl, Compression = Chance(0.4) ? MessageCompression.S2 : MessageCompression.None };
        return before with
        {
            MaxMessages = Chance(0.3) ? _random.Next(1, 60) : Chance(0.2) ? -1 : 0,
            MaxBytes = Chance(0.3) ? _random.Next(500, 6000) : 0,
            MaxMessagesPerSubject = Chance(0.3) ? _random.Next(1, 6) : 0,
            MaxAgeNs = Chance(0.25) ? _random.NextInt64(SecondNs, 20 * SecondNs) : 0,
            Discard = Chance(0.3) ? DiscardPolicy.New : DiscardPolicy.Old,
            DiscardNewPerSubject = Chance(0.3),
            AllowTtl = allowTtl,
            Compression = Chance(0.4) ? MessageCompression.S2 : MessageCompression.None,
            DeleteMarkerTtlNs = allowTtl && Chance(0.3) ? _random.Next(1, 5) * SecondNs : 0,
        };
    }

    private ulong Near(ulong sequence) => (ulong)Math.Max(0, (long)sequence + _random.Next(-2, 3));

    private ulong DrawSequence(StreamState state) => _random.Next(20) switch
    {
        0 => Near(state.FirstSequence),
        1 => Near(state.LastSequence),
        2 or 3 => state.FirstSequence,
        4 => state.LastSequence,
        _ => state.FirstSequence + (state.LastSequence > state.FirstSequence ? (ulong)_random.NextInt64((long)(state.LastSequence - state.FirstSequence + 1)) : 0),
    };

    private IReadOnlyList<string> DrawFilters() => Filters[_random.Next(Filters.Count)];
}
