using System.Runtime.InteropServices;

namespace NATS.Server.Core.JetStream.Streams;

/// <summary>One id. 20 bytes, since there may be millions.</summary>
[StructLayout(LayoutKind.Sequential, Pack = sizeof(uint))]
internal struct DedupeEntry
{
    public ulong HashLow;
    public uint HashHigh;
    public uint SequenceOffset;
    public uint TimeOffsetMs;
}

/// <summary>Not synchronised. Some ids that followed each other.</summary>
internal sealed class DedupeChunk
{
    public const int Capacity = 1024;
    private const int SmallCapacity = 16;
    private const long NanosecondsPerMillisecond = 1_000_000;
    private DedupeEntry[] _entries = new DedupeEntry[SmallCapacity];
    private ulong _firstSequence;
    private long _firstTimeMs;

    public int Count { get; private set; }

    public bool IsFull => Count == Capacity;

    public int Room => _entries.Length;

    public ref DedupeEntry this[int index] => ref _entries[index];

    public ulong SequenceOf(int index) => _firstSequence + _entries[index].SequenceOffset;

    public long TimeNsOf(int index) => (_firstTimeMs + _entries[index].TimeOffsetMs) * NanosecondsPerMillisecond;

    /// <summary>Whether a message may be noted here: one that is not too far from the others.</summary>
    public bool Fits(ulong sequence) => Count == 0 || (sequence >= _firstSequence && sequence - _firstSequence <= uint.MaxValue);

    public void Add(in DedupeHash hash, ulong sequence, long timeNs)
    {
        // Rounded up: an id counts rather too long than too short.
        long timeMs = (timeNs / NanosecondsPerMillisecond) + (timeNs % NanosecondsPerMillisecond > 0 ? 1 : 0);
        if (Count == 0) (_firstSequence, _firstTimeMs) = (sequence, timeMs);
        if (Count == _entries.Length) Array.Resize(ref _entries, Math.Min(_entries.Length * 2, Capacity));
        _entries[Count++] = new DedupeEntry
        {
            HashLow = hash.Low,
            HashHigh = hash.High,
            SequenceOffset = (uint)(sequence - _firstSequence),

            // A clock that went back is taken for one that stood.
            TimeOffsetMs = (uint)Math.Clamp(timeMs - _firstTimeMs, 0, uint.MaxValue),
        };
    }

    public void Clear() => Count = 0;
}
