using System.Collections;
using System.Numerics;

namespace NATS.Server.Core.Collections;

/// <summary>Walks a <see cref="SequenceSet"/> in ascending order; the set must not be changed meanwhile.</summary>
public struct SequenceSetEnumerator : IEnumerator<ulong>
{
    private readonly SequenceSet _set;

    // Nodes that are still to be walked and whose left subtree was, deepest last.
    private readonly SequenceSetNode[] _path;
    private int _depth;
    private ulong _word;
    private int _wordIndex;

    internal SequenceSetEnumerator(SequenceSet set)
    {
        _set = set;
        _path = set.Root is null ? [] : new SequenceSetNode[set.Root.Height];
        Descend(set.Root);
    }

    public ulong Current { get; private set; }

    readonly object IEnumerator.Current => Current;

    public bool MoveNext()
    {
        while (_depth > 0)
        {
            SequenceSetNode node = _path[_depth - 1];
            while (_word == 0 && ++_wordIndex < SequenceSetNode.Words)
            {
                _word = node.Bits[_wordIndex];
            }

            if (_word != 0)
            {
                Current = node.Start + (ulong)((_wordIndex * SequenceSetNode.BitsPerWord) + BitOperations.TrailingZeroCount(_word));
                _word &= _word - 1;
                return true;
            }

            _depth--;
            Descend(node.Right);
        }

        return false;
    }

    public void Reset() => this = new SequenceSetEnumerator(_set);

    public readonly void Dispose()
    {
    }

    private void Descend(SequenceSetNode? node)
    {
        for (; node is not null; node = node.Left)
        {
            _path[_depth++] = node;
        }

        _wordIndex = -1;
        _word = 0;
    }
}
