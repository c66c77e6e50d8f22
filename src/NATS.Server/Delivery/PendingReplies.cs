using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using NATS.Server.Accounts;
using NATS.Server.Core.Subjects;
using NATS.Server.Options;

namespace NATS.Server.Delivery;

/// <summary>
/// The requests of one account to services of others that wait for answers. Thread-safe: one lock, under which nothing else is called. An entry leaves
/// with its last answer, when nobody waits for it any more, when its time is up, or when its account is gone.
/// </summary>
/// <remarks>
/// Entries are reused; in the steady state nothing is allocated. At <see cref="MaxPending"/> requests, or <see cref="MaxReplyBytes"/> of reply subjects,
/// the oldest of the same service is forgotten, or else the oldest of another.
/// </remarks>
/// <param name="requester">The account that asks.</param>
/// <param name="ended">Told of measured requests that end without an answer; called without the lock.</param>
internal sealed class PendingReplies(Account requester, Action<ServiceMeasurement, RequestEnd> ended)
{
    public const int MaxPending = 256 * 1024;
    public const long MaxReplyBytes = 64 * 1024 * 1024;

    private const int MaxIdleEntries = 1024;
    private const int RandomTickets = 64;
    private const int ExpiredPerLock = 4096;

    // A look at all of them, after wildcard subscriptions ended, may take a tenth of the time at most: half a microsecond each.
    private const int LooksPerMs = 200;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, PendingReply> _byTicket = [];
    private readonly Dictionary<int, PendingReply> _byHash = [];
    private readonly List<ReplyQueue> _waiting = [];
    private readonly Stack<PendingReply> _idle = new();
    private readonly ulong[] _tickets = new ulong[RandomTickets];
    private int _ticketsUsed = RandomTickets;
    private long _replyBytes;
    private int _count;
    private bool _closed;
    private volatile bool _wildcardInterestEnded;
    private long _nextLookMs;

    /// <summary>Requests that wait.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Remembers a request.</summary>
    /// <param name="queue">The service; a queue of this table.</param>
    /// <param name="reply">Where the requester waits; copied.</param>
    /// <param name="nowMs">Now.</param>
    /// <param name="measurement">Null when it is not measured.</param>
    /// <returns>What the answer names the request by.</returns>
    public ulong Add(ReplyQueue queue, ReadOnlySpan<byte> reply, long nowMs, ServiceMeasurement? measurement)
    {
        List<ServiceMeasurement>? forgotten = null;
        ulong ticket;
        lock (_lock)
        {
            // What is asked after the end can be answered by nobody: it is not kept.
            if (_closed) return 0;
            while (_count > 0 && (_count >= MaxPending || _replyBytes + reply.Length > MaxReplyBytes))
            {
                if (ForgetOldestLocked(queue) is { } measured) (forgotten ??= []).Add(measured);
            }

            ticket = NextTicketLocked();
            PendingReply entry = _idle.TryPop(out PendingReply? idle) ? idle : new PendingReply();
            entry.Ticket = ticket;
            entry.SetReply(reply);
            entry.Hash = HashOf(reply);
            entry.Queue = queue;
            entry.Measurement = measurement;
            InsertLocked(entry, nowMs);
        }

        if (forgotten is null) return ticket;
        foreach (ServiceMeasurement measured in forgotten) ended(measured, RequestEnd.Timeout);
        return ticket;
    }

    /// <summary>Looks up what a responder answers; a single answer is taken out with it.</summary>
    /// <param name="ticket">What the answer names.</param>
    /// <param name="responder">The account the answer comes from; another's is not accepted.</param>
    /// <param name="passed">What has carried the answer so far: one that goes round in a circle is left alone.</param>
    /// <param name="reply">Gets the subject where the requester waits.</param>
    /// <param name="queue">The service.</param>
    /// <param name="measurement">What is measured, with the first answer; null otherwise.</param>
    public bool TryAnswer(
        ulong ticket, AccountServices responder, DeliveryContext passed, IBufferWriter<byte> reply, out ReplyQueue queue, out ServiceMeasurement? measurement)
    {
        queue = null!;
        measurement = null;
        lock (_lock)
        {
            if (!_byTicket.TryGetValue(ticket, out PendingReply? entry) || !ReferenceEquals(entry.Queue.Responder, responder)) return false;
            queue = entry.Queue;
            if (passed.HasPassed(queue.Exporter, queue.Export)) return false;
            reply.Write(entry.Reply);
            measurement = entry.Measurement;
            entry.Measurement = null;
            if (queue.Export.ResponseType == ServiceResponseType.Singleton) RemoveLocked(entry);
            return true;
        }
    }

    /// <summary>After one of several answers has been handed on: the entry starts its time anew, or leaves.</summary>
    public void Settle(ulong ticket, bool isLast, long nowMs)
    {
        lock (_lock)
        {
            if (!_byTicket.TryGetValue(ticket, out PendingReply? entry)) return;
            if (isLast)
            {
                RemoveLocked(entry);
                return;
            }

            LeaveQueueLocked(entry);
            JoinQueueLocked(entry, nowMs);
        }
    }

    /// <summary>Forgets a request that reached nobody.</summary>
    /// <returns>What is measured of it, or null.</returns>
    public ServiceMeasurement? Remove(ulong ticket)
    {
        lock (_lock)
        {
            if (!_byTicket.TryGetValue(ticket, out PendingReply? entry)) return null;
            ServiceMeasurement? measurement = entry.Measurement;
            RemoveLocked(entry);
            return measurement;
        }
    }

    /// <summary>Copies the requests that wait for the answers of one account, the oldest of each service first.</summary>
    /// <param name="responder">Whose answers.</param>
    /// <param name="limit">How many there may be in <paramref name="copies"/>: copying holds up who asks and answers.</param>
    /// <param name="copies">Gets them.</param>
    public void CopyTo(AccountServices responder, int limit, List<PendingCopy> copies)
    {
        if (Count == 0) return;
        lock (_lock)
        {
            foreach (ReplyQueue queue in _waiting)
            {
                if (!ReferenceEquals(queue.Responder, responder)) continue;
                for (PendingReply? entry = queue.First; entry is not null && copies.Count < limit; entry = entry.Later)
                {
                    copies.Add(new PendingCopy(entry.Ticket, entry.Reply.ToArray(), queue, entry.Measurement));
                }
            }
        }
    }

    /// <summary>A subscription of the account has ended: replies that nobody waits for any more are forgotten, at a wildcard's end with the next sweep.</summary>
    public void OnInterestEnded(Subscription subscription)
    {
        if (Count == 0) return;
        if (Subject.HasWildcard(subscription.Subject))
        {
            _wildcardInterestEnded = true;
            return;
        }

        byte[] reply = subscription.Subject;
        if (IsAwaited(reply) && !requester.HasInterest(reply)) ForgetAll(reply);
    }

    /// <summary>Forgets what is due and, after the end of a wildcard subscription, what nobody waits for. The clock's thread.</summary>
    public void Sweep(long nowMs)
    {
        if (Count == 0) return;
        List<ServiceMeasurement> late = [];
        while (ForgetDue(nowMs, late) == ExpiredPerLock)
        {
        }

        foreach (ServiceMeasurement measurement in late) ended(measurement, RequestEnd.Timeout);
        if (!_wildcardInterestEnded || nowMs < _nextLookMs) return;
        _nextLookMs = nowMs + (Count / LooksPerMs);
        ForgetUnawaited();
    }

    /// <summary>Forgets everything, for good: the account is gone.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            foreach (PendingReply entry in _byTicket.Values.ToArray()) RemoveLocked(entry);
        }
    }

    private int ForgetDue(long nowMs, List<ServiceMeasurement> late)
    {
        int forgotten = 0;
        lock (_lock)
        {
            for (int i = _waiting.Count - 1; i >= 0; i--)
            {
                ReplyQueue queue = _waiting[i];
                while (queue.First is { } oldest && oldest.DueMs <= nowMs)
                {
                    if (forgotten++ == ExpiredPerLock) return ExpiredPerLock;
                    if (oldest.Measurement is { } measurement) late.Add(measurement);
                    RemoveLocked(oldest);
                }
            }
        }

        return forgotten;
    }

    private void ForgetUnawaited()
    {
        _wildcardInterestEnded = false;
        List<byte[]> replies = [];
        lock (_lock)
        {
            foreach (PendingReply first in _byHash.Values)
            {
                for (PendingReply? entry = first; entry is not null; entry = entry.NextOfHash)
                {
                    if (entry.PreviousOfHash is null || !entry.Reply.SequenceEqual(entry.PreviousOfHash.Reply)) replies.Add(entry.Reply.ToArray());
                }
            }
        }

        foreach (byte[] reply in replies)
        {
            if (!requester.HasInterest(reply)) ForgetAll(reply);
        }
    }

    private bool IsAwaited(ReadOnlySpan<byte> reply)
    {
        int hash = HashOf(reply);
        lock (_lock)
        {
            for (PendingReply? entry = _byHash.GetValueOrDefault(hash); entry is not null; entry = entry.NextOfHash)
            {
                if (entry.Reply.SequenceEqual(reply)) return true;
            }

            return false;
        }
    }

    private void ForgetAll(ReadOnlySpan<byte> reply)
    {
        int hash = HashOf(reply);
        List<ServiceMeasurement> lost = [];
        lock (_lock)
        {
            PendingReply? next;
            for (PendingReply? entry = _byHash.GetValueOrDefault(hash); entry is not null; entry = next)
            {
                next = entry.NextOfHash;
                if (!entry.Reply.SequenceEqual(reply)) continue;
                if (entry.Measurement is { } measurement) lost.Add(measurement);
                RemoveLocked(entry);
            }
        }

        foreach (ServiceMeasurement measurement in lost) ended(measurement, RequestEnd.InterestLost);
    }

    private ServiceMeasurement? ForgetOldestLocked(ReplyQueue queue)
    {
        PendingReply oldest = queue.First ?? _waiting[0].First!;
        ServiceMeasurement? measurement = oldest.Measurement;
        RemoveLocked(oldest);
        return measurement;
    }

    private void InsertLocked(PendingReply entry, long nowMs)
    {
        _byTicket.Add(entry.Ticket, entry);
        ref PendingReply? first = ref CollectionsMarshal.GetValueRefOrAddDefault(_byHash, entry.Hash, out _);
        entry.NextOfHash = first;
        if (first is not null) first.PreviousOfHash = entry;
        first = entry;
        _replyBytes += entry.Reply.Length;
        Volatile.Write(ref _count, _count + 1);
        JoinQueueLocked(entry, nowMs);
    }

    private void RemoveLocked(PendingReply entry)
    {
        _byTicket.Remove(entry.Ticket);
        if (entry.NextOfHash is { } next) next.PreviousOfHash = entry.PreviousOfHash;
        if (entry.PreviousOfHash is { } previous) previous.NextOfHash = entry.NextOfHash;
        else if (entry.NextOfHash is { } first) _byHash[entry.Hash] = first;
        else _byHash.Remove(entry.Hash);
        entry.NextOfHash = null;
        entry.PreviousOfHash = null;
        _replyBytes -= entry.Reply.Length;
        Volatile.Write(ref _count, _count - 1);
        LeaveQueueLocked(entry);
        entry.Queue = null!;
        entry.Measurement = null;
        if (_idle.Count < MaxIdleEntries) _idle.Push(entry);
    }

    private void JoinQueueLocked(PendingReply entry, long nowMs)
    {
        ReplyQueue queue = entry.Queue;
        entry.DueMs = nowMs + queue.ThresholdMs;
        entry.Earlier = queue.Last;
        if (queue.Last is { } last) last.Later = entry;
        else AddWaitingLocked(queue, entry);
        queue.Last = entry;
    }

    private void AddWaitingLocked(ReplyQueue queue, PendingReply first)
    {
        queue.First = first;
        queue.WaitingIndex = _waiting.Count;
        _waiting.Add(queue);
    }

    private void LeaveQueueLocked(PendingReply entry)
    {
        ReplyQueue queue = entry.Queue;
        if (entry.Earlier is { } earlier) earlier.Later = entry.Later;
        else queue.First = entry.Later;
        if (entry.Later is { } later) later.Earlier = entry.Earlier;
        else queue.Last = entry.Earlier;
        entry.Earlier = null;
        entry.Later = null;
        if (queue.First is not null) return;
        ReplyQueue moved = _waiting[^1];
        _waiting[queue.WaitingIndex] = moved;
        moved.WaitingIndex = queue.WaitingIndex;
        _waiting.RemoveAt(_waiting.Count - 1);
    }

    private ulong NextTicketLocked()
    {
        while (true)
        {
            if (_ticketsUsed == RandomTickets)
            {
                RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(_tickets.AsSpan()));
                _ticketsUsed = 0;
            }

            ulong ticket = _tickets[_ticketsUsed++] % ServiceReplySubject.MaxTicket;
            if (!_byTicket.ContainsKey(ticket)) return ticket;
        }
    }

    private static int HashOf(ReadOnlySpan<byte> reply)
    {
        var hash = default(HashCode);
        hash.AddBytes(reply);
        return hash.ToHashCode();
    }
}

/// <summary>How a request ends that is not answered.</summary>
internal enum RequestEnd : byte
{
    /// <summary>It had no reply subject.</summary>
    BadRequest,

    /// <summary>It reached nobody.</summary>
    Undelivered,

    /// <summary>Its requester waits no more.</summary>
    InterestLost,

    Timeout,
}
