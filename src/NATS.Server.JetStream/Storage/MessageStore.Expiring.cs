using NATS.Server.Core.Collections;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Engine;

namespace NATS.Server.JetStream.Storage;

/// <content>What time and the configuration do: age, time to live, schedules, changed limits.</content>
public sealed partial class MessageStore
{
    // After so many messages the lock is given up for a moment and the listener is told.
    private const int MostPerRound = 1024;
    private const long NanosecondsPerSecond = 1_000_000_000;

    public long NextScheduleNs
    {
        get
        {
            lock (_lock) return _schedules?.NextNs ?? long.MaxValue;
        }
    }

    public void DueSchedules(long nowNs, int maximum, List<StoredSchedule> due)
    {
        lock (_lock) _schedules?.AddDue(nowNs, maximum, due);
    }

    public void UpdateSchedule(ReadOnlySpan<byte> subject, long timeNs)
    {
        lock (_lock) _schedules?.Update(subject, timeNs);
    }

    public StoreResult Update(StoreLimits limits, long nowNs)
    {
        StoreNotices notices;
        lock (_lock)
        {
            if (_isClosed) return StoreResult.Closed;
            StoreLimits old = Limits;
            Limits = limits;
            _sources.Configure(limits.Sources);
            FollowExtras(limits);
            EnforceTotals();
            if (limits.MaxMessagesPerSubject > 0 && (old.MaxMessagesPerSubject <= 0 || limits.MaxMessagesPerSubject < old.MaxMessagesPerSubject)) EnforceSubjectLimits();
            _writer.Compression = limits.Compression;
            notices = Leave();
        }

        notices.Tell(_listener);
        Expire(nowNs);
        return StoreResult.Ok;
    }

    public long Expire(long nowNs)
    {
        ulong from = 0;
        bool isMore = true;
        while (isMore)
        {
            StoreNotices notices;
            lock (_lock)
            {
                if (_isClosed) return long.MaxValue;
                try
                {
                    isMore = ExpireOld(nowNs, ref from);
                }
                catch (DiskException failure)
                {
                    Unreadable(failure);
                    isMore = false;
                }

                notices = Leave();
            }

            notices.Tell(_listener);
        }

        List<HashWheelEntry> due = [];
        lock (_lock) _expiry.AddDue(nowNs, due);
        for (int at = 0; at < due.Count; at += MostPerRound)
        {
            StoreNotices notices;
            lock (_lock)
            {
                if (_isClosed) return long.MaxValue;
                try
                {
                    for (int i = at; i < Math.Min(due.Count, at + MostPerRound); i++)
                    {
                        EndOfTime(due[i], nowNs);
                    }
                }
                catch (DiskException failure)
                {
                    Unreadable(failure);
                }

                notices = Leave();
            }

            notices.Tell(_listener);
        }

        lock (_lock)
        {
            if (_isClosed) return long.MaxValue;
            try
            {
                return NextExpiration(nowNs);
            }
            catch (DiskException failure)
            {
                Unreadable(failure);
                return nowNs + NanosecondsPerSecond;
            }
        }
    }

    // The messages that are too old, from a sequence on, which moves. False when there are no more of them.
    private bool ExpireOld(long nowNs, ref ulong from)
    {
        if (Limits.MaxAgeNs <= 0) return false;
        long oldest = nowNs - Limits.MaxAgeNs;
        for (int i = 0; i < MostPerRound; i++)
        {
            if (!_queries.FindNext(MessageFilter.All, from, out StoredMessage message) || message.TimestampNs > oldest) return false;
            from = message.Sequence + 1;
            if (MessageTtl.SecondsOf(message.Headers) >= 0) End(message, nowNs, isByLimit: true);
        }

        return true;
    }

    // The wheel may know what is not so any more: of a message that was removed, or truncated away and stored anew.
    private void EndOfTime(HashWheelEntry due, long nowNs)
    {
        _expiry.Wheel?.Remove(due.Sequence, due.ExpiresNs);
        if (_contents.Load(due.Sequence, out StoredMessage message) != StoreResult.Ok) return;
        long seconds = MessageTtl.SecondsOf(message.Headers);
        if (seconds <= 0) return;
        long end = MessageTtl.EndOf(message.TimestampNs, seconds);
        if (end <= nowNs) End(message, nowNs, isByLimit: false);
        if (_expiry.NextAnnouncementOf(due.Sequence) is var again and > 0) end = again;
        else if (end <= nowNs) return;
        _expiry.Wheel?.Add(due.Sequence, end);
    }

    private void End(in StoredMessage message, long nowNs, bool isByLimit)
    {
        if (Limits.DeleteMarkerTtlNs >= NanosecondsPerSecond)
        {
            if (_expiry.IsAnnounced(message.Sequence, nowNs)) return;
            if (_contents.Subjects.CountOf(message.Subject) == 1 && !MessageTtl.IsDeleteMarker(message.Headers))
            {
                _expiry.Announce(message.Sequence, nowNs);
                _notices.MarkerDue(message);
                return;
            }

            isByLimit = false;
        }

        RemoveOne(message.Sequence, isByUser: !isByLimit);
    }

    private long NextExpiration(long nowNs)
    {
        long next = _expiry.NextEnd(nowNs);
        if (Limits.MaxAgeNs <= 0) return next;
        ulong from = 0;
        while (_queries.FindNext(MessageFilter.All, from, out StoredMessage message))
        {
            from = message.Sequence + 1;
            if (MessageTtl.SecondsOf(message.Headers) < 0) continue;

            // What waits for its marker is past its time already.
            long again = _expiry.NextAnnouncementOf(message.Sequence);
            next = Math.Min(next, again > 0 ? again : message.TimestampNs + Limits.MaxAgeNs);
            if (again == 0) break;
        }

        return next;
    }

    private void FollowExtras(StoreLimits limits)
    {
        bool addsTtl = limits.AllowTtl && _expiry.Wheel is null;
        bool addsSchedules = limits.AllowSchedules && _schedules is null;
        if (!limits.AllowTtl) _expiry.Wheel = null;
        if (!limits.AllowSchedules) _schedules = null;
        if (limits.DeleteMarkerTtlNs < NanosecondsPerSecond) ForgetAnnouncements();
        if (addsTtl) _expiry.Wheel = new HashWheel();
        if (addsSchedules) _schedules = new MessageSchedules();
        if (addsTtl || addsSchedules) ScanExtras(0, addsTtl, addsSchedules, sources: false);
    }

    // No markers come any more: what waits for one is due.
    private void ForgetAnnouncements()
    {
        try
        {
            foreach (ulong sequence in _expiry.TakeAnnounced())
            {
                if (_contents.Load(sequence, out StoredMessage message) == StoreResult.Ok) _expiry.Add(sequence, message.TimestampNs, MessageTtl.SecondsOf(message.Headers));
            }
        }
        catch (DiskException failure)
        {
            // They are found when their markers would have been announced again.
            Unreadable(failure);
        }
    }

    // Reads from the headers of the messages what they mean beyond themselves.
    private void ScanExtras(ulong from, bool ttl, bool schedules, bool sources)
    {
        while (_queries.FindNext(MessageFilter.All, from, out StoredMessage message))
        {
            from = message.Sequence + 1;
            if (message.Headers.IsEmpty) continue;
            if (ttl) _expiry.Add(message.Sequence, message.TimestampNs, MessageTtl.SecondsOf(message.Headers));
            if (schedules && _scheduleReader is not null) _schedules!.Stored(message.Sequence, message.Subject, message.Headers, _scheduleReader(message.Headers, message.TimestampNs));
            if (sources) _sources.Note(message.Headers);
        }
    }

    private void EnforceSubjectLimits()
    {
        // What is over the limit is collected first: a tree must not change while it is walked.
        List<(byte[] Subject, ulong Messages)> over = [];
        ulong limit = (ulong)Limits.MaxMessagesPerSubject;
        _contents.Subjects.Tree.ForEach((ReadOnlySpan<byte> subject, ref SubjectEntry entry) =>
        {
            if (entry.Messages > limit) over.Add((subject.ToArray(), entry.Messages));
            return true;
        });
        foreach ((byte[] subject, ulong messages) in over)
        {
            EnforceSubjectLimit(subject, messages);
        }
    }
}
