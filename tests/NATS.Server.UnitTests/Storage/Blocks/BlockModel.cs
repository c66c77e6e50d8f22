using System.Globalization;
using System.Text;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Blocks;
using Xunit;

namespace NATS.Server.UnitTests.Storage.Blocks;

/// <summary>What a block has to hold, in the most obvious way.</summary>
internal sealed class BlockModel
{
    public SortedDictionary<ulong, BlockModelMessage> Messages { get; } = [];

    public ulong Last { get; set; }

    /// <summary>Compares all that can be asked of a block.</summary>
    public void Check(MessageBlock block, IReadOnlyList<string> filters)
    {
        Assert.Equal((ulong)Messages.Count, block.Messages);
        Assert.Equal(Last, block.LastSequence);
        Assert.Equal(Messages.Count == 0 ? Last + 1 : Messages.Keys.First(), block.FirstSequence);
        Assert.Equal(Messages.Count == 0 ? 0 : Messages.Values.First().TimestampNs, block.FirstTimeNs);
        Assert.Equal(Messages.Count == 0 ? 0 : block.LastSequence - block.FirstSequence + 1 - block.Messages, block.Deleted.Count);
        for (ulong sequence = block.FirstSequence > 3 ? block.FirstSequence - 3 : 0; sequence <= Last + 2; sequence++)
        {
            bool exists = Messages.TryGetValue(sequence, out BlockModelMessage? expected);
            Assert.Equal(exists, block.Holds(sequence));
            Assert.Equal(exists ? StoreResult.Ok : StoreResult.NotFound, block.Load(sequence, out StoredMessage message));
            if (exists) expected!.Check(sequence, message);
        }

        foreach (string filter in filters)
        {
            CheckFilter(block, filter);
        }
    }

    private void CheckFilter(MessageBlock block, string text)
    {
        MessageFilter filter = MessageFilter.Of(Encoding.UTF8.GetBytes(text));
        List<ulong> matching = [.. Messages.Where(pair => filter.Matches(Encoding.UTF8.GetBytes(pair.Value.Subject))).Select(pair => pair.Key)];
        for (ulong from = block.FirstSequence; from <= Last + 1; from += Math.Max(1, (Last - block.FirstSequence) / 5))
        {
            List<ulong> after = [.. matching.Where(sequence => sequence >= from)];
            Assert.Equal(after.Count > 0, block.FindNext(filter, from, out StoredMessage next));
            if (after.Count > 0) Messages[after[0]].Check(after[0], next);
            List<ulong> before = [.. matching.Where(sequence => sequence <= from)];
            Assert.Equal(before.Count > 0, block.FindPrevious(filter, from, out StoredMessage previous));
            if (before.Count > 0) Messages[before[^1]].Check(before[^1], previous);
            Assert.Equal(after.Count == 0 ? default : new SubjectState((ulong)after.Count, after[0], after[^1]), block.StateOf(filter, from));
            if (filter.IsLiteral) Assert.Equal(before.LastOrDefault(), block.LastOf(filter.Subject, from));
        }

        if (filter.IsLiteral) Assert.Equal(matching.FirstOrDefault(), block.FirstOf(filter.Subject));
        List<ulong> visited = [];
        block.Visit(0, (sequence, _, subject, _) =>
        {
            if (filter.Matches(subject)) visited.Add(sequence);
            return true;
        });
        Assert.Equal(matching, visited);
    }
}

internal sealed record BlockModelMessage(long TimestampNs, string Subject, string Headers, string Payload)
{
    public static BlockModelMessage Draw(Random random, long timestampNs, int subjects) => new(
        timestampNs,
        string.Create(CultureInfo.InvariantCulture, $"s.{random.Next(subjects)}"),
        random.Next(3) == 0 ? string.Create(CultureInfo.InvariantCulture, $"NATS/1.0\r\nA: {random.Next()}\r\n\r\n") : "",
        new string((char)('a' + random.Next(26)), random.Next(40)));

    public uint Append(MessageBlock block, ulong sequence) =>
        block.Append(sequence, TimestampNs, Encoding.UTF8.GetBytes(Subject), Encoding.UTF8.GetBytes(Headers), Encoding.UTF8.GetBytes(Payload));

    public void Check(ulong sequence, in StoredMessage message)
    {
        Assert.Equal(sequence, message.Sequence);
        Assert.Equal(
            (TimestampNs, Subject, Headers, Payload),
            (message.TimestampNs, Encoding.UTF8.GetString(message.Subject), Encoding.UTF8.GetString(message.Headers), Encoding.UTF8.GetString(message.Payload)));
    }
}
