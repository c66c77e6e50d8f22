namespace NATS.Server.Core.Subjects;

/// <summary>
/// The subject index: wildcard subscriptions are stored, literal subjects are matched. Not synchronised: its owner (an account) holds a lock
/// around every call; only <see cref="Generation"/> may be read by any thread.
/// </summary>
public sealed class Sublist<T> where T : class
{
    private readonly List<(byte[] Subject, byte[]? Queue, T Item)> _items = [];
    private int _generation;

    /// <summary>Number of stored subscriptions.</summary>
    public int Count => _items.Count;

    /// <summary>Grows with every change; a cached match is valid while it is unchanged.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <summary>Adds a subscription.</summary>
    /// <param name="subject">A valid subscription subject (see <see cref="Subject"/>); kept, not copied.</param>
    /// <param name="queue">The queue group, or null.</param>
    /// <param name="item">What is found again by <see cref="Match"/>.</param>
    public void Insert(byte[] subject, byte[]? queue, T item)
    {
        _items.Add((subject, queue, item));
        Interlocked.Increment(ref _generation);
    }

    /// <summary>Removes a subscription (compared by reference). False when it is not stored.</summary>
    public bool Remove(byte[] subject, byte[]? queue, T item)
    {
        int index = _items.FindIndex(x => ReferenceEquals(x.Item, item));
        if (index < 0) return false;
        _items.RemoveAt(index);
        Interlocked.Increment(ref _generation);
        return true;
    }

    /// <summary>Finds what matches a literal subject. Replaces the content of <paramref name="result"/>.</summary>
    public void Match(ReadOnlySpan<byte> subject, SublistMatch<T> result)
    {
        result.Clear();
        foreach ((byte[] Subject, byte[]? Queue, T Item) entry in _items)
        {
            if (!entry.Subject.AsSpan().SequenceEqual(subject)) continue;
            if (entry.Queue is null) result.AddPlain([entry.Item]);
            else result.AddQueue(entry.Queue, [entry.Item]);
        }
    }
}
