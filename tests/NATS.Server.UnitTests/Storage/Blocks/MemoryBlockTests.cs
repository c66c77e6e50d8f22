using System.Text;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Blocks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Blocks;

public sealed class MemoryBlockTests
{
    private static readonly string[] Filters = [">", "s.*", "s.0", "s.1", "s.2", "s.9999", "other"];

    private static MessageBlock Empty(ulong next = 1) => new(BlockSettings.ForMemory("S", 1 << 20), 1, next);

    [Fact]
    public void A_message_counts_what_the_memory_store_counts()
    {
        MessageBlock block = Empty();
        Assert.Equal(16U + 3 + 5, block.Append(1, 7, "a.b"u8, default, "hello"u8));
        Assert.Equal(16U + 3 + 12 + 5, block.Append(2, 8, "a.b"u8, "NATS/1.0\r\n\r\n"u8, "hello"u8));
        Assert.Equal(24UL + 36, block.Bytes);
    }

    [Fact]
    public void A_message_that_was_read_stays_as_it_is_whatever_happens_to_the_block()
    {
        MessageBlock block = Empty();
        block.Append(1, 7, "a"u8, default, "first"u8);
        block.Append(2, 8, "a"u8, default, "second"u8);
        Assert.Equal(StoreResult.Ok, block.Load(2, out StoredMessage message));
        block.TruncateAfter(1, null, null);
        block.Append(2, 9, "b"u8, default, "other!"u8);
        Assert.Equal("second", Encoding.UTF8.GetString(message.Payload));
        Assert.Equal(StoreResult.Ok, block.Load(2, out message));
        Assert.Equal("other!", Encoding.UTF8.GetString(message.Payload));
    }

    [Fact]
    public void What_was_appended_can_be_undone()
    {
        MessageBlock block = Empty();
        block.Append(1, 7, "a"u8, default, "first"u8);
        BlockMark mark = block.Mark();
        block.Append(5, 8, "a"u8, default, "second"u8);
        block.Rewind(mark);
        Assert.Equal((1UL, 1UL, 1UL, 0UL), (block.FirstSequence, block.LastSequence, block.Messages, block.Deleted.Count));
        block.Append(2, 8, "b"u8, default, "third"u8);
        Assert.Equal(2UL, block.LastOf("b"u8, 9));
        Assert.Equal(1UL, block.LastOf("a"u8, 9));
    }

    [Fact]
    public void A_gap_that_is_skipped_takes_no_memory()
    {
        MessageBlock block = Empty();
        block.Append(1, 7, "a"u8, default, "x"u8);
        block.AppendSkip(1UL << 60, 9);
        block.Append((1UL << 60) + 10, 9, "a"u8, default, "y"u8);
        Assert.Equal((1UL << 60) + 8, block.Deleted.Count);
        Assert.True(block.Deleted.MemoryBytes < 1000);
        Assert.True(block.FindNext(MessageFilter.All, 2, out StoredMessage next));
        Assert.Equal((1UL << 60) + 10, next.Sequence);
    }

    [Fact]
    public void Many_messages_of_one_subject_among_many_of_others_are_found()
    {
        MessageBlock block = Empty();
        var model = new BlockModel { Last = 3000 };
        for (ulong i = 1; i <= 3000; i++)
        {
            var message = new BlockModelMessage((long)i, i % 700 == 0 ? "s.0" : i % 2 == 0 ? "s.1" : $"u.{i}", "", "");
            model.Messages[i] = message;
            message.Append(block, i);
        }

        model.Check(block, Filters);
        foreach (ulong i in (ulong[])[700, 1, 2, 2100, 3000, 699])
        {
            model.Messages.Remove(i);
            Assert.True(block.Remove(i, out _, out _));
        }

        model.Check(block, Filters);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void A_block_does_what_a_dictionary_does(int seed)
    {
        var random = new Random(seed);
        var model = new BlockModel { Last = 99 };
        MessageBlock block = Empty(100);
        int subjects = random.Next(1, 20);
        for (int step = 0; step < 400; step++)
        {
            BlockSteps.Take(random, model, block, step, subjects);
            if (step % 10 == 0 || step > 380) model.Check(block, Filters);
        }
    }
}
