using System.Buffers;
using NATS.Server.Core.Collections;
using NATS.Server.Core.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

public sealed class ReplicatedStateTests
{
    [Fact]
    public void A_state_comes_back()
    {
        ReplicatedState state = Sample();
        state.Sources.Add(new StoredSource("A > a.> ", 77, "id"));
        byte[] encoded = Encode(state);
        Assert.Equal("2A02", Convert.ToHexString(encoded, 0, 2));
        Assert.True(ReplicatedState.TryDecode(encoded, out ReplicatedState? read));
        Assert.Equal((10UL, 1000UL, 5UL, 40UL, 2UL, 26UL), (read.Messages, read.Bytes, read.FirstSequence, read.LastSequence, read.Failed, read.DeletedCount));
        Assert.Equal(state.Sources, read.Sources);
        Assert.Equal(DeletedBlock.OfRange(7, 24), read.Deleted[0]);
        Assert.Equal([35UL, 37], read.Deleted[1].Set!);
        Assert.Equal(encoded, Encode(read));
    }

    // 42, version 1, messages, bytes, first, last, failed, how many are deleted, and a range: 33, first, count.
    [Fact]
    public void Without_sources_the_first_version_is_written()
    {
        var state = new ReplicatedState { Messages = 1, Bytes = 2, FirstSequence = 3, LastSequence = 8, Failed = 5, DeletedCount = 5 };
        state.Deleted.Add(DeletedBlock.OfRange(3, 5));
        Assert.Equal("2A01" + "0102030805" + "05" + "210305", Convert.ToHexString(Encode(state)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2A")]
    [InlineData("2A03010203040500")]
    [InlineData("2901010203040500")]
    [InlineData("2A0101020304")]
    [InlineData("2A01010203040501FF")] // not a deleted block
    [InlineData("2A010102030405012103")] // a range that is cut off
    [InlineData("2A0101020304050116020100000001000000")] // a set that is cut off
    [InlineData("2A020102030405FFFFFFFF0F00")] // four billion sources, and none there
    public void Damaged_states_are_refused(string input) => Assert.False(ReplicatedState.TryDecode(Convert.FromHexString(input), out _));

    [Fact]
    public void A_state_that_is_cut_off_before_its_deleted_blocks_is_refused()
    {
        byte[] encoded = Encode(Sample());
        for (int cut = 0; cut < 8; cut++)
        {
            Assert.False(ReplicatedState.TryDecode(encoded.AsSpan(0, cut), out _), $"cut at {cut}");
        }
    }

    private static ReplicatedState Sample()
    {
        var state = new ReplicatedState { Messages = 10, Bytes = 1000, FirstSequence = 5, LastSequence = 40, Failed = 2, DeletedCount = 26 };
        state.Deleted.Add(DeletedBlock.OfRange(7, 24));
        var set = new SequenceSet();
        set.Add(35);
        set.Add(37);
        state.Deleted.Add(DeletedBlock.OfSet(set));
        return state;
    }

    private static byte[] Encode(ReplicatedState state)
    {
        var output = new ArrayBufferWriter<byte>();
        state.Encode(output);
        return output.WrittenSpan.ToArray();
    }
}
