using NATS.Server.JetStream.Storage.Blocks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Blocks;

public sealed class DeletedSequencesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void It_does_what_a_sorted_set_does(int seed)
    {
        var random = new Random(seed);
        var model = new SortedSet<ulong>();
        var deleted = new DeletedSequences();
        for (int step = 0; step < 3000; step++)
        {
            ulong at = (ulong)random.Next(1, 2000);
            switch (random.Next(60))
            {
                case 0:
                    deleted.RemoveBelow(at / 4);
                    model.RemoveWhere(sequence => sequence < at / 4);
                    break;
                case 1:
                    deleted.RemoveAbove(2000 - (at / 4));
                    model.RemoveWhere(sequence => sequence > 2000 - (at / 4));
                    break;
                case < 8:
                    ulong last = at + (ulong)random.Next(200);
                    deleted.AddRange(at, last);
                    for (ulong i = at; i <= last; i++)
                    {
                        model.Add(i);
                    }

                    break;
                default:
                    Assert.Equal(model.Add(at), deleted.Add(at));
                    break;
            }

            Assert.Equal((ulong)model.Count, deleted.Count);
            if (step % 150 == 0) Compare(model, deleted);
        }
    }

    [Fact]
    public void Runs_of_any_length_take_little_memory()
    {
        var deleted = new DeletedSequences();
        deleted.AddRange(5, 1UL << 61);
        Assert.Equal((1UL << 61) - 4, deleted.Count);
        Assert.Equal((1UL << 61) + 1, deleted.NextKept(6));
        Assert.True(deleted.MemoryBytes < 500);
    }

    private static void Compare(SortedSet<ulong> model, DeletedSequences deleted)
    {
        List<ulong> all = [.. deleted.Runs().SelectMany(run => Enumerable.Range(0, (int)run.Count).Select(i => run.First + (ulong)i))];
        Assert.Equal(model, all);
        List<SequenceRun> runs = [.. deleted.Runs()];
        Assert.All(runs.Zip(runs.Skip(1)), pair => Assert.True(pair.First.Last + 1 < pair.Second.First));
        Assert.Equal(model.Count == 0 ? [] : model, (IEnumerable<ulong>?)deleted.ToSequenceSet() ?? []);
        for (ulong from = 0; from < 2300; from += 29)
        {
            Assert.Equal(model.Contains(from), deleted.Contains(from));
            ulong kept = from;
            while (model.Contains(kept))
            {
                kept++;
            }

            Assert.Equal(kept, deleted.NextKept(from));
            Assert.Equal((ulong)model.GetViewBetween(from, from + 100).Count, deleted.CountIn(from, from + 100));
        }
    }
}
