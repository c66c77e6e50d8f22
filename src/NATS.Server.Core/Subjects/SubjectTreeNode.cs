using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NATS.Server.Core.Subjects;

/// <summary>A part of a <see cref="SubjectTree{T}"/>: the bytes that all subjects below share after those of its parent. Not synchronised.</summary>
internal abstract class SubjectTreeNode
{
    /// <summary>Starts with the byte that the parent finds it by. Valid until the tree changes.</summary>
    public abstract ReadOnlySpan<byte> Prefix { get; }

    /// <summary>This node with another prefix, or what takes its place: then this is no longer used.</summary>
    public abstract SubjectTreeNode WithPrefix(ReadOnlySpan<byte> prefix);
}

/// <summary>The end of a stored subject and its value.</summary>
/// <remarks>Most nodes are leaves, and most of their prefixes short: these lie in the leaf itself, which saves an array of its own for each subject.</remarks>
internal abstract class SubjectTreeLeaf<T> : SubjectTreeNode
{
    // Default until the caller who added it has set it.
    public T Value = default!;

    public static SubjectTreeLeaf<T> Create(ReadOnlySpan<byte> prefix) => prefix.Length switch
    {
        <= ShortSubjectTreeLeaf<T>.LongestPrefix => new ShortSubjectTreeLeaf<T>(prefix),
        <= MediumSubjectTreeLeaf<T>.LongestPrefix => new MediumSubjectTreeLeaf<T>(prefix),
        _ => new LongSubjectTreeLeaf<T>(prefix),
    };

    public override SubjectTreeNode WithPrefix(ReadOnlySpan<byte> prefix)
    {
        SubjectTreeLeaf<T> leaf = Create(prefix);
        leaf.Value = Value;
        return leaf;
    }
}

/// <summary>A leaf whose prefix lies in it.</summary>
internal sealed class ShortSubjectTreeLeaf<T> : SubjectTreeLeaf<T>
{
    public const int LongestPrefix = PrefixSize - 1;
    private const int PrefixSize = 16;

    // The last byte is the length.
    private Bytes _prefix;

    public ShortSubjectTreeLeaf(ReadOnlySpan<byte> prefix)
    {
        prefix.CopyTo(_prefix);
        _prefix[LongestPrefix] = (byte)prefix.Length;
    }

    public override ReadOnlySpan<byte> Prefix => ((ReadOnlySpan<byte>)_prefix)[.._prefix[LongestPrefix]];

    [InlineArray(PrefixSize)]
    private struct Bytes
    {
        private byte _first;
    }
}

/// <summary>A leaf whose prefix lies in it, as that of a subject of random bytes does.</summary>
internal sealed class MediumSubjectTreeLeaf<T> : SubjectTreeLeaf<T>
{
    public const int LongestPrefix = PrefixSize - 1;
    private const int PrefixSize = 24;

    // The last byte is the length.
    private Bytes _prefix;

    public MediumSubjectTreeLeaf(ReadOnlySpan<byte> prefix)
    {
        prefix.CopyTo(_prefix);
        _prefix[LongestPrefix] = (byte)prefix.Length;
    }

    public override ReadOnlySpan<byte> Prefix => ((ReadOnlySpan<byte>)_prefix)[.._prefix[LongestPrefix]];

    [InlineArray(PrefixSize)]
    private struct Bytes
    {
        private byte _first;
    }
}

/// <summary>A leaf whose prefix is too long to lie in it.</summary>
internal sealed class LongSubjectTreeLeaf<T>(ReadOnlySpan<byte> prefix) : SubjectTreeLeaf<T>
{
    private readonly byte[] _prefix = prefix.ToArray();

    public override ReadOnlySpan<byte> Prefix => _prefix;
}

/// <summary>
/// A place where stored subjects part. Children are kept sorted by their first bytes, and found directly by these when there are many. The first bytes of a
/// few lie in the branch itself: where subjects are many, each array is one more line of memory that no cache holds.
/// </summary>
internal sealed class SubjectTreeBranch<T>(ReadOnlySpan<byte> prefix) : SubjectTreeNode
{
    private const int LargestNear = 16;
    private const int LargestSorted = 48;
    private const int Direct = 256;

    private byte[] _prefix = Store(prefix);

    // The first bytes of the children in ascending order: of up to 16 in the one, of more in the other; in none when children are found directly.
    private NearKeys _near;
    private byte[]? _far;
    private SubjectTreeNode?[] _children = new SubjectTreeNode?[2];

    public override ReadOnlySpan<byte> Prefix => _prefix;

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

    private bool IsDirect => _children.Length == Direct;

    // Room for as many keys as for children, when these are sorted.
    private Span<byte> Keys => _far ?? (Span<byte>)_near;

    public override SubjectTreeNode WithPrefix(ReadOnlySpan<byte> prefix)
    {
        _prefix = Store(prefix);
        return this;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SubjectTreeNode? Find(byte key)
    {
        if (_children.Length <= LargestNear)
        {
            uint places = Vector128.Equals(Vector128.LoadUnsafe(ref _near[0]), Vector128.Create(key)).ExtractMostSignificantBits() & ((1u << Count) - 1);
            return places == 0 ? null : _children[BitOperations.TrailingZeroCount(places)];
        }

        return FindFar(key);
    }

    /// <summary>The child at or after a position in ascending order, which moves behind it; null at the end.</summary>
    public SubjectTreeNode? Next(ref int cursor)
    {
        if (!IsDirect) return cursor < Count ? _children[cursor++] : null;
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
        if (!IsDirect && Count == _children.Length) Grow();
        if (IsDirect)
        {
            _children[key] = child;
        }
        else
        {
            Span<byte> keys = Keys;
            int at = 0;
            while (at < Count && keys[at] < key)
            {
                at++;
            }

            keys[at..Count].CopyTo(keys[(at + 1)..]);
            Array.Copy(_children, at, _children, at + 1, Count - at);
            keys[at] = key;
            _children[at] = child;
        }

        Count++;
    }

    /// <summary>Puts another child in the place of the one that starts with the same byte.</summary>
    public void Replace(byte key, SubjectTreeNode node) => _children[IsDirect ? key : Keys[..Count].IndexOf(key)] = node;

    /// <summary>Removes the child that starts with a byte; there is one.</summary>
    public void Remove(byte key)
    {
        if (IsDirect)
        {
            _children[key] = null;

            // Well below the size that made it direct, so that it does not change again and again.
            if (--Count <= LargestSorted / 2) Sort();
            return;
        }

        Span<byte> keys = Keys[..Count];
        int at = keys.IndexOf(key);
        keys[(at + 1)..].CopyTo(keys[at..]);
        Array.Copy(_children, at + 1, _children, at, Count - at - 1);
        _children[--Count] = null;
        if (_children.Length > 2 && Count <= _children.Length / 4) Resize(_children.Length / 2);
    }

    // A single byte is the most common prefix: its array is shared.
    private static byte[] Store(ReadOnlySpan<byte> prefix) => prefix.Length switch
    {
        0 => [],
        1 => SingleBytes.Of(prefix[0]),
        _ => prefix.ToArray(),
    };

    private SubjectTreeNode? FindFar(byte key)
    {
        if (_far is null) return _children[key];
        int at = _far.AsSpan(0, Count).IndexOf(key);
        return at < 0 ? null : _children[at];
    }

    private void Grow()
    {
        if (_children.Length < LargestSorted)
        {
            Resize(Math.Min(LargestSorted, _children.Length * 2));
            return;
        }

        var direct = new SubjectTreeNode?[Direct];
        for (int i = 0; i < Count; i++)
        {
            direct[_far![i]] = _children[i];
        }

        _children = direct;
        _far = null;
    }

    // To another number of sorted children; all that there are have room.
    private void Resize(int capacity)
    {
        Span<byte> keys = Keys[..Count];
        byte[]? far = capacity > LargestNear ? new byte[capacity] : null;
        keys.CopyTo(far ?? (Span<byte>)_near);
        _far = far;
        Array.Resize(ref _children, capacity);
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

        _far = keys;
        _children = children;
    }

    [InlineArray(LargestNear)]
    private struct NearKeys
    {
        private byte _first;
    }
}

/// <summary>Arrays of one byte, which are never written to.</summary>
internal static class SingleBytes
{
    private static readonly byte[][] Arrays = [.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value })];

    public static byte[] Of(byte value) => Arrays[value];
}
