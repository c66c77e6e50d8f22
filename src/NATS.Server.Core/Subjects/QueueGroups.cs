namespace NATS.Server.Core.Subjects;

/// <summary>The queue groups that subscribed to one subject. Few, as a rule; from <see cref="IndexedFrom"/> on found by an index. Not synchronised.</summary>
internal sealed class QueueGroups<T> where T : class
{
    private const int IndexedFrom = 16;

    private readonly List<QueueGroup<T>> _groups = new(1);
    private Dictionary<byte[], int>? _positions;

    public bool IsEmpty => _groups.Count == 0;

    /// <summary>The members of all groups.</summary>
    public int MemberCount
    {
        get
        {
            int count = 0;
            foreach (QueueGroup<T> group in _groups)
            {
                count += group.Count;
            }

            return count;
        }
    }

    public QueueGroup<T>? Find(byte[] name)
    {
        int at = IndexOf(name);
        return at < 0 ? null : _groups[at];
    }

    public QueueGroup<T> FindOrAdd(byte[] name)
    {
        if (Find(name) is { } found) return found;
        var group = new QueueGroup<T>(name);
        _groups.Add(group);
        if (_positions is not null)
        {
            _positions.Add(name, _groups.Count - 1);
        }
        else if (_groups.Count == IndexedFrom)
        {
            _positions = new Dictionary<byte[], int>(ByteStringComparer.Instance);
            for (int i = 0; i < _groups.Count; i++)
            {
                _positions.Add(_groups[i].Name, i);
            }
        }

        return group;
    }

    public void Remove(QueueGroup<T> group)
    {
        int at = IndexOf(group.Name);
        QueueGroup<T> last = _groups[^1];
        _groups[at] = last;
        _groups.RemoveAt(_groups.Count - 1);
        if (_positions is not null)
        {
            _positions[last.Name] = at;
            _positions.Remove(group.Name);
        }
    }

    public void CopyTo(SublistMatch<T> result)
    {
        // Names do not repeat here, so that only what other subjects have contributed needs to be searched.
        int known = result.Queues.Length;
        foreach (QueueGroup<T> group in _groups)
        {
            group.CopyTo(result, known);
        }
    }

    public void AddEntriesTo(byte[] subject, List<SublistEntry<T>> entries)
    {
        foreach (QueueGroup<T> group in _groups)
        {
            group.AddEntriesTo(subject, entries);
        }
    }

    private int IndexOf(byte[] name)
    {
        if (_positions is not null) return _positions.GetValueOrDefault(name, -1);
        for (int i = 0; i < _groups.Count; i++)
        {
            if (_groups[i].Name.AsSpan().SequenceEqual(name)) return i;
        }

        return -1;
    }
}
