using System.Numerics;
using System.Runtime.CompilerServices;

namespace NATS.Server.Core.Collections;

/// <summary>A bitmap of a <see cref="SequenceSet"/> and its place in the balanced tree. Not synchronised.</summary>
internal sealed class SequenceSetNode(ulong start)
{
    public const int Words = 32;
    public const int BitsPerWord = 64;

    public Bitmap Bits;
    public SequenceSetNode? Left;
    public SequenceSetNode? Right;

    /// <summary>The first number it covers, a multiple of <see cref="SequenceSet.Span"/>.</summary>
    public ulong Start { get; } = start;

    public int Height { get; private set; } = 1;

    public bool IsEmpty => !((ReadOnlySpan<ulong>)Bits).ContainsAnyExcept(0UL);

    /// <summary>How many numbers are set.</summary>
    public int Count
    {
        get
        {
            int count = 0;
            foreach (ulong word in Bits)
            {
                count += BitOperations.PopCount(word);
            }

            return count;
        }
    }

    /// <summary>The largest number. The node is not empty.</summary>
    public ulong Last
    {
        get
        {
            int i = ((ReadOnlySpan<ulong>)Bits).LastIndexOfAnyExcept(0UL);
            return Start + (ulong)((i * BitsPerWord) + BitOperations.Log2(Bits[i]));
        }
    }

    public bool Add(ulong sequence)
    {
        ref ulong word = ref WordOf(sequence, out ulong bit);
        if ((word & bit) != 0) return false;
        word |= bit;
        return true;
    }

    public bool Remove(ulong sequence)
    {
        ref ulong word = ref WordOf(sequence, out ulong bit);
        if ((word & bit) == 0) return false;
        word &= ~bit;
        return true;
    }

    public bool Contains(ulong sequence) => (WordOf(sequence, out ulong bit) & bit) != 0;

    /// <summary>The smallest number of this node that is not below one that it covers.</summary>
    public bool TryGetNext(ulong from, out ulong sequence)
    {
        int offset = (int)(from - Start);
        int i = offset / BitsPerWord;
        ulong word = Bits[i] & (ulong.MaxValue << (offset % BitsPerWord));
        while (word == 0)
        {
            if (++i == Words)
            {
                sequence = 0;
                return false;
            }

            word = Bits[i];
        }

        sequence = Start + (ulong)((i * BitsPerWord) + BitOperations.TrailingZeroCount(word));
        return true;
    }

    // Recursion is as deep as the tree is high: less than 1.5 times the binary logarithm of the number of nodes.

    /// <summary>Adds a node whose start is not in the tree yet.</summary>
    /// <returns>The tree's new root.</returns>
    public static SequenceSetNode Insert(SequenceSetNode? tree, SequenceSetNode added)
    {
        if (tree is null) return added;
        if (added.Start < tree.Start) tree.Left = Insert(tree.Left, added);
        else tree.Right = Insert(tree.Right, added);
        return Balance(tree);
    }

    /// <summary>Removes the node with a start that is in the tree.</summary>
    /// <returns>The tree's new root.</returns>
    public static SequenceSetNode? Remove(SequenceSetNode tree, ulong start)
    {
        if (start < tree.Start)
        {
            tree.Left = Remove(tree.Left!, start);
            return Balance(tree);
        }

        if (start > tree.Start)
        {
            tree.Right = Remove(tree.Right!, start);
            return Balance(tree);
        }

        if (tree.Left is null) return tree.Right;
        if (tree.Right is null) return tree.Left;
        SequenceSetNode? right = RemoveLowest(tree.Right, out SequenceSetNode lowest);
        lowest.Left = tree.Left;
        lowest.Right = right;
        return Balance(lowest);
    }

    public static SequenceSetNode? Clone(SequenceSetNode? node) => node is null
        ? null
        : new SequenceSetNode(node.Start) { Bits = node.Bits, Height = node.Height, Left = Clone(node.Left), Right = Clone(node.Right) };

    private static SequenceSetNode? RemoveLowest(SequenceSetNode tree, out SequenceSetNode lowest)
    {
        if (tree.Left is null)
        {
            lowest = tree;
            return tree.Right;
        }

        tree.Left = RemoveLowest(tree.Left, out lowest);
        return Balance(tree);
    }

    private static SequenceSetNode Balance(SequenceSetNode tree)
    {
        int lean = HeightOf(tree.Left) - HeightOf(tree.Right);
        if (lean > 1)
        {
            if (HeightOf(tree.Left!.Left) < HeightOf(tree.Left.Right)) tree.Left = RotateLeft(tree.Left);
            return RotateRight(tree);
        }

        if (lean < -1)
        {
            if (HeightOf(tree.Right!.Right) < HeightOf(tree.Right.Left)) tree.Right = RotateRight(tree.Right);
            return RotateLeft(tree);
        }

        tree.Measure();
        return tree;
    }

    private static SequenceSetNode RotateLeft(SequenceSetNode tree)
    {
        SequenceSetNode top = tree.Right!;
        tree.Right = top.Left;
        top.Left = tree;
        tree.Measure();
        top.Measure();
        return top;
    }

    private static SequenceSetNode RotateRight(SequenceSetNode tree)
    {
        SequenceSetNode top = tree.Left!;
        tree.Left = top.Right;
        top.Right = tree;
        tree.Measure();
        top.Measure();
        return top;
    }

    private static int HeightOf(SequenceSetNode? tree) => tree?.Height ?? 0;

    private void Measure() => Height = Math.Max(HeightOf(Left), HeightOf(Right)) + 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref ulong WordOf(ulong sequence, out ulong bit)
    {
        int offset = (int)(sequence - Start);
        bit = 1UL << (offset % BitsPerWord);
        return ref Bits[offset / BitsPerWord];
    }

    [InlineArray(Words)]
    public struct Bitmap
    {
        private ulong _first;
    }
}
