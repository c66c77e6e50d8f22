using NATS.Server.Core.Collections;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Storage;

namespace NATS.Server.JetStream.Storage.Engine;

/// <summary>Owned by a store, under its lock. The messages that are schedules: one a subject, and when it is due.</summary>
internal sealed class MessageSchedules
{
    private readonly HashWheel _due = new();
    private readonly Dictionary<ulong, byte[]> _subjects = [];
    private readonly Dictionary<byte[], Schedule> _schedules = new(Core.Subjects.ByteStringComparer.Instance);

    /// <summary>When the first is due; <see cref="long.MaxValue"/> when there is none. May be too early.</summary>
    public long NextNs => _schedules.Count == 0 ? long.MaxValue : _due.NextExpiration(long.MaxValue);

    public int Count => _schedules.Count;

    /// <summary>All of them, in no order.</summary>
    public IReadOnlyCollection<StoredSchedule> All => [.. _schedules.Select(entry => new StoredSchedule(entry.Key, entry.Value.TimeNs, entry.Value.Sequence))];

    /// <summary>Takes a schedule, in the place of an earlier one of its subject.</summary>
    public void Add(ulong sequence, ReadOnlySpan<byte> subject, long timeNs)
    {
        RemoveSubject(subject);
        byte[] key = subject.ToArray();
        _schedules[key] = new Schedule(sequence, timeNs);
        _subjects[sequence] = key;
        _due.Add(sequence, timeNs);
    }

    /// <summary>Notes what a stored message means for the schedule of its subject.</summary>
    public void Stored(ulong sequence, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> headers, long timeNs)
    {
        if (timeNs != 0) Add(sequence, subject, timeNs);
        else if (_schedules.Count > 0 && !(MessageHeaders.TryGet(headers, "Nats-Scheduler"u8, out ReadOnlySpan<byte> scheduler) && !scheduler.IsEmpty)) RemoveSubject(subject);
    }

    /// <summary>Says when the schedule of a subject is due next.</summary>
    public void Update(ReadOnlySpan<byte> subject, long timeNs)
    {
        var lookup = _schedules.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!lookup.TryGetValue(subject, out Schedule schedule)) return;
        _due.Remove(schedule.Sequence, schedule.TimeNs);
        _due.Add(schedule.Sequence, timeNs);
        lookup[subject] = schedule with { TimeNs = timeNs };
    }

    /// <summary>A message was removed, and its schedule with it.</summary>
    public void Remove(ulong sequence)
    {
        if (_subjects.Count > 0 && _subjects.TryGetValue(sequence, out byte[]? subject)) RemoveSubject(subject);
    }

    public void Clear()
    {
        foreach (byte[] subject in _schedules.Keys.ToArray())
        {
            RemoveSubject(subject);
        }
    }

    /// <summary>Drops those of sequences at or above one, or below one: of messages that are gone in bulk.</summary>
    public void RemoveWhere(Predicate<ulong> isGone)
    {
        foreach (ulong sequence in _subjects.Keys.Where(sequence => isGone(sequence)).ToArray())
        {
            Remove(sequence);
        }
    }

    /// <summary>Adds those that are due, earliest first, at most a number of them.</summary>
    public void AddDue(long nowNs, int maximum, List<StoredSchedule> due)
    {
        if (_schedules.Count == 0 || maximum <= 0 || _due.NextExpiration(nowNs == long.MaxValue ? nowNs : nowNs + 1) == long.MaxValue) return;
        List<HashWheelEntry> entries = [];
        _due.Expire(nowNs, entry =>
        {
            entries.Add(entry);
            return false;
        });
        entries.Sort((first, second) => first.ExpiresNs == second.ExpiresNs ? first.Sequence.CompareTo(second.Sequence) : first.ExpiresNs.CompareTo(second.ExpiresNs));
        foreach (HashWheelEntry entry in entries.Take(maximum))
        {
            due.Add(new StoredSchedule(_subjects[entry.Sequence], entry.ExpiresNs, entry.Sequence));
        }
    }

    private void RemoveSubject(ReadOnlySpan<byte> subject)
    {
        if (!_schedules.GetAlternateLookup<ReadOnlySpan<byte>>().Remove(subject, out _, out Schedule schedule)) return;
        _due.Remove(schedule.Sequence, schedule.TimeNs);
        _subjects.Remove(schedule.Sequence);
    }

    private readonly record struct Schedule(ulong Sequence, long TimeNs);
}
