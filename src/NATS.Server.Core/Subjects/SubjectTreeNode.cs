using System.Runtime.CompilerServices;

namespace NATS.Server.Core.Subjects;

/// <summary>A part of a <see cref="SubjectTree{T}"/>: the bytes that all subjects below share after those of its parent. Not synchronised.</summary>
internal abstract class SubjectTreeNode(byte[] prefix)
{
    // Single bytes are the most common suffix where subjects end in numbers.
    private static readonly byte[][] SingleBytes = [.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value })];

    /// <summary>Starts with the byte that the parent finds it by; the array may be shared and is never written to.</summary>
    public byte[] Prefix { get; set; } = prefix;

    /// <summary>An array with the bytes, which may be shared.</summary>
    public static byte[] Store(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        0 => [],
        1 => SingleBytes[bytes[0]],
        _ => bytes.ToArray(),
    };
}

/// <summary>The end of a stored subject and its value.</summary>
internal sealed class SubjectTreeLeaf<T>(byte[] prefix) : SubjectTreeNode(prefix)
{
    // Default until the caller who added it has set it.
    public T Value = default!;
}

/// <summary>A place where stored subjects part. Children are kept sorted in arrays that grow with their number, and by byte when there are many.</summary>
internal sealed class SubjectTreeBranch<T>(byte[] prefix) : SubjectTreeNode(prefix)
{
    private const int LargestSorted = 48;

    // The first bytes of the children in ascending order; null when children are found by their byte directly.
    private byte[]? _keys = new byte[2];
    private SubjectTreeNode?[] _children = new SubjectTreeNode?[2];

    /// <summary>The subject that ends here, with an empty prefix; or null.</summary>
    public SubjectTreeLeaf<T>? End { get; set; }

    /// <summary>How many children there are, without <see cref="End"/>.</summary>
    public int Count { get; private set; }

    /// <summary>The child with the lowest byte; there is one.</summary>
    public SubjectTreeNode First
    {
        get
        {
            int cursor = 0;
            return Next(ref cursor)!;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SubjectTreeNode? Find(byte key)
    {
        if (_keys is null) return _children[key];
        int at = _keys.AsSpan(0, Count).IndexOf(key);
        return at < 0 ? null : _children[at];
    }

    /// <summary>The child at or after a position in ascending order, which moves behind it; null at the end.</summary>
    public SubjectTreeNode? Next(ref int cursor)
    {
        if (_keys is not null) return cursor < Count ? _children[cursor++] : null;
        while (cursor < _children.Length)
        {
            if (_children[cursor++] is { } child) return child;
        }

        return null;
    }

    /// <summary>Adds a child whose first byte none has yet.</summary>
    public void Add(SubjectTreeNode child)
    {
        byte key = child.Prefix[0];
        if (_keys is not null && Count == _keys.Length) Grow(_keys);
        if (_keys is null)
        {
            _children[key] = child;
        }
        else
        {
            int at = 0;
            while (at < Count && _keys[at] < key)
            {
                at++;
            }

            Array.Copy(_keys, at, _keys, at + 1, Count - at);
            Array.Copy(_children, at, _children, at + 1, Count - at);
            _keys[at] = key;
            _children[at] = child;
        }

        Count++;
    }

    /// <summary>Puts another child in the place of one that starts with the same byte.</summary>
    public void Replace(SubjectTreeNode old, SubjectTreeNode node)
    {
        byte key = old.Prefix[0];
        _children[_keys is null ? key : _keys.AsSpan(0, Count).IndexOf(key)] = node;
    }

    /// <summary>Removes the child that starts with a byte; there is one.</summary>
    public void Remove(byte key)
    {
        Count--;
        if (_keys is null)
        {
            _children[key] = null;

            // Well below the size that made it direct, so that it does not change again and again.
            if (Count <= LargestSorted / 2) Sort();
            return;
        }

        int at = _keys.AsSpan(0, Count + 1).IndexOf(key);
        Array.Copy(_keys, at + 1, _keys, at, Count - at);
        Array.Copy(_children, at + 1, _children, at, Count - at);
        _children[Count] = null;
        if (_keys.Length <= 2 || Count > _keys.Length / 4) return;
        Array.Resize(ref _keys, _keys.Length / 2);
        Array.Resize(ref _children, _keys.Length);
    }

    private void Grow(byte[] keys)
    {
        if (keys.Length < LargestSorted)
        {
            int capacity = Math.Min(LargestSorted, keys.Length * 2);
            Array.Resize(ref _keys, capacity);
            Array.Resize(ref _children, capacity);
            return;
        }

        var direct = new SubjectTreeNode?[256];
        for (int i = 0; i < Count; i++)
        {
            direct[keys[i]] = _children[i];
        }

        _children = direct;
        _keys = null;
    }

    private void Sort()
    {
        byte[] keys = new byte[LargestSorted];
        var children = new SubjectTreeNode?[LargestSorted];
        int count = 0;
        for (int key = 0; key < _children.Length; key++)
        {
            if (_children[key] is not { } child) continue;
            keys[count] = (byte)key;
            children[count++] = child;
        }

        _keys = keys;
        _children = children;
    }
}
