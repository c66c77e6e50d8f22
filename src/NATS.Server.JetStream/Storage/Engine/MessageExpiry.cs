using NATS.Server.Core.Collections;

namespace NATS.Server.JetStream.Storage.Engine;

/// <summary>Owned by a store, under its lock. When messages with a time to live end, and for which of them a marker was announced.</summary>
internal sealed class MessageExpiry
{
    /// <summary>A marker that was announced and has not come is announced again after this time.</summary>
    public const long MarkerPatienceNs = 2_000_000_000;

    private readonly Dictionary<ulong, long> _announced = [];

    /// <summary>Null where messages may not have a time to live.</summary>
    public HashWheel? Wheel { get; set; }

    /// <summary>Whether a marker was announced so recently that it may still come.</summary>
    public bool IsAnnounced(ulong sequence, long nowNs) => _announced.TryGetValue(sequence, out long told) && nowNs - told < MarkerPatienceNs;

    /// <summary>Notes that the marker of a message is announced.</summary>
    public void Announce(ulong sequence, long nowNs) => _announced[sequence] = nowNs;

    /// <summary>When the marker of a message is announced again; 0 when it was not announced.</summary>
    public long NextAnnouncementOf(ulong sequence) => _announced.TryGetValue(sequence, out long told) ? told + MarkerPatienceNs : 0;

    /// <summary>The messages whose markers were announced, which counts no more.</summary>
    public ulong[] TakeAnnounced()
    {
        ulong[] announced = [.. _announced.Keys];
        _announced.Clear();
        return announced;
    }

    /// <summary>The earliest end of a message.</summary>
    /// <param name="nowNs">Up to which all that ended was dealt with.</param>
    public long NextEnd(long nowNs)
    {
        if (Wheel is null) return long.MaxValue;

        // What was removed from it may still be its earliest.
        Wheel.Expire(nowNs, _ => false);
        return Wheel.NextExpiration(long.MaxValue);
    }

    public void Add(ulong sequence, long timestampNs, long seconds)
    {
        if (seconds > 0) Wheel?.Add(sequence, MessageTtl.EndOf(timestampNs, seconds));
    }

    /// <summary>A message was removed.</summary>
    public void Remove(in StoredMessage message)
    {
        if (_announced.Count > 0) _announced.Remove(message.Sequence);
        if (Wheel is not { Count: > 0 }) return;
        long seconds = MessageTtl.SecondsOf(message.Headers);
        if (seconds > 0) Wheel.Remove(message.Sequence, MessageTtl.EndOf(message.TimestampNs, seconds));
    }

    /// <summary>All messages were removed.</summary>
    public void Clear()
    {
        _announced.Clear();
        if (Wheel is not null) Wheel = new HashWheel();
    }

    /// <summary>Adds those that have ended, in order of their sequences.</summary>
    public void AddDue(long nowNs, List<HashWheelEntry> due)
    {
        if (Wheel is null || Wheel.Count == 0) return;
        Wheel.Expire(nowNs, entry =>
        {
            due.Add(entry);
            return false;
        });
        due.Sort((first, second) => first.Sequence.CompareTo(second.Sequence));
    }
}
