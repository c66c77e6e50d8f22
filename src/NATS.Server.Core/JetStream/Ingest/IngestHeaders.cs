using System.Runtime.CompilerServices;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Core.JetStream.Ingest;

/// <summary>
/// Where in a header block the headers are that a stream acts on: found in one pass, the first of each counts. Keys are compared with their case, the spaces before a value do not belong to it.
/// </summary>
public readonly ref struct IngestHeaders
{
    private const int Count = (int)IngestHeader.RequestInfo + 1;
    private readonly ReadOnlySpan<byte> _block;
    private readonly uint _present;
    private readonly Places _places;

    /// <summary>Looks through a block.</summary>
    /// <param name="block">Not checked before; empty for a message without headers.</param>
    public IngestHeaders(ReadOnlySpan<byte> block)
    {
        _block = block;
        foreach (MessageHeaders.MessageHeader header in MessageHeaders.Enumerate(block))
        {
            int known = IndexOf(header.Key);
            if (known < 0 || (_present & (1u << known)) != 0) continue;
            _present |= 1u << known;
            _places[known] = new Place { End = header.End, Length = header.Value.Length };
        }
    }

    /// <summary>Whether none of them is there.</summary>
    public bool IsEmpty => _present == 0;

    /// <summary>The value of a header; empty when it is not there.</summary>
    public ReadOnlySpan<byte> this[IngestHeader header]
    {
        get
        {
            if (!Has(header)) return default;
            Place place = _places[(int)header];
            return _block.Slice(place.End - place.Length, place.Length);
        }
    }

    /// <summary>The key of a header.</summary>
    public static ReadOnlySpan<byte> KeyOf(IngestHeader header) => header switch
    {
        IngestHeader.MessageId => "Nats-Msg-Id"u8,
        IngestHeader.ExpectedStream => "Nats-Expected-Stream"u8,
        IngestHeader.ExpectedLastSequence => "Nats-Expected-Last-Sequence"u8,
        IngestHeader.ExpectedLastMessageId => "Nats-Expected-Last-Msg-Id"u8,
        IngestHeader.ExpectedLastSubjectSequence => "Nats-Expected-Last-Subject-Sequence"u8,
        IngestHeader.ExpectedLastSubjectSequenceSubject => "Nats-Expected-Last-Subject-Sequence-Subject"u8,
        IngestHeader.Rollup => "Nats-Rollup"u8,
        IngestHeader.Ttl => "Nats-TTL"u8,
        IngestHeader.Increment => "Nats-Incr"u8,
        IngestHeader.CounterSources => "Nats-Counter-Sources"u8,
        IngestHeader.BatchId => "Nats-Batch-Id"u8,
        IngestHeader.BatchSequence => "Nats-Batch-Sequence"u8,
        IngestHeader.BatchCommit => "Nats-Batch-Commit"u8,
        IngestHeader.Schedule => "Nats-Schedule"u8,
        IngestHeader.ScheduleTimeZone => "Nats-Schedule-Time-Zone"u8,
        IngestHeader.ScheduleTtl => "Nats-Schedule-TTL"u8,
        IngestHeader.ScheduleRollup => "Nats-Schedule-Rollup"u8,
        IngestHeader.ScheduleTarget => "Nats-Schedule-Target"u8,
        IngestHeader.ScheduleSource => "Nats-Schedule-Source"u8,
        IngestHeader.Scheduler => "Nats-Scheduler"u8,
        IngestHeader.ScheduleNext => "Nats-Schedule-Next"u8,
        IngestHeader.StreamSource => "Nats-Stream-Source"u8,
        IngestHeader.RequiredApiLevel => "Nats-Required-Api-Level"u8,
        IngestHeader.RequestInfo => "Nats-Request-Info"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(header)),
    };

    /// <summary>Whether a header is there, be its value empty.</summary>
    public bool Has(IngestHeader header) => (_present & (1u << (int)header)) != 0;

    /// <summary>Whether a header is there with a value.</summary>
    public bool HasValue(IngestHeader header) => Has(header) && _places[(int)header].Length > 0;

    private static int IndexOf(ReadOnlySpan<byte> key)
    {
        if (!key.StartsWith("Nats-"u8)) return -1;
        return key.Length switch
        {
            8 => Is(key, IngestHeader.Ttl),
            9 => Is(key, IngestHeader.Increment),
            11 => key[5] == 'M' ? Is(key, IngestHeader.MessageId) : Is(key, IngestHeader.Rollup),
            13 => key[5] == 'B' ? Is(key, IngestHeader.BatchId) : Is(key, IngestHeader.Schedule),
            14 => Is(key, IngestHeader.Scheduler),
            17 => key[5] == 'B' ? Is(key, IngestHeader.BatchCommit) : key[5] == 'S' ? Is(key, IngestHeader.ScheduleTtl) : Is(key, IngestHeader.RequestInfo),
            18 => key[6] == 'c' ? Is(key, IngestHeader.ScheduleNext) : Is(key, IngestHeader.StreamSource),
            19 => Is(key, IngestHeader.BatchSequence),
            20 => Twenty(key),
            23 => key[5] == 'S' ? Is(key, IngestHeader.ScheduleTimeZone) : Is(key, IngestHeader.RequiredApiLevel),
            25 => Is(key, IngestHeader.ExpectedLastMessageId),
            27 => Is(key, IngestHeader.ExpectedLastSequence),
            35 => Is(key, IngestHeader.ExpectedLastSubjectSequence),
            43 => Is(key, IngestHeader.ExpectedLastSubjectSequenceSubject),
            _ => -1,
        };
    }

    private static int Twenty(ReadOnlySpan<byte> key) => key[5] switch
    {
        (byte)'E' => Is(key, IngestHeader.ExpectedStream),
        (byte)'C' => Is(key, IngestHeader.CounterSources),
        _ => key[14] switch
        {
            (byte)'R' => Is(key, IngestHeader.ScheduleRollup),
            (byte)'T' => Is(key, IngestHeader.ScheduleTarget),
            _ => Is(key, IngestHeader.ScheduleSource),
        },
    };

    private static int Is(ReadOnlySpan<byte> key, IngestHeader header) => key.SequenceEqual(KeyOf(header)) ? (int)header : -1;

    private struct Place
    {
        public int End;
        public int Length;
    }

    [InlineArray(Count)]
    private struct Places
    {
        private Place _first;
    }
}
