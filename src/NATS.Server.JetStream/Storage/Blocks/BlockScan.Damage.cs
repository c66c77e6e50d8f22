using System.Buffers.Binary;
using System.Numerics;
using NATS.Server.Core.Storage;

namespace NATS.Server.JetStream.Storage.Blocks;

internal sealed partial class BlockScan
{
    private static ReadOnlySpan<byte> HeadersStart => "NATS/1.0"u8;

    private static ReadOnlySpan<byte> HeadersEnd => "\r\n\r\n"u8;

    private static ReadOnlySpan<byte> NeverInSubjects => " \t\r\n"u8;

    private static bool IsPlausible(ReadOnlySpan<byte> headers) => headers.StartsWith(HeadersStart) && headers.EndsWith(HeadersEnd);

    // No entry of the guard speaks for a record whose own checksum is right. The border between headers and payload may have moved: when a single bit puts
    // it to where headers end, that is what happened. Headers that look strange wherever they end are what a client sent.
    private bool HasPlausibleLengths(Span<byte> input, ref StoredRecord record)
    {
        _isProven = false;
        if (record.Subject.ContainsAny(NeverInSubjects)) return false;
        bool hasHeaders = (BinaryPrimitives.ReadUInt32LittleEndian(input) >> 31) != 0;
        if (!hasHeaders || IsPlausible(record.Headers)) return true;
        int lengthAt = MessageRecord.HeaderLength + record.Subject.Length;
        ReadOnlySpan<byte> body = input[(lengthAt + sizeof(uint))..(record.Length - sizeof(ulong))];
        uint found = 0;
        int ways = 0;
        for (int bit = 0; bit < 32; bit++)
        {
            uint length = (uint)record.Headers.Length ^ (1U << bit);
            if (length > body.Length || !IsPlausible(body[..(int)length])) continue;
            found = length;
            ways++;
        }

        if (ways != 1) return true;
        BinaryPrimitives.WriteUInt32LittleEndian(input[lengthAt..], found);
        Repaired++;
        return MessageRecord.Read(input[..record.Length], out record) == RecordStatus.Good;
    }

    // Looks for the entry that proves a record, where some before it are for records that are lost. With none, the entry in its place is damaged, or stale like all others.
    private bool TryRealign(ulong hash, int length)
    {
        for (int i = _entry; i < _guards && _guardsLeft > 0; i++, _guardsLeft--)
        {
            if (GuardEntry.LengthOf(Entry(i)) != length || !GuardEntry.ProvesChecksum(Entry(i), hash)) continue;
            _isProven = false;
            _entry = i;
            return true;
        }

        return false;
    }

    // Finds the next good record, and counts what is before it as damaged.
    private int Resume(int at)
    {
        // The lengths at hand first: those of the guard, in case the checksum itself is damaged, then the record's own.
        if (_entry < _guards && GuardEntry.LengthOf(Entry(_entry)) is var guarded and > 0 && IsGoodAt(at + (long)guarded)) return Skip(at, guarded);
        int own = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(_length - at >= sizeof(uint) ? _bytes.AsSpan(at) : "\0\0\0\0"u8) & ~(1U << 31), int.MaxValue);
        if (own is >= MessageRecord.EmptyLength and <= MessageRecord.MaximumLength && IsGoodAt(at + (long)own)) return Skip(at, own);

        for (int next = at + 1; next <= _length - MessageRecord.EmptyLength && _hashesLeft > 0; next++)
        {
            // Most places are ruled out by the highest byte of the length and by the sequence.
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(next)) & ~(1U << 31);
            if (length < MessageRecord.EmptyLength || length > (uint)(_length - next) || !IsGoodAt(next)) continue;
            AddHole(at, next - at);
            _isProven = false;
            return next;
        }

        AddHole(at, _length - at);
        return _length;
    }

    private int Skip(int at, int length)
    {
        AddHole(at, length);
        _isProven = false;
        if (_entry < _guards) _entry++;
        return at + length;
    }

    // The end of the block is as good as a record there.
    private bool IsGoodAt(long at)
    {
        const ulong farthest = 1UL << 40;
        const ulong flags = 3UL << 62;
        if (at == _length) return true;
        if (at > _length - MessageRecord.EmptyLength) return false;
        ReadOnlySpan<byte> input = _bytes.AsSpan((int)at, _length - (int)at);
        ulong sequence = BinaryPrimitives.ReadUInt64LittleEndian(input[sizeof(uint)..]);
        bool isTombstone = BitOperations.Log2(sequence | 1) == 62;
        sequence &= ~flags;
        if (sequence == 0 || (_lastSeen > 0 && !isTombstone && (sequence <= _lastSeen || sequence - _lastSeen > farthest))) return false;
        return ReadUnproven(input, out _) == RecordStatus.Good;
    }
}
