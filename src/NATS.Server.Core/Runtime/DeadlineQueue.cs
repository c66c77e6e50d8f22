namespace NATS.Server.Core.Runtime;

/// <summary>
/// Thread-safe. Deadlines of very many owners, without a timer for each: a heap in which a deadline is set, moved and cleared in O(log n), and one driver that asks what is due.
/// </summary>
/// <param name="sooner">Called, outside of the lock, by a thread that set a deadline before all others: the driver has to look sooner. Null: it looks by itself.</param>
public sealed class DeadlineQueue(Action? sooner = null)
{
    private const int Children = 4;

    private readonly Lock _lock = new();
    private Deadline[] _heap = new Deadline[16];
    private int _count;

    /// <summary>How many are set.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _count;
        }
    }

    /// <summary>When the first is due, in nanoseconds since 1970; <see cref="long.MaxValue"/> when none is set.</summary>
    public long NextNs
    {
        get
        {
            lock (_lock) return _count == 0 ? long.MaxValue : _heap[0].DueNs;
        }
    }

    /// <summary>Sets or moves a deadline; <see cref="long.MaxValue"/> clears it.</summary>
    public void Set(Deadline deadline, long dueNs)
    {
        bool isSooner;
        lock (_lock)
        {
            if (dueNs == deadline.DueNs) return;
            long before = _count == 0 ? long.MaxValue : _heap[0].DueNs;
            if (deadline.Place >= 0) RemoveAt(deadline.Place);
            deadline.DueNs = dueNs;
            if (dueNs != long.MaxValue) Insert(deadline);
            isSooner = dueNs < before;
        }

        if (isSooner) sooner?.Invoke();
    }

    /// <summary>Clears each deadline that is due and does its work, outside of the lock; earlier ones first. Work that sets it again to a time that has passed is done in the next call.</summary>
    /// <returns>When the next is due; <see cref="long.MaxValue"/> when none is set.</returns>
    public long RunDue(long nowNs)
    {
        // As many as there are now: what is set again meanwhile cannot keep it here.
        int most = Count;
        for (int done = 0; done < most; done++)
        {
            Deadline due;
            lock (_lock)
            {
                if (_count == 0 || _heap[0].DueNs > nowNs) break;
                due = _heap[0];
                RemoveAt(0);
                due.DueNs = long.MaxValue;
            }

            due.Work();
        }

        return NextNs;
    }

    private void Insert(Deadline deadline)
    {
        if (_count == _heap.Length) Array.Resize(ref _heap, _count * 2);
        MoveUp(deadline, _count++);
    }

    private void RemoveAt(int place)
    {
        _heap[place].Place = -1;
        Deadline last = _heap[--_count];
        _heap[_count] = null!;
        if (place == _count) return;
        if (place > 0 && last.DueNs < _heap[(place - 1) / Children].DueNs) MoveUp(last, place);
        else MoveDown(last, place);
    }

    private void MoveUp(Deadline deadline, int place)
    {
        while (place > 0 && _heap[(place - 1) / Children].DueNs > deadline.DueNs)
        {
            Put(_heap[(place - 1) / Children], place);
            place = (place - 1) / Children;
        }

        Put(deadline, place);
    }

    private void MoveDown(Deadline deadline, int place)
    {
        while (FirstChild(place) is var child && child < _count)
        {
            int end = Math.Min(child + Children, _count);
            for (int other = child + 1; other < end; other++)
            {
                if (_heap[other].DueNs < _heap[child].DueNs) child = other;
            }

            if (_heap[child].DueNs >= deadline.DueNs) break;
            Put(_heap[child], place);
            place = child;
        }

        Put(deadline, place);
    }

    private void Put(Deadline deadline, int place)
    {
        _heap[place] = deadline;
        deadline.Place = place;
    }

    private static int FirstChild(int place) => (place * Children) + 1;
}
