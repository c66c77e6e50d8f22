using System.Buffers.Binary;
using NATS.Server.Core.Collections;
using Xunit;

namespace NATS.Server.UnitTests.Collections;

public sealed class SequenceSetTests
{
    [Fact]
    public void What_was_added_is_there_until_it_is_removed()
    {
        var set = new SequenceSet();

        Assert.True(set.Add(22));
        Assert.False(set.Add(22));
        Assert.True(set.Contains(22));
        Assert.False(set.Contains(21));
        Assert.Equal(1, set.Count);
        Assert.True(set.Remove(22));
        Assert.False(set.Remove(22));
        Assert.True(set.IsEmpty);
        Assert.Equal(0, set.NodeCount);
    }

    [Fact]
    public void The_ends_of_the_number_range_are_members_like_others()
    {
        SequenceSet set = Create(0, ulong.MaxValue, 2047, 2048);

        Assert.Equal([0, 2047, 2048, ulong.MaxValue], set);
        Assert.Equal(3, set.NodeCount);
        Assert.True(set.TryGetRange(out ulong first, out ulong last));
        Assert.Equal((0UL, ulong.MaxValue), (first, last));
        Assert.True(set.TryGetNext(2049, out ulong next));
        Assert.Equal(ulong.MaxValue, next);
    }

    [Fact]
    public void An_empty_set_has_no_range_and_no_next()
    {
        var set = new SequenceSet();

        Assert.False(set.TryGetRange(out _, out _));
        Assert.False(set.TryGetNext(0, out _));
        Assert.Empty(set);
    }

    [Fact]
    public void A_clone_is_independent()
    {
        SequenceSet set = Create(1, 5000, 100_000);
        SequenceSet clone = set.Clone();

        Assert.True(clone.SetEquals(set));
        set.Remove(5000);
        Assert.True(clone.Contains(5000));
        Assert.False(clone.SetEquals(set));
        clone.UnionWith(Create(7, 5000));
        Assert.Equal([1, 7, 5000, 100_000], clone);
    }

    [Fact]
    public void A_dense_million_takes_a_bitmap_and_a_balanced_tree()
    {
        var set = new SequenceSet();
        for (ulong i = 1; i <= 1_000_000; i++)
        {
            set.Add(i);
        }

        Assert.Equal(489, set.NodeCount);
        Assert.InRange(set.EncodedLength, 0, 140_000);
        for (ulong i = 1; i <= 1_000_000; i++)
        {
            Assert.True(set.Remove(i));
        }

        Assert.Equal(0, set.NodeCount);
    }

    // The layout by hand: magic 22, version 2, node and number counts, then nodes from the root down, left before right.
    [Fact]
    public void The_encoding_is_that_of_the_reference()
    {
        SequenceSet set = Create(1, 2, 2048 + 64, 4096 + 2047);
        byte[] expected = Encoding(2, 4, Node(2048, 2, (1, 1)), Node(0, 1, (0, 0b110)), Node(4096, 1, (31, 1UL << 63)));

        byte[] encoded = Encode(set);

        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(encoded));
        Assert.Equal("16020300000004000000" + "0008000000000000", Convert.ToHexString(encoded[..18]));
    }

    [Fact]
    public void An_empty_set_is_encoded_as_its_header()
    {
        Assert.Equal("16020000000000000000", Convert.ToHexString(Encode(new SequenceSet())));
        Assert.Empty(Decode(Encode(new SequenceSet())));
    }

    [Fact]
    public void Version_1_with_nodes_of_twice_the_size_is_read()
    {
        byte[] encoded = Encoding(1, 3, Node(4096, 1, 64, (0, 1), (40, 1UL << 63)), Node(8192, 1, 64, (63, 1)));

        Assert.Equal([4096, 4096 + (40 * 64) + 63, 8192 + (63 * 64)], Decode(encoded));
    }

    // Never written by the reference, but readable: starts that overlap or are no multiple of a node's size.
    [Fact]
    public void Nodes_at_odd_places_are_read_number_by_number()
    {
        byte[] encoded = Encoding(2, 4, Node(1000, 1, (0, 0b11)), Node(2048, 1, (0, 1)), Node(1000, 1, (1, 1)), Node(7, 1));

        Assert.Equal([1000, 1001, 1064, 2048], Decode(encoded));
    }

    [Fact]
    public void What_follows_the_encoding_is_left_alone()
    {
        byte[] encoded = [.. Encode(Create(1, 5000)), 1, 2, 3];

        Assert.True(SequenceSet.TryDecode(encoded, out _, out int length, out _));
        Assert.Equal(encoded.Length - 3, length);
    }

    [Fact]
    public void A_damaged_encoding_is_refused()
    {
        byte[] sound = Encode(Create(1, 5000, 100_000));
        for (int length = 0; length < sound.Length; length++)
        {
            AssertRefused(sound[..length], "ss: bad encoding");
        }

        AssertRefused([23, .. sound[1..]], "ss: bad encoding");
        AssertRefused([sound[0], 3, .. sound[2..]], "ss: bad version");
        AssertRefused([.. sound[..2], 0xFF, 0xFF, 0xFF, 0xFF, .. sound[6..]], "ss: bad encoding");
        AssertRefused([.. sound[..6], 0x04, .. sound[7..]], "ss: bad encoding");
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] damaged = [.. sound];
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            SequenceSet.TryDecode(damaged, out _, out _, out _);
        }
    }

    [Theory]
    [InlineData(1, 5_000, 3_000)] // dense
    [InlineData(2, 1_000_000, 20_000)] // sparse: many nodes come and go
    [InlineData(3, 200_000, 20_000)]
    public void Random_changes_agree_with_a_sorted_set(int seed, int range, int size)
    {
        var random = new Random(seed);
        var set = new SequenceSet();
        var model = new SortedSet<ulong>();
        for (int step = 0; step < 100_000; step++)
        {
            ulong sequence = (ulong)random.Next(range);
            bool grow = model.Count < size / 2 || (model.Count < size && random.Next(2) == 0);
            if (grow) Assert.Equal(model.Add(sequence), set.Add(sequence));
            else Assert.Equal(model.Remove(sequence), set.Remove(sequence));
            if (step % 10 == 0) Assert.Equal(model.Contains(sequence + 1), set.Contains(sequence + 1));
            if (step % 100 == 0)
            {
                ulong? next = model.GetViewBetween(sequence, ulong.MaxValue).Take(1).Select(s => (ulong?)s).FirstOrDefault();
                Assert.Equal(next is not null, set.TryGetNext(sequence, out ulong actual));
                Assert.Equal(next ?? 0, actual);
            }

            if (step % 10_000 != 0) continue;
            Assert.Equal(model.Count, set.Count);
            Assert.Equal(model, set);
            Assert.Equal(model.Count > 0, set.TryGetRange(out ulong first, out ulong last));
            Assert.Equal((model.Min, model.Max), (first, last));
            AssertBalanced(set);
            SequenceSet decoded = Decode(Encode(set));
            Assert.True(decoded.SetEquals(set));
            AssertBalanced(decoded);
        }

        foreach (ulong sequence in model)
        {
            Assert.True(set.Remove(sequence));
        }

        Assert.Equal(0, set.NodeCount);
    }

    private static void AssertBalanced(SequenceSet set)
    {
        int nodes = 0;
        AssertBalanced(set.Root);
        Assert.Equal(set.NodeCount, nodes);

        int AssertBalanced(SequenceSetNode? node)
        {
            if (node is null) return 0;
            nodes++;
            Assert.False(node.IsEmpty);
            int left = AssertBalanced(node.Left);
            int right = AssertBalanced(node.Right);
            Assert.InRange(left - right, -1, 1);
            Assert.Equal(Math.Max(left, right) + 1, node.Height);
            return node.Height;
        }
    }

    private static SequenceSet Create(params ReadOnlySpan<ulong> sequences)
    {
        var set = new SequenceSet();
        foreach (ulong sequence in sequences)
        {
            set.Add(sequence);
        }

        return set;
    }

    private static byte[] Encode(SequenceSet set)
    {
        byte[] encoded = new byte[set.EncodedLength];
        Assert.Equal(encoded.Length, set.Encode(encoded));
        return encoded;
    }

    private static SequenceSet Decode(byte[] encoded)
    {
        Assert.True(SequenceSet.TryDecode(encoded, out SequenceSet? set, out int length, out string? error), error);
        Assert.Equal(encoded.Length, length);
        return set;
    }

    private static void AssertRefused(byte[] encoded, string expected)
    {
        Assert.False(SequenceSet.TryDecode(encoded, out SequenceSet? set, out _, out string? error));
        Assert.Null(set);
        Assert.Equal(expected, error);
    }

    private static byte[] Encoding(byte version, uint count, params byte[][] nodes)
    {
        byte[] header = new byte[10];
        header[0] = 22;
        header[1] = version;
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(2), nodes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(6), count);
        return [.. header, .. nodes.SelectMany(node => node)];
    }

    private static byte[] Node(ulong start, ushort height, params (int Index, ulong Bits)[] words) => Node(start, height, 32, words);

    private static byte[] Node(ulong start, ushort height, int count, params (int Index, ulong Bits)[] words)
    {
        byte[] node = new byte[8 + (count * 8) + 2];
        BinaryPrimitives.WriteUInt64LittleEndian(node, start);
        foreach ((int index, ulong bits) in words)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(node.AsSpan(8 + (index * 8)), bits);
        }

        BinaryPrimitives.WriteUInt16LittleEndian(node.AsSpan(8 + (count * 8)), height);
        return node;
    }
}
