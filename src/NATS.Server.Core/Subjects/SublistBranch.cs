using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace NATS.Server.Core.Subjects;

/// <summary>A place in the trie where subjects go on: its children by literal token and its two wildcard children. Not synchronised.</summary>
internal sealed class SublistBranch<T>(byte[]? longToken) : SublistNode<T>(longToken) where T : class
{
    /// <summary>Up to here the children are found by looking at each key: cheaper than hashing, and it needs no spare slots.</summary>
    private const int ScannedUpTo = 8;

    // One literal child, the most common number, is held here: an array for it would cost every match another cache line.
    private TokenKey _onlyKey;
    private SublistNode<T>? _onlyChild;
    private Slot[]? _slots;
    private int _slotCount;

    /// <summary>The child for <c>*</c>.</summary>
    public SublistNode<T>? Partial;

    /// <summary>The child for <c>&gt;</c>, after which no subject goes on.</summary>
    public SublistLeaf<T>? Full;

    /// <summary>The subscriptions whose subject ends here; null when there are none.</summary>
    public SublistLeaf<T>? Here;

    /// <summary>Whether there are children by literal token.</summary>
    public bool HasChildren => _slotCount > 0 || _onlyChild is not null;

    /// <summary>How many children there are, wildcards included.</summary>
    public int EdgeCount => _slotCount + (_onlyChild is null ? 0 : 1) + (Partial is null ? 0 : 1) + (Full is null ? 0 : 1);

    /// <summary>Makes a branch of what is in a place: nothing, a leaf, which then ends here, or a branch already.</summary>
    public static SublistBranch<T> From(SublistNode<T>? node, byte[]? longToken) => node switch
    {
        SublistBranch<T> branch => branch,
        SublistLeaf<T> leaf => new SublistBranch<T>(longToken) { Here = leaf },
        _ => new SublistBranch<T>(longToken),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SublistNode<T>? FindChild(in TokenKey key, ReadOnlySpan<byte> token, ulong seed)
    {
        if (_slots is null)
        {
            SublistNode<T>? only = _onlyChild;
            return only is not null && _onlyKey.Equals(key) && IsSame(only, key, token) ? only : null;
        }

        int at = Find(_slots, key, token, seed);
        return at < 0 ? null : _slots[at].Node;
    }

    /// <summary>Puts a child in the place of a token, which may have one already.</summary>
    public void SetChild(in TokenKey key, ReadOnlySpan<byte> token, SublistNode<T> child, ulong seed)
    {
        Debug.Assert(key.IsLong == child.LongToken is not null, "a long token is kept");
        if (FindChild(key, token, seed) is not null)
        {
            if (_slots is null) _onlyChild = child;
            else _slots[Find(_slots, key, token, seed)].Node = child;
            return;
        }

        if (_slots is null)
        {
            if (_onlyChild is null)
            {
                _onlyKey = key;
                _onlyChild = child;
                return;
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSame(SublistNode<T> node, in TokenKey key, ReadOnlySpan<byte> token) => !key.IsLong || token.SequenceEqual(node.LongToken);

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
                if (slot.Key.Equals(key) && IsSame(slot.Node!, key, token)) return i;
            }

            return -1;
        }

        int mask = slots.Length - 1;
        for (int i = (int)key.Hash(seed) & mask; ; i = (i + 1) & mask)
        {
            ref Slot slot = ref slots[i];
            if (slot.Node is null) return -1;
            if (slot.Key.Equals(key) && IsSame(slot.Node, key, token)) return i;
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
