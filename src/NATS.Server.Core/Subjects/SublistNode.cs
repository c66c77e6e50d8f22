using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace NATS.Server.Core.Subjects;

/// <summary>
/// One token's place in the trie of a <see cref="Sublist{T}"/>: its children by literal token, its two wildcard children, and the subscriptions whose
/// subject ends here. Not synchronised.
/// </summary>
internal sealed class SublistNode<T>(byte[]? longToken) where T : class
{
    /// <summary>Up to here the children are found by looking at each key: cheaper than hashing, and it needs no spare slots.</summary>
    private const int ScannedUpTo = 8;

    private readonly byte[]? _longToken = longToken;

    // One literal child, the most common number, is held here: an array for it would cost every match another cache line.
    private TokenKey _onlyKey;
    private SublistNode<T>? _onlyChild;
    private Slot[]? _slots;
    private int _slotCount;

    /// <summary>The child for <c>*</c>.</summary>
    public SublistNode<T>? Partial;

    /// <summary>The child for <c>&gt;</c>; has subscriptions, never children.</summary>
    public SublistNode<T>? Full;

    /// <summary>The whole subject of the subscriptions stored here; null when there are none.</summary>
    public byte[]? Subject;

    public MemberSet<T> Plain;

    /// <summary>The queue groups with a member here; null when there is none.</summary>
    public QueueGroups<T>? Queues;

    public bool IsEmpty => Subject is null && EdgeCount == 0;

    public bool HasSubscriptions => Subject is not null;

    /// <summary>How many children there are, wildcards included.</summary>
    public int EdgeCount => _slotCount + (_onlyChild is null ? 0 : 1) + (Partial is null ? 0 : 1) + (Full is null ? 0 : 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SublistNode<T>? FindChild(in TokenKey key, ReadOnlySpan<byte> token, ulong seed)
    {
        if (_slots is null)
        {
            SublistNode<T>? only = _onlyChild;
            return only is not null && _onlyKey.Equals(key) && only.IsSame(key, token) ? only : null;
        }

        int at = Find(_slots, key, token, seed);
        return at < 0 ? null : _slots[at].Node;
    }

    /// <summary>Adds a child for a token that has none yet.</summary>
    public SublistNode<T> AddChild(in TokenKey key, ReadOnlySpan<byte> token, ulong seed)
    {
        Debug.Assert(FindChild(key, token, seed) is null, "a token has one child");
        var child = new SublistNode<T>(key.IsLong ? token.ToArray() : null);
        if (_slots is null)
        {
            if (_onlyChild is null)
            {
                _onlyKey = key;
                _onlyChild = child;
                return child;
            }

            _slots = new Slot[2];
            _slots[0] = new Slot { Key = _onlyKey, Node = _onlyChild };
            _slotCount = 1;
            ForgetOnlyChild();
        }
        else if (_slotCount == _slots.Length || (_slots.Length > ScannedUpTo && _slotCount + 1 > _slots.Length / 4 * 3))
        {
            // The first hashed table is four times the last scanned one, so that it starts half empty.
            Resize(_slots.Length == ScannedUpTo ? ScannedUpTo * 4 : _slots.Length * 2, seed);
        }

        Place(_slots, new Slot { Key = key, Node = child }, _slotCount, seed);
        _slotCount++;
        return child;
    }

    /// <summary>Removes a child that is there.</summary>
    public void RemoveChild(in TokenKey key, ReadOnlySpan<byte> token, ulong seed)
    {
        if (_slots is null)
        {
            ForgetOnlyChild();
            return;
        }

        Slot[] slots = _slots;
        int at = Find(slots, key, token, seed);
        _slotCount--;
        if (slots.Length > ScannedUpTo)
        {
            CloseGap(slots, at, seed);
            if (_slotCount <= ScannedUpTo / 2) Resize(ScannedUpTo, seed);
            else if (slots.Length > ScannedUpTo * 4 && _slotCount < slots.Length / 8) Resize(slots.Length / 4, seed);
            return;
        }

        slots[at] = slots[_slotCount];
        slots[_slotCount] = default;
        if (_slotCount > 1) return;
        _onlyKey = slots[0].Key;
        _onlyChild = slots[0].Node;
        _slots = null;
        _slotCount = 0;
    }

    /// <summary>Adds every child, wildcards included, to a list of nodes still to visit.</summary>
    public void AddChildrenTo(List<SublistNode<T>> pending)
    {
        AddLiteralChildrenTo(pending);
        if (Partial is not null) pending.Add(Partial);
        if (Full is not null) pending.Add(Full);
    }

    public void AddLiteralChildrenTo(List<SublistNode<T>> pending)
    {
        if (_onlyChild is not null) pending.Add(_onlyChild);
        foreach (Slot slot in _slots ?? [])
        {
            if (slot.Node is not null) pending.Add(slot.Node);
        }
    }

    /// <summary>Appends the subscriptions stored here to a match.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CopySubscriptionsTo(SublistMatch<T> result)
    {
        Plain.CopyTo(result);
        Queues?.CopyTo(result);
    }

    /// <summary>The members of all queue groups stored here.</summary>
    public int QueueMemberCount => Queues?.MemberCount ?? 0;

    public void RemoveQueue(QueueGroup<T> group)
    {
        Queues!.Remove(group);
        if (Queues.IsEmpty) Queues = null;
    }

    public void ForgetSubjectIfUnused()
    {
        if (Plain.Count == 0 && Queues is null) Subject = null;
    }

    public void AddEntriesTo(List<SublistEntry<T>> entries)
    {
        for (int i = 0; i < Plain.Count; i++)
        {
            entries.Add(new SublistEntry<T>(Subject!, null, Plain[i]));
        }

        Queues?.AddEntriesTo(Subject!, entries);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsSame(in TokenKey key, ReadOnlySpan<byte> token) => !key.IsLong || token.SequenceEqual(_longToken);

    private void ForgetOnlyChild()
    {
        _onlyKey = default;
        _onlyChild = null;
    }

    private static int Find(Slot[] slots, in TokenKey key, ReadOnlySpan<byte> token, ulong seed)
    {
        if (slots.Length <= ScannedUpTo)
        {
            for (int i = 0; i < slots.Length; i++)
            {
                ref Slot slot = ref slots[i];
                if (slot.Key.Equals(key) && slot.Node!.IsSame(key, token)) return i;
            }

            return -1;
        }

        int mask = slots.Length - 1;
        for (int i = (int)key.Hash(seed) & mask; ; i = (i + 1) & mask)
        {
            ref Slot slot = ref slots[i];
            if (slot.Node is null) return -1;
            if (slot.Key.Equals(key) && slot.Node.IsSame(key, token)) return i;
        }
    }

    private static void Place(Slot[] slots, Slot slot, int count, ulong seed)
    {
        if (slots.Length <= ScannedUpTo)
        {
            slots[count] = slot;
            return;
        }

        int mask = slots.Length - 1;
        int i = (int)slot.Key.Hash(seed) & mask;
        while (slots[i].Node is not null)
        {
            i = (i + 1) & mask;
        }

        slots[i] = slot;
    }

    private void Resize(int capacity, ulong seed)
    {
        Slot[] old = _slots!;
        var slots = new Slot[capacity];
        int count = 0;
        foreach (Slot slot in old)
        {
            if (slot.Node is not null) Place(slots, slot, count++, seed);
        }

        _slots = slots;
    }

    /// <summary>Empties a slot and moves up what was placed after it because it was taken, so that no search ends too early.</summary>
    private static void CloseGap(Slot[] slots, int gap, ulong seed)
    {
        int mask = slots.Length - 1;
        for (int i = (gap + 1) & mask; slots[i].Node is not null; i = (i + 1) & mask)
        {
            int home = (int)slots[i].Key.Hash(seed) & mask;
            if (((i - home) & mask) < ((i - gap) & mask)) continue;
            slots[gap] = slots[i];
            gap = i;
        }

        slots[gap] = default;
    }

    private struct Slot
    {
        public TokenKey Key;
        public SublistNode<T>? Node;
    }
}
