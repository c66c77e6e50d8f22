using System.Buffers;
using System.Text;
using NATS.Server.Core.Collections;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage.Disks;
using NATS.Server.JetStream.Storage.Recovery;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Recovery;

public sealed class IndexImageTests
{
    private static readonly StoredBlock First = new(1, 300, 1, 1_000, 7, 2_000, SetOf(2, 3), 1, 0);
    private static readonly StoredBlock Second = new(2, 200, 8, 3_000, 9, 4_000, null, 0, 0);
    private static readonly (string Subject, StoredSubject Info)[] Subjects = [("a.b", new StoredSubject(5, 1, 2)), ("c", new StoredSubject(2, 1, 1))];
    private static readonly StreamTotals Totals = new(7, 500, 1, 1_000, 9, 4_000);

    [Fact]
    public void An_index_that_fits_is_used()
    {
        Assert.Null(Read(Write(Totals, Subjects, [First, Second]), PlanOf(1, 2), out IndexImage? image, out _));
        Assert.Equal(Totals, image!.Totals);
        Assert.Equal([1U, 2U], image.Blocks.Select(block => block.Index));
        Assert.Equal((2U, 77UL, 2), (image.LastBlock, image.LastHash, image.Subjects));
        List<(string, StoredSubject)> visited = [];
        image.VisitSubjects((subject, in info) => visited.Add((Encoding.ASCII.GetString(subject), info)));
        Assert.Equal(Subjects, visited);
    }

    [Fact]
    public void A_block_below_that_it_does_not_name_does_not_matter() =>
        Assert.Null(Read(Write(Totals, Subjects, [First with { Index = 3 }, Second with { Index = 5 }]), PlanOf(1, 3, 4, 5), out _, out _));

    [Fact]
    public void Deadlines_of_messages_that_are_gone_are_counted_still() =>
        Assert.Null(Read(Write(Totals, Subjects, [First with { Expiring = 6, Scheduled = 7 }, Second]), PlanOf(1, 2), out _, out _));

    [Fact]
    public void The_last_block_of_a_subject_may_have_been_truncated_away() =>
        Assert.Null(Read(Write(Totals, [("a", new StoredSubject(7, 1, 3))], [First, Second]), PlanOf(1, 2), out _, out _));

    [Fact]
    public void An_index_cut_off_anywhere_is_not_used()
    {
        byte[] content = Write(Totals, Subjects, [First, Second]);
        for (int length = 0; length < content.Length; length++)
        {
            Assert.NotNull(Read(content[..length], PlanOf(1, 2), out IndexImage? image, out ulong prior));
            Assert.Null(image);
            Assert.Equal(0UL, prior);
        }
    }

    [Theory]
    [InlineData("newer", new uint[] { 1, 2, 3 })]
    [InlineData("not there", new uint[] { 2 })]
    [InlineData("not there", new uint[] { 1 })]
    [InlineData("not there", new uint[0])]
    public void An_index_older_than_the_blocks_only_tells_the_last_sequence(string reason, uint[] blocks)
    {
        string? wrong = Read(Write(Totals, Subjects, [First, Second]), PlanOf(blocks), out IndexImage? image, out ulong prior);
        Assert.Contains(reason, wrong, StringComparison.Ordinal);
        Assert.Null(image);
        Assert.Equal(9UL, prior);
    }

    public static TheoryData<string> Contradictions => new(Wrong.Keys);

    private static readonly Dictionary<string, (StreamTotals Totals, StoredBlock[] Blocks)> Wrong = new(StringComparer.Ordinal)
    {
        ["messages"] = (Totals with { Messages = 8 }, [First, Second]),
        ["bytes"] = (Totals with { Bytes = 501 }, [First, Second]),
        ["last sequence"] = (Totals with { LastSequence = 10 }, [First, Second]),
        ["beyond the last"] = (Totals with { LastSequence = 8 }, [First, Second]),
        ["below the first"] = (Totals with { FirstSequence = 2 }, [First, Second]),
        ["huge last sequence"] = (Totals with { LastSequence = 1UL << 62 }, [First, Second with { LastSequence = 1UL << 62 }]),
        ["huge span"] = (Totals with { LastSequence = 1UL << 50, Messages = (1UL << 50) - 2 }, [First, Second with { LastSequence = 1UL << 50 }]),
        ["overlap"] = (Totals with { Messages = 8 }, [First, Second with { FirstSequence = 7 }]),
        ["reversed"] = (Totals, [Second, First]),
        ["twice"] = (Totals with { Messages = 5 }, [First, First with { Deleted = null, FirstSequence = 8, LastSequence = 7 }]),
        ["negative span"] = (Totals, [First, Second with { FirstSequence = 20 }]),
        ["foreign deletions"] = (Totals, [First with { Deleted = SetOf(2, 8) }, Second]),
        ["more deletions than sequences"] = (Totals, [First with { Deleted = SetOf(1, 2, 3, 4, 5, 6, 7, 8) }, Second]),
        ["empty file"] = (Totals with { Messages = 7 }, [First, Second with { Index = 100 }]),
        ["no block"] = (Totals, []),
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void An_index_that_contradicts_itself_is_not_used(string what)
    {
        (StreamTotals totals, StoredBlock[] blocks) = Wrong[what];
        byte[] content = Write(totals, [("a", new StoredSubject(totals.Messages, 1, 2))], blocks);
        Assert.NotNull(Read(content, PlanOf(1, 2), out IndexImage? image, out _));
        Assert.Null(image);
    }

    [Theory]
    [InlineData("a.*", 7, 1, 2)]
    [InlineData("a..b", 7, 1, 2)]
    [InlineData("a", 6, 1, 2)]
    [InlineData("a", 7, 2, 1)]
    [InlineData("a", 0, 1, 2)]
    public void Subjects_that_are_not_possible_make_it_useless(string subject, ulong messages, uint firstBlock, uint lastBlock)
    {
        byte[] content = Write(Totals, [(subject, new StoredSubject(messages, firstBlock, lastBlock))], [First, Second]);
        Assert.NotNull(Read(content, PlanOf(1, 2), out IndexImage? image, out _));
        Assert.Null(image);
    }

    [Fact]
    public void A_log_without_subjects_has_an_index_too() => Assert.Null(Read(Write(Totals, [], [First, Second]), PlanOf(1, 2), out _, out _));

    private static string? Read(byte[] content, RecoveryPlan plan, out IndexImage? image, out ulong prior) => IndexImage.Read(content, plan, out image, out prior, out _);

    private static byte[] Write(in StreamTotals totals, (string Subject, StoredSubject Info)[] subjects, StoredBlock[] blocks)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new StreamIndexWriter(output, totals, (ulong)subjects.Length);
        foreach ((string subject, StoredSubject info) in subjects) writer.WriteSubject(Encoding.ASCII.GetBytes(subject), info);
        writer.BeginBlocks((ulong)blocks.Length);
        foreach (StoredBlock block in blocks) writer.WriteBlock(block);
        writer.WriteEnd(blocks.Length > 0 ? blocks[^1].Index : 0, 77);
        return output.WrittenSpan.ToArray();
    }

    private static SequenceSet SetOf(params ulong[] sequences)
    {
        var set = new SequenceSet();
        foreach (ulong sequence in sequences) set.Add(sequence);
        return set;
    }

    // Block 100 is a file without content.
    private static RecoveryPlan PlanOf(params uint[] numbers) =>
        RecoveryPlan.Of([.. numbers.Append(0U).Where(number => number > 0).Select(number => new DiskEntry($"{number}.blk", false, number == 100 ? 0 : 400))]);
}
