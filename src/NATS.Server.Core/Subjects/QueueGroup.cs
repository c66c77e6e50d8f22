namespace NATS.Server.Core.Subjects;

/// <summary>The members of one queue group that subscribed to one subject, each with a weight. Not synchronised.</summary>
internal sealed class QueueGroup<T>(byte[] name) where T : class
{
    private MemberSet<T> _members;
    private Dictionary<T, int>? _weights;

    public byte[] Name { get; } = name;

    /// <summary>The number of members, whatever they weigh.</summary>
    public int Count => _members.Count;

    public void Add(T item, int weight)
    {
        _members.Add(item);
        SetWeight(item, weight);
    }

    public bool Remove(T item)
    {
        if (!_members.Remove(item)) return false;
        SetWeight(item, 1);
        return true;
    }

    /// <summary>Changes what a stored member counts for. False when it is not stored.</summary>
    public bool UpdateWeight(T item, int weight)
    {
        if (!_members.Contains(item)) return false;
        SetWeight(item, weight);
        return true;
    }

    /// <summary>Appends every member as often as it weighs.</summary>
    /// <param name="result">Where to.</param>
    /// <param name="known">How many of its groups may be this one.</param>
    public void CopyTo(SublistMatch<T> result, int known)
    {
        if (_weights is null)
        {
            _members.CopyTo(result.Queue(Name, known));
            return;
        }

        QueueMatch<T>? queue = null;
        for (int i = 0; i < _members.Count; i++)
        {
            T item = _members[i];
            int weight = _weights.GetValueOrDefault(item, 1);

            // A group whose members all weigh nothing is as if it were not there.
            if (weight > 0) (queue ??= result.Queue(Name, known)).AddRepeated(item, weight);
        }
    }

    public void AddEntriesTo(byte[] subject, List<SublistEntry<T>> entries)
    {
        for (int i = 0; i < _members.Count; i++)
        {
            entries.Add(new SublistEntry<T>(subject, Name, _members[i]));
        }
    }

    // Only weights other than 1 are kept: local members have none, and remote ones are few.
    private void SetWeight(T item, int weight)
    {
        if (weight != 1)
        {
            _weights ??= new Dictionary<T, int>(ReferenceEqualityComparer.Instance);
            _weights[item] = weight;
        }
        else if (_weights is not null && _weights.Remove(item) && _weights.Count == 0)
        {
            _weights = null;
        }
    }
}
