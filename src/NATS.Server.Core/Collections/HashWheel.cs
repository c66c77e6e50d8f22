using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using NATS.Server.Core.Binary;

namespace NATS.Server.Core.Collections;

/// <summary>A sequence number and when it expires, in nanoseconds since 1970.</summary>
public readonly record struct HashWheelEntry(ulong Sequence, long ExpiresNs);

/// <summary>
/// Many deadlines, found without a look at those that are far away: they are kept by the second in which they fall, on a wheel of 4096 seconds. Not synchronised.
/// </summary>
/// <remarks>The encoding is that of nats-server, which keeps message deadlines in the file <c>thw.db</c>.</remarks>
public sealed class HashWheel
{
    private const int Size = 4096;
    private const long NanosecondsPerSlot = 1_000_000_000;
    private const byte CurrentVersion = 1;
    private const int HeaderLength = 17;

    private readonly Slot?[] _slots = new Slot?[Size];
    private readonly List<HashWheelEntry> _due = [];

    // Not above the earliest deadline; below it when that was removed.
    private long _earliest = long.MaxValue;

    /// <summary>How many deadlines are kept.</summary>
    public long Count { get; private set; }

    /// <summary>Adds a deadline. One of the same sequence and the same second of the wheel is replaced.</summary>
    public void Add(ulong sequence, long expiresNs)
    {
        Slot slot = _slots[IndexOf(expiresNs)] ??= new Slot();
        int before = slot.Entries.Count;
        slot.Entries[sequence] = expiresNs;
        Count += slot.Entries.Count - before;
        if (expiresNs < slot.Earliest) slot.Earliest = expiresNs;
        if (expiresNs < _earliest) _earliest = expiresNs;
    }

    /// <summary>Removes a deadline. False when there is none of this sequence in that second.</summary>
    public bool Remove(ulong sequence, long expiresNs)
    {
        int index = IndexOf(expiresNs);
        if (_slots[index] is not { } slot || !slot.Entries.Remove(sequence)) return false;
        Count--;
        if (slot.Entries.Count == 0) _slots[index] = null;
        return true;
    }

    /// <summary>Moves a deadline. False, with nothing changed, when there is none of this sequence in the old second.</summary>
    public bool Update(ulong sequence, long oldExpiresNs, long newExpiresNs)
    {
        if (!Remove(sequence, oldExpiresNs)) return false;
        Add(sequence, newExpiresNs);
        return true;
    }

    /// <summary>The earliest deadline if it is before a time, else <see cref="long.MaxValue"/>. May be too early when deadlines were removed, never too late.</summary>
    public long NextExpiration(long beforeNs) => _earliest < beforeNs ? _earliest : long.MaxValue;

    /// <summary>Offers everything whose time has come.</summary>
    /// <param name="nowNs">Deadlines at or before it are due.</param>
    /// <param name="expire">Returns whether the deadline is done with; else it is offered again next time. May add and remove deadlines, but not call this.</param>
    public void Expire(long nowNs, Func<HashWheelEntry, bool> expire)
    {
        if (_earliest > nowNs) return;
        for (int i = 0; i < Size; i++)
        {
            if (_slots[i] is not { } slot || slot.Earliest > nowNs) continue;
            _due.Clear();
            foreach ((ulong sequence, long expiresNs) in slot.Entries)
            {
                if (expiresNs <= nowNs) _due.Add(new HashWheelEntry(sequence, expiresNs));
            }

            foreach (HashWheelEntry entry in _due)
            {
                // It may have removed or replaced the entry itself, and the slot with it.
                if (expire(entry) && slot.Entries.TryGetValue(entry.Sequence, out long expiresNs) && expiresNs == entry.ExpiresNs) Remove(entry.Sequence, expiresNs);
            }
        }

        FindEarliest(nowNs);
    }

    /// <summary>Writes all deadlines.</summary>
    /// <param name="highSequence">Up to which sequence they are complete; read back with them.</param>
    /// <param name="output">Gets the encoding.</param>
    public void Encode(ulong highSequence, IBufferWriter<byte> output)
    {
        // version 1, count 8, high sequence 8, little-endian, then for each: deadline as a signed and sequence as an unsigned variable-length number.
        Span<byte> header = output.GetSpan(HeaderLength);
        header[0] = CurrentVersion;
        BinaryPrimitives.WriteUInt64LittleEndian(header[1..], (ulong)Count);
        BinaryPrimitives.WriteUInt64LittleEndian(header[9..], highSequence);
        output.Advance(HeaderLength);
        foreach (Slot? slot in _slots)
        {
            if (slot is null) continue;
            foreach ((ulong sequence, long expiresNs) in slot.Entries)
            {
                output.WriteSignedVarint(expiresNs);
                output.WriteVarint(sequence);
            }
        }
    }

    /// <summary>Reads deadlines that were written by <see cref="Encode"/> or by nats-server.</summary>
    /// <param name="input">The encoding; what follows it is not looked at.</param>
    /// <param name="wheel">Null on an error.</param>
    /// <param name="highSequence">Up to which sequence the deadlines are complete.</param>
    /// <param name="error">What is wrong, or null.</param>
    public static bool TryDecode(ReadOnlySpan<byte> input, [NotNullWhen(true)] out HashWheel? wheel, out ulong highSequence, [NotNullWhen(false)] out string? error)
    {
        wheel = null;
        highSequence = 0;
        if (input.Length < HeaderLength)
        {
            error = "short buffer";
            return false;
        }

        var reader = new ByteReader(input);
        if (reader.ReadByte() != CurrentVersion)
        {
            error = "thw: encoded version not known";
            return false;
        }

        var decoded = new HashWheel();
        ulong count = reader.ReadUInt64();
        ulong stamp = reader.ReadUInt64();
        for (ulong i = 0; i < count; i++)
        {
            long expires = reader.ReadSignedVarint();
            ulong sequence = reader.ReadVarint();
            if (!reader.IsValid)
            {
                error = "unexpected EOF";
                return false;
            }

            decoded.Add(sequence, expires);
        }

        wheel = decoded;
        highSequence = stamp;
        error = null;
        return true;
    }

    private static int IndexOf(long expiresNs) => (int)((expiresNs / NanosecondsPerSlot) & (Size - 1));

    // Only slots that were due can have lost their earliest deadline to an expiry.
    private void FindEarliest(long nowNs)
    {
        _earliest = long.MaxValue;
        foreach (Slot? slot in _slots)
        {
            if (slot is null) continue;
            if (slot.Earliest <= nowNs) slot.Earliest = slot.Entries.Values.Min();
            _earliest = Math.Min(_earliest, slot.Earliest);
        }
    }

    private sealed class Slot
    {
        public Dictionary<ulong, long> Entries { get; } = [];

        // Not above the earliest deadline of the slot.
        public long Earliest { get; set; } = long.MaxValue;
    }
}
