namespace NATS.Server.Core.Subjects;

/// <summary>
/// The subscriptions that match one literal subject. Owned by its caller; filled in place by <see cref="Sublist{T}.Match"/> and reused,
/// so that a match in the steady state allocates nothing.
/// </summary>
public sealed class SublistMatch<T> where T : class
{
    private T[] _plain = [];
    private int _plainCount;
    private QueueMatch<T>[] _queues = [];
    private int _queueCount;

    /// <summary>Every matching subscription without a queue group.</summary>
    public ReadOnlySpan<T> Plain => _plain.AsSpan(0, _plainCount);

    /// <summary>One entry for each queue group with at least one matching member. Each must receive the message once.</summary>
    public ReadOnlySpan<QueueMatch<T>> Queues => _queues.AsSpan(0, _queueCount);

    public bool IsEmpty => _plainCount == 0 && _queueCount == 0;

    /// <summary>Forgets the matches, drops the references to subscriptions and keeps the arrays unless they grew past what is worth keeping.</summary>
    public void Clear()
    {
        const int keep = 256;
        if (_plain.Length > keep)
        {
            _plain = [];
        }
        else
        {
            Array.Clear(_plain, 0, _plainCount);
        }

        for (int i = 0; i < _queueCount; i++)
        {
            _queues[i].Clear();
        }

        _plainCount = 0;
        _queueCount = 0;
    }

    internal void AddPlain(ReadOnlySpan<T> subscriptions)
    {
        int needed = _plainCount + subscriptions.Length;
        if (needed > _plain.Length)
        {
            Array.Resize(ref _plain, Math.Max(4, Math.Max(needed, _plain.Length * 2)));
        }

        subscriptions.CopyTo(_plain.AsSpan(_plainCount));
        _plainCount = needed;
    }

    internal void AddQueue(byte[] name, ReadOnlySpan<T> members)
    {
        for (int i = 0; i < _queueCount; i++)
        {
            if (_queues[i].Name.AsSpan().SequenceEqual(name))
            {
                _queues[i].Add(members);
                return;
            }
        }

        if (_queueCount == _queues.Length)
        {
            Array.Resize(ref _queues, Math.Max(2, _queues.Length * 2));
        }

        QueueMatch<T> queue = _queues[_queueCount] ??= new QueueMatch<T>();
        queue.Name = name;
        queue.Add(members);
        _queueCount++;
    }
}

/// <summary>The members of one queue group that match a subject. Owned by its <see cref="SublistMatch{T}"/>.</summary>
public sealed class QueueMatch<T> where T : class
{
    private T[] _members = [];
    private int _count;

    /// <summary>The queue group's name.</summary>
    public byte[] Name { get; internal set; } = [];

    public ReadOnlySpan<T> Members => _members.AsSpan(0, _count);

    internal void Add(ReadOnlySpan<T> members)
    {
        int needed = _count + members.Length;
        if (needed > _members.Length)
        {
            Array.Resize(ref _members, Math.Max(4, Math.Max(needed, _members.Length * 2)));
        }

        members.CopyTo(_members.AsSpan(_count));
        _count = needed;
    }

    internal void Clear()
    {
        Array.Clear(_members, 0, _count);
        _count = 0;
        Name = [];
    }
}
