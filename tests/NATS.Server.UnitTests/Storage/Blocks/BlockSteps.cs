using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Blocks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Blocks;

/// <summary>Random changes to a block and to its model.</summary>
internal static class BlockSteps
{
    public static void Take(Random random, BlockModel model, MessageBlock block, int step, int subjects)
    {
        ulong any = block.FirstSequence + (ulong)random.NextInt64(-2, (long)(block.LastSequence - block.FirstSequence + 4));
        switch (random.Next(20))
        {
            case 0 when block.Messages > 0:
                ulong below = block.FirstSequence + (ulong)random.Next(4);
                Remove(model, block, below, removed => block.RemoveBelow(below, removed), sequence => sequence < below);
                break;
            case 1 when random.Next(4) == 0:
                block.AppendSkip(model.Last += (ulong)random.Next(1, 200), step);
                break;
            case 2 when random.Next(4) == 0 && model.Messages.Count > 0:
                ulong last = Math.Max(model.Messages.Keys.First(), block.LastSequence - (ulong)Math.Min(random.Next(5), (long)block.LastSequence));
                if (last > model.Last) break;
                Remove(model, block, last, removed => block.TruncateAfter(last, removed, null), sequence => sequence > last);
                model.Last = last;
                break;
            case 3 when random.Next(4) == 0:
                block.Compact(null);
                break;
            case 4:
                block.AppendTombstone(1, 5);
                break;
            case < 11:
                Assert.Equal(model.Messages.Remove(any), block.Remove(any, out StoredMessage removed, out _));
                break;
            default:
                model.Last += random.Next(8) == 0 ? (ulong)random.Next(1, 100) : 1;
                var message = BlockModelMessage.Draw(random, step, subjects);
                model.Messages[model.Last] = message;
                message.Append(block, model.Last);
                break;
        }
    }

    private static void Remove(BlockModel model, MessageBlock block, ulong bound, Action<RecordVisitor> remove, Func<ulong, bool> goes)
    {
        List<ulong> expected = [.. model.Messages.Keys.Where(goes)];
        List<ulong> removed = [];
        ulong bytes = block.Bytes;
        remove((sequence, _, _, length) =>
        {
            removed.Add(sequence);
            bytes -= length;
            return true;
        });
        Assert.True(expected.SequenceEqual(removed), $"removal at {bound}");
        Assert.Equal(bytes, block.Bytes);
        expected.ForEach(sequence => model.Messages.Remove(sequence));
    }
}
