using System.Diagnostics;

namespace NATS.Server.Core.Subjects;

/// <summary>
/// The subscriptions stored under one subject, in no particular order, compared by reference. The first is held without an array, since most subjects have
/// one; from <see cref="IndexedFrom"/> on their positions are indexed, so that removing one of a hundred thousand does not search. Not synchronised.
/// </summary>
internal struct MemberSet<T> where T : class
{
    private const int IndexedFrom = 64;

    private T? _single;
    private Many? _many;

    public readonly int Count => _many?.Count ?? (_single is null ? 0 : 1);

    /// <summary>Adds a member that is not stored yet.</summary>
    public void Add(T item)
    {
        if (_many is null)
        {
            if (_single is null)
            {
                _single = item;
                return;
            }

            _many = new Many(_single);
            _single = null;
        }

        _many.Add(item);
    }

    public bool Remove(T item)
    {
        if (_many is null)
        {
            if (!ReferenceEquals(_single, item)) return false;
            _single = null;
            return true;
        }

        if (!_many.Remove(item)) return false;
        if (_many.Count == 1)
        {
            _single = _many.Items[0];
            _many = null;
        }

        return true;
    }

    public readonly bool Contains(T item) => _many is null ? ReferenceEquals(_single, item) : _many.Find(item) >= 0;

    public readonly void CopyTo(SublistMatch<T> result)
    {
        if (_single is not null) result.AddPlain(_single);
        else if (_many is not null) result.AddPlain(_many.Items.AsSpan(0, _many.Count));
    }

    public readonly void CopyTo(QueueMatch<T> queue)
    {
        if (_single is not null) queue.Add(_single);
        else if (_many is not null) queue.Add(_many.Items.AsSpan(0, _many.Count));
    }

    public readonly T this[int index] => _many is null ? _single! : _many.Items[index];

    private sealed class Many(T first)
    {
        private Dictionary<T, int>? _positions;

        public T[] Items { get; private set; } = [first, null!];

        public int Count { get; private set; } = 1;

        public void Add(T item)
        {
            Debug.Assert(Count > IndexedFrom || Find(item) < 0, "a subscription is stored once");
            if (Count == Items.Length)
            {
                T[] larger = new T[Items.Length * 2];
                Items.CopyTo(larger, 0);
                Items = larger;
            }

            Items[Count] = item;
            if (_positions is not null)
            {
                _positions.Add(item, Count);
            }
            else if (Count + 1 == IndexedFrom)
            {
                _positions = new Dictionary<T, int>(IndexedFrom * 2, ReferenceEqualityComparer.Instance);
                for (int i = 0; i <= Count; i++)
                {
                    _positions.Add(Items[i], i);
                }
            }

            Count++;
        }

        public bool Remove(T item)
        {
            int at = Find(item);
            if (at < 0) return false;
            Count--;
            T last = Items[Count];
            Items[at] = last;
            Items[Count] = null!;
            if (_positions is not null)
            {
                _positions[last] = at;
                _positions.Remove(item);

                // Half of the threshold, so that a set that hovers around it does not build its index again and again.
                if (Count < IndexedFrom / 2) _positions = null;
            }

            if (Count < Items.Length / 4)
            {
                T[] smaller = new T[Items.Length / 2];
                Items.AsSpan(0, Count).CopyTo(smaller);
                Items = smaller;
            }

            return true;
        }

        public int Find(T item)
        {
            if (_positions is not null) return _positions.GetValueOrDefault(item, -1);
            for (int i = 0; i < Count; i++)
            {
                if (ReferenceEquals(Items[i], item)) return i;
            }

            return -1;
        }
    }
}
