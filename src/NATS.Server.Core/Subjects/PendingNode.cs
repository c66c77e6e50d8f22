using System.Runtime.CompilerServices;

namespace NATS.Server.Core.Subjects;

/// <summary>A node of the trie and the index of the token that is looked up in it.</summary>
internal readonly struct PendingNode<T>(SublistNode<T> node, int depth) where T : class
{
    public SublistNode<T> Node { get; } = node;

    public int Depth { get; } = depth;
}

/// <summary>
/// The places where a walk through the trie still has to go. Kept apart from the thread's stack, because a client decides how deep the trie is. Starts in the
/// caller's memory and moves to the heap when that is full.
/// </summary>
internal ref struct PendingNodes<T>(Span<PendingNode<T>> initial) where T : class
{
    private Span<PendingNode<T>> _nodes = initial;
    private int _count;

    /// <summary>The array that was allocated because the caller's memory was full; null when it was not.</summary>
    public PendingNode<T>[]? Grown { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Push(SublistNode<T> node, int depth)
    {
        if (_count == _nodes.Length) Grow();
        _nodes[_count++] = new PendingNode<T>(node, depth);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryPop(out PendingNode<T> pending)
    {
        if (_count == 0)
        {
            pending = default;
            return false;
        }

        ref PendingNode<T> last = ref _nodes[--_count];
        pending = last;
        last = default;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow()
    {
        var larger = new PendingNode<T>[Math.Max(8, _nodes.Length * 2)];
        _nodes.CopyTo(larger);
        _nodes = larger;
        Grown = larger;
    }
}

/// <summary>Room for a few pending nodes in a stack frame.</summary>
[InlineArray(8)]
internal struct PendingNodeBuffer<T> where T : class
{
    private PendingNode<T> _first;
}
