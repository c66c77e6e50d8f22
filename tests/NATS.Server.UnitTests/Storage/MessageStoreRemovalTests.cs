using NATS.Server.Core.Collections;
using NATS.Server.Core.Storage;
using NATS.Server.JetStream.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

/// <summary>Removing, purging, compacting, truncating: rules that every kind of store keeps, the model too.</summary>
public sealed class MessageStoreRemovalTests
{
    public static TheoryData<string> Kinds => StoreKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Removing_the_first_moves_it_over_the_gap_behind_it(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b", "c", "d");
        test.Remove(2, 3);
        Assert.Equal(2UL, test.State.Deleted);
        test.Remove(1);
        Assert.Equal(4UL, test.State.FirstSequence);
        Assert.Equal(1003 * StoreUnderTest.SecondNs, test.State.FirstTimeNs);
        Assert.Equal(0UL, test.State.Deleted);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Removing_the_last_keeps_its_sequence_and_time(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b", "c");
        test.Remove(3);
        Assert.Equal(3UL, test.State.LastSequence);
        Assert.Equal(1002 * StoreUnderTest.SecondNs, test.State.LastTimeNs);
        Assert.Equal(1UL, test.State.Deleted);
        test.Append("d", out ulong sequence);
        Assert.Equal(4UL, sequence);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_emptied_store_begins_after_its_last_sequence(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b", "c");
        test.Remove(2, 1, 3);
        Assert.Equal(new StreamState { FirstSequence = 4, LastSequence = 3, LastTimeNs = 1002 * StoreUnderTest.SecondNs }, test.State);
        Assert.Equal("EndOfStream, 3", test.Next(0));
        test.Add("d");
        Assert.Equal(4UL, test.State.FirstSequence);
        Assert.Equal(1003 * StoreUnderTest.SecondNs, test.State.FirstTimeNs);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_not_there_cannot_be_removed(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b");
        test.Remove(1);
        Assert.Equal(StoreResult.NotFound, test.Store.Remove(0));
        Assert.Equal(StoreResult.NotFound, test.Store.Remove(1));
        Assert.Equal(StoreResult.NotFound, test.Store.Remove(3));
        Assert.Equal(StoreResult.NotFound, test.Store.Erase(1, new Random(1)));
        Assert.Equal(1UL, test.State.Messages);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_removal_is_told_with_subject_and_bytes(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "bcd");
        ulong all = test.State.Bytes;
        Assert.Equal(StoreResult.Ok, test.Store.Erase(2, new Random(1)));
        Assert.Equal((2UL, "bcd", all - test.State.Bytes), Assert.Single(test.Told.Removed));
        test.Told.Clear();
        test.Remove(1);
        Assert.Equal((1UL, "a"), (test.Told.Removed[0].Sequence, test.Told.Removed[0].Subject));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_purge_keeps_the_last_sequence(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b", "c");
        ulong bytes = test.State.Bytes;
        Assert.Equal(StoreResult.Ok, test.Store.Purge(out ulong purged));
        Assert.Equal(3UL, purged);
        Assert.Equal(new StreamState { FirstSequence = 4, LastSequence = 3, LastTimeNs = 1002 * StoreUnderTest.SecondNs }, test.State);
        Assert.Equal((3UL, bytes), (test.Told.Messages, test.Told.Bytes));
        test.Append("d", out ulong sequence);
        Assert.Equal(4UL, sequence);
        Assert.Equal("d 1:4-4", test.Subjects());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_purge_of_a_new_store_shows_where_it_begins(string kind)
    {
        using var test = new StoreUnderTest(kind);
        Assert.Equal(StoreResult.Ok, test.Store.Purge(out ulong purged));
        Assert.Equal(0UL, purged);
        Assert.Equal(new StreamState { FirstSequence = 1 }, test.State);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_purge_by_filter_leaves_the_others(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a.1", "b", "a.2", "b", "a.1");
        Assert.Equal(3UL, test.Purge("a.*"));
        Assert.Equal("2 4", test.Sequences);
        Assert.Equal(5UL, test.State.LastSequence);
        Assert.Equal(0UL, test.Purge("a.*"));
        Assert.Equal(2UL, test.Purge("b"));
        Assert.Equal(6UL, test.State.FirstSequence);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_purge_keeps_the_newest_of_a_filter(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b", "a", "b", "a", "a");
        Assert.Equal(0UL, test.Purge("a", keep: 4));
        Assert.Equal(0UL, test.Purge("a", keep: 9));
        Assert.Equal(2UL, test.Purge("a", keep: 2));
        Assert.Equal("2 4 5 6", test.Sequences);
        Assert.Equal(3UL, test.Purge(">", keep: 1));
        Assert.Equal("6", test.Sequences);
        Assert.Equal(0UL, test.Purge("none", keep: 1));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_purge_up_to_a_sequence_leaves_that_and_what_follows(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b", "a", "b", "a");
        Assert.Equal(0UL, test.Purge("a", before: 1));
        Assert.Equal(1UL, test.Purge("a", before: 3));
        Assert.Equal("2 3 4 5", test.Sequences);
        Assert.Equal(2UL, test.Purge("a", before: 100));
        Assert.Equal("2 4", test.Sequences);
        Assert.Equal(5UL, test.State.LastSequence);
        Assert.Equal(1UL, test.Purge(">", before: 3));
        Assert.Equal(4UL, test.State.FirstSequence);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_purge_of_all_up_to_a_sequence_above_the_last_begins_there(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b");
        Assert.Equal(2UL, test.Purge(">", before: 100));
        Assert.Equal(new StreamState { FirstSequence = 100, LastSequence = 99, LastTimeNs = 1001 * StoreUnderTest.SecondNs }, test.State);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_purge_has_a_sequence_or_a_number_to_keep(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "a");
        Assert.Equal(StoreResult.Invalid, test.Store.Purge(StoreUnderTest.Filter("a"), 2, 1, out _));
        Assert.Equal(2UL, test.State.Messages);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Compacting_removes_what_is_below(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b", "a", "b", "a");
        test.Remove(3);
        Assert.Equal(2UL, test.Compact(3));
        Assert.Equal(4UL, test.State.FirstSequence);
        Assert.Equal(0UL, test.State.Deleted);
        Assert.Equal(0UL, test.Compact(2));
        Assert.Equal("a 1:5-5, b 1:4-4", test.Subjects());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Compacting_beyond_the_last_begins_there(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b", "c");
        Assert.Equal(3UL, test.Compact(100));
        Assert.Equal(100UL, test.State.FirstSequence);
        Assert.Equal(99UL, test.State.LastSequence);
        test.Append("d", out ulong sequence);
        Assert.Equal(100UL, sequence);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Compacting_away_all_that_is_left_begins_after_the_last(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b", "c", "d");
        test.Remove(3, 4);
        Assert.Equal(2UL, test.Compact(3));
        Assert.Equal(5UL, test.State.FirstSequence);
        Assert.Equal(4UL, test.State.LastSequence);
        Assert.Equal(0UL, test.State.Deleted);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Compacting_to_zero_removes_all(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b");
        Assert.Equal(2UL, test.Compact(0));
        Assert.Equal(3UL, test.State.FirstSequence);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Truncating_gives_out_sequences_again(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b", "c", "b", "a");
        Assert.Equal(StoreResult.Ok, test.Store.Truncate(2));
        Assert.Equal(2UL, test.State.LastSequence);
        Assert.Equal(1001 * StoreUnderTest.SecondNs, test.State.LastTimeNs);
        Assert.Equal("a 1:1-1, b 1:2-2", test.Subjects());
        Assert.Equal(StoreResult.EndOfStream, test.Store.Load(3, out _));
        test.Append("new", out ulong sequence, "other");
        Assert.Equal(3UL, sequence);
        Assert.Equal(StoreResult.Ok, test.Store.Load(3, out StoredMessage message));
        Assert.Equal("other", StoreUnderTest.Text(message.Payload));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Truncating_to_a_sequence_that_is_deleted_ends_there(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b", "c", "d");
        test.Remove(3);
        Assert.Equal(StoreResult.Ok, test.Store.Truncate(3));
        Assert.Equal(3UL, test.State.LastSequence);
        Assert.Equal(2UL, test.State.Messages);
        Assert.Equal(1UL, test.State.Deleted);
        test.Append("e", out ulong sequence);
        Assert.Equal(4UL, sequence);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Truncating_to_zero_forgets_everything(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b", "c");
        Assert.Equal(StoreResult.EndOfStream, test.Store.Truncate(4));
        Assert.Equal(StoreResult.Ok, test.Store.Truncate(3));
        Assert.Equal(3UL, test.State.Messages);
        Assert.Equal(StoreResult.Ok, test.Store.Truncate(0));
        Assert.Equal(default, test.State);
        test.Append("d", out ulong sequence);
        Assert.Equal(1UL, sequence);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_a_leader_has_deleted_is_removed(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b", "c", "d", "e", "f", "g");
        test.Remove(2);
        var set = new SequenceSet();
        set.Add(2);
        set.Add(4);
        set.Add(90);
        Assert.Equal(StoreResult.Ok, test.Store.SyncDeleted([DeletedBlock.OfSet(set), DeletedBlock.OfRange(5, 2), DeletedBlock.OfRange(50, 1UL << 60)]));
        Assert.Equal("1 3 7", test.Sequences);
        ReplicatedState state = test.Store.ReplicatedState(9, withSources: true);
        Assert.Equal((3UL, test.State.Bytes, 1UL, 7UL, 9UL, 4UL), (state.Messages, state.Bytes, state.FirstSequence, state.LastSequence, state.Failed, state.DeletedCount));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void One_store_takes_over_what_another_has_deleted(string kind)
    {
        using var leader = new StoreUnderTest(kind);
        using var follower = new StoreUnderTest(kind);
        var random = new Random(3);
        for (int i = 0; i < 300; i++)
        {
            leader.Add("subject");
            follower.Add("subject");
        }

        for (ulong sequence = 2; sequence < 300; sequence++)
        {
            if (random.Next(3) == 0) leader.Remove(sequence);
            else if (random.Next(5) == 0) follower.Store.Remove(sequence);
        }

        Assert.Equal(StoreResult.Ok, leader.Store.SyncDeleted(follower.Store.ReplicatedState(0, withSources: false).Deleted));
        Assert.Equal(StoreResult.Ok, follower.Store.SyncDeleted(leader.Store.ReplicatedState(0, withSources: false).Deleted));
        Assert.Equal(leader.Sequences, follower.Sequences);
        Assert.Equal(leader.State, follower.State);
    }
}
