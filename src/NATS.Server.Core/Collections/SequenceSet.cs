using System.Buffers.Binary;
using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace NATS.Server.Core.Collections;

/// <summary>
/// A set of sequence numbers that takes about one bit for each number in a dense range. Not synchronised; must not be changed while it is enumerated.
/// </summary>
/// <remarks>
/// A balanced tree of bitmaps of <see cref="Span"/> numbers each. The encoding is the one nats-server keeps in message block state and in snapshots, which is
/// why the tree and its heights show in it.
/// </remarks>
public sealed class SequenceSet : IEnumerable<ulong>
{
    /// <summary>How many numbers one node covers.</summary>
    public const int Span = SequenceSetNode.Words * SequenceSetNode.BitsPerWord;

    private const byte Magic = 22;
    private const byte FirstVersion = 1;
    private const byte CurrentVersion = 2;
    private const int FirstVersionWords = 64;
    private const int HeaderLength = 10;

    private SequenceSetNode? _root;

    /// <summary>How many numbers are in the set.</summary>
    public long Count { get; private set; }

    /// <summary>How many nodes they take, of about 300 bytes each.</summary>
    public int NodeCount { get; private set; }

    public bool IsEmpty => Count == 0;

    /// <summary>The length of what <see cref="Encode"/> writes.</summary>
    public int EncodedLength => HeaderLength + (NodeCount * EncodedNodeLength(SequenceSetNode.Words));

    internal SequenceSetNode? Root => _root;

    /// <summary>Adds a number. False when it is there already.</summary>
    public bool Add(ulong sequence)
    {
        // In the common case a node covers the number, and the tree keeps its shape.
        ulong start = StartOf(sequence);
        SequenceSetNode? node = Find(start);
        if (node is null)
        {
            node = new SequenceSetNode(start);
            _root = SequenceSetNode.Insert(_root, node);
            NodeCount++;
        }

        if (!node.Add(sequence)) return false;
        Count++;
        return true;
    }

    public bool Contains(ulong sequence) => Find(StartOf(sequence)) is { } node && node.Contains(sequence);

    /// <summary>Removes a number. False when it is not there.</summary>
    public bool Remove(ulong sequence)
    {
        ulong start = StartOf(sequence);
        if (Find(start) is not { } node || !node.Remove(sequence)) return false;
        Count--;
        if (!node.IsEmpty) return true;
        _root = SequenceSetNode.Remove(_root!, start);
        NodeCount--;
        return true;
    }

    /// <summary>Removes everything.</summary>
    public void Clear()
    {
        _root = null;
        Count = 0;
        NodeCount = 0;
    }

    /// <summary>The smallest and the largest number. False when the set is empty.</summary>
    public bool TryGetRange(out ulong first, out ulong last)
    {
        first = 0;
        last = 0;
        if (_root is null) return false;
        SequenceSetNode lowest = _root;
        while (lowest.Left is not null)
        {
            lowest = lowest.Left;
        }

        SequenceSetNode highest = _root;
        while (highest.Right is not null)
        {
            highest = highest.Right;
        }

        lowest.TryGetNext(lowest.Start, out first);
        last = highest.Last;
        return true;
    }

    /// <summary>The smallest number that is not below <paramref name="from"/>. False when there is none.</summary>
    public bool TryGetNext(ulong from, out ulong sequence)
    {
        SequenceSetNode? after = null;
        SequenceSetNode? node = _root;
        while (node is not null)
        {
            if (from < node.Start)
            {
                after = node;
                node = node.Left;
            }
            else
            {
                if (from - node.Start < Span && node.TryGetNext(from, out sequence)) return true;
                node = node.Right;
            }
        }

        if (after is not null) return after.TryGetNext(after.Start, out sequence);
        sequence = 0;
        return false;
    }

    /// <summary>A set with the same numbers.</summary>
    public SequenceSet Clone() => new() { _root = SequenceSetNode.Clone(_root), Count = Count, NodeCount = NodeCount };

    /// <summary>Whether both sets have the same numbers.</summary>
    public bool SetEquals(SequenceSet other) => Count == other.Count && this.SequenceEqual(other);

    /// <summary>Adds every number of another set.</summary>
    public void UnionWith(SequenceSet other)
    {
        foreach (ulong sequence in other)
        {
            Add(sequence);
        }
    }

    /// <summary>Walks the numbers in ascending order.</summary>
    public SequenceSetEnumerator GetEnumerator() => new(this);

    IEnumerator<ulong> IEnumerable<ulong>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Writes the set.</summary>
    /// <param name="output">At least <see cref="EncodedLength"/> bytes.</param>
    /// <returns>How many bytes were written.</returns>
    public int Encode(Span<byte> output)
    {
        // magic 1, version 1, nodes 4, numbers 4, then each node before its left and right subtree: start 8, words 8 each, height 2; little-endian.
        output[0] = Magic;
        output[1] = CurrentVersion;
        BinaryPrimitives.WriteUInt32LittleEndian(output[2..], (uint)NodeCount);
        BinaryPrimitives.WriteUInt32LittleEndian(output[6..], unchecked((uint)Count));
        int at = HeaderLength;
        EncodeTree(_root, output, ref at);
        return at;
    }

    /// <summary>Reads a set from the start of a buffer; what follows it is left alone.</summary>
    /// <param name="input">What <see cref="Encode"/> or nats-server wrote, of version 1 or 2.</param>
    /// <param name="set">Null on an error.</param>
    /// <param name="length">How many bytes it took.</param>
    /// <param name="error">What is wrong, or null.</param>
    public static bool TryDecode(ReadOnlySpan<byte> input, [NotNullWhen(true)] out SequenceSet? set, out int length, [NotNullWhen(false)] out string? error)
    {
        set = null;
        length = 0;
        error = "ss: bad encoding";
        if (input.Length < HeaderLength || input[0] != Magic) return false;
        if (input[1] is not (FirstVersion or CurrentVersion))
        {
            error = "ss: bad version";
            return false;
        }

        int words = input[1] == FirstVersion ? FirstVersionWords : SequenceSetNode.Words;
        int nodeLength = EncodedNodeLength(words);
        uint nodes = BinaryPrimitives.ReadUInt32LittleEndian(input[2..]);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(input[6..]);
        if (nodes > (uint)(input.Length - HeaderLength) / (uint)nodeLength) return false;
        var decoded = new SequenceSet();
        int at = HeaderLength;
        for (uint i = 0; i < nodes; i++)
        {
            decoded.AddEncoded(input.Slice(at, nodeLength), words);
            at += nodeLength;
        }

        // The count has 32 bits in the encoding.
        if (unchecked((uint)decoded.Count) != count) return false;
        set = decoded;
        length = at;
        error = null;
        return true;
    }

    private static int EncodedNodeLength(int words) => ((words + 1) * sizeof(ulong)) + sizeof(ushort);

    private static ulong StartOf(ulong sequence) => sequence / Span * Span;

    private SequenceSetNode? Find(ulong start)
    {
        SequenceSetNode? node = _root;
        while (node is not null && node.Start != start)
        {
            node = start < node.Start ? node.Left : node.Right;
        }

        return node;
    }

    // The heights are not read: nothing that comes from disk decides on the shape of the tree.
    private void AddEncoded(ReadOnlySpan<byte> encoded, int words)
    {
        ulong start = BinaryPrimitives.ReadUInt64LittleEndian(encoded);
        ReadOnlySpan<byte> bitmap = encoded[sizeof(ulong)..];
        if (words == SequenceSetNode.Words && start == StartOf(start) && Find(start) is null)
        {
            var node = new SequenceSetNode(start);
            for (int i = 0; i < words; i++)
            {
                node.Bits[i] = BinaryPrimitives.ReadUInt64LittleEndian(bitmap[(i * sizeof(ulong))..]);
            }

            if (node.IsEmpty) return;
            _root = SequenceSetNode.Insert(_root, node);
            NodeCount++;
            Count += node.Count;
            return;
        }

        for (int i = 0; i < words; i++)
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(bitmap[(i * sizeof(ulong))..]);
            for (; word != 0; word &= word - 1)
            {
                Add(unchecked(start + (ulong)((i * SequenceSetNode.BitsPerWord) + BitOperations.TrailingZeroCount(word))));
            }
        }
    }

    private static void EncodeTree(SequenceSetNode? node, Span<byte> output, ref int at)
    {
        if (node is null) return;
        BinaryPrimitives.WriteUInt64LittleEndian(output[at..], node.Start);
        at += sizeof(ulong);
        foreach (ulong word in node.Bits)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(output[at..], word);
            at += sizeof(ulong);
        }

        BinaryPrimitives.WriteUInt16LittleEndian(output[at..], (ushort)node.Height);
        at += sizeof(ushort);
        EncodeTree(node.Left, output, ref at);
        EncodeTree(node.Right, output, ref at);
    }
}
