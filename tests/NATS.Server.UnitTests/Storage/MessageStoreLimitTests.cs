using NATS.Server.JetStream.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

/// <summary>Limits by number, bytes and subject, and what is refused: rules that every kind of store keeps, the model too.</summary>
public sealed class MessageStoreLimitTests
{
    private const string Rollup = "NATS/1.0\r\nNats-Rollup: sub\r\n\r\n";

    public static TheoryData<string> Kinds => StoreKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_oldest_gives_way_to_more_messages(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { MaxMessages = 3 });
        test.Add("a", "b", "c", "d", "e");
        Assert.Equal("3 4 5", test.Sequences);
        Assert.Equal([(1UL, "a"), (2UL, "b")], test.Told.Removed.Select(removed => (removed.Sequence, removed.Subject)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_oldest_give_way_to_more_bytes(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { MaxBytes = 200 });
        test.Add("a", "b", "c");
        test.Append("d", out _, new string('x', 130));
        Assert.True(test.State.Bytes <= 200);
        Assert.Equal(4UL, test.State.LastSequence);
        Assert.Equal(StoreResult.Ok, test.Store.Load(4, out _));
        Assert.Equal(StoreResult.NotFound, test.Store.Load(1, out _));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_message_that_is_larger_than_all_bytes_removes_all_and_itself(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { MaxBytes = 200 });
        test.Add("a", "b");
        Assert.Equal(StoreResult.Ok, test.Append("c", out ulong sequence, new string('x', 300)));
        Assert.Equal(3UL, sequence);
        Assert.Equal(new StreamState { FirstSequence = 4, LastSequence = 3, LastTimeNs = 1002 * StoreUnderTest.SecondNs }, test.State);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_oldest_of_a_subject_gives_way(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { MaxMessagesPerSubject = 2 });
        test.Add("a", "b", "a", "a", "b", "a");
        Assert.Equal("2 4 5 6", test.Sequences);
        Assert.Equal("a 2:4-6, b 2:2-5", test.Subjects());
        Assert.Equal([1UL, 3UL], test.Told.Removed.Select(removed => removed.Sequence));
    }

    // The subject's limit comes first and may already be enough.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_subject_that_is_full_takes_no_place_of_others(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { MaxMessages = 3, MaxMessagesPerSubject = 1 });
        test.Add("a", "b", "c", "b");
        Assert.Equal("1 3 4", test.Sequences);
        test.Add("d");
        Assert.Equal("3 4 5", test.Sequences);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void New_messages_are_refused_when_there_are_enough(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { MaxMessages = 2, Discard = DiscardPolicy.New });
        test.Add("a", "b");
        Assert.Equal(StoreResult.MaximumMessages, test.Append("c", out ulong sequence));
        Assert.Equal(0UL, sequence);
        Assert.Equal(StoreResult.MaximumMessages, test.Append("c", out _, expected: 77));
        test.Remove(1);
        Assert.Equal(StoreResult.Ok, test.Append("c", out sequence));
        Assert.Equal(3UL, sequence);
        Assert.Equal(StoreResult.Ok, test.Append("d", out _, skipsDiscardNew: true));
        Assert.Equal(3UL, test.State.Messages);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void New_messages_are_refused_when_they_are_too_large(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { MaxBytes = 100, Discard = DiscardPolicy.New });
        test.Add("a");
        Assert.Equal(StoreResult.MaximumBytes, test.Append("b", out _, new string('x', 90)));
        Assert.Equal(StoreResult.Ok, test.Append("b", out _, "12345"));
        Assert.Equal(2UL, test.State.LastSequence);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_message_may_take_the_place_of_another_of_its_subject_in_a_full_stream(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { MaxMessages = 2, MaxMessagesPerSubject = 1, Discard = DiscardPolicy.New });
        test.Add("a", "b", "a");
        Assert.Equal("2 3", test.Sequences);
        Assert.Equal(StoreResult.MaximumMessages, test.Append("c", out _));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_message_that_takes_the_place_of_another_is_no_larger(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { MaxBytes = 90, MaxMessagesPerSubject = 1, Discard = DiscardPolicy.New });
        test.Append("a", out _, new string('x', 20));
        test.Append("b", out _, "");
        Assert.Equal(StoreResult.MaximumBytes, test.Append("a", out _, new string('x', 41)));
        Assert.Equal(StoreResult.Ok, test.Append("a", out _, new string('x', 20)));
        Assert.Equal("2 3", test.Sequences);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_full_subject_may_refuse_new_messages(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { MaxMessagesPerSubject = 1, Discard = DiscardPolicy.New, DiscardNewPerSubject = true });
        test.Add("a", "b");
        Assert.Equal(StoreResult.MaximumMessagesPerSubject, test.Append("a", out _));
        Assert.Equal(StoreResult.Ok, test.Append("c", out _));

        // One that rolls the subject up makes room itself.
        Assert.Equal(StoreResult.Ok, test.Append("a", out _, headers: Rollup));
        Assert.Equal("2 3 4", test.Sequences);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_full_subject_refuses_only_where_new_messages_are_discarded(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { MaxMessagesPerSubject = 1, DiscardNewPerSubject = true });
        test.Add("a", "a");
        Assert.Equal("2", test.Sequences);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Lower_limits_hold_at_once(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b", "a", "b", "a", "c", "a");
        Assert.Equal(StoreResult.Ok, test.Store.Update(new StoreLimits { MaxMessages = 6 }, test.NowNs));
        Assert.Equal("2 3 4 5 6 7", test.Sequences);
        Assert.Equal(StoreResult.Ok, test.Store.Update(new StoreLimits { MaxMessagesPerSubject = 1 }, test.NowNs));
        Assert.Equal("4 6 7", test.Sequences);
        Assert.Equal(StoreResult.Ok, test.Store.Update(new StoreLimits { MaxBytes = (long)test.State.Bytes - 1 }, test.NowNs));
        Assert.Equal("6 7", test.Sequences);
        Assert.Equal(new StoreLimits { MaxBytes = test.Store.Limits.MaxBytes, Sources = test.Store.Limits.Sources }, test.Store.Limits);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Limits_that_discard_new_messages_remove_nothing(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b", "a");
        test.Store.Update(new StoreLimits { MaxMessages = 1, MaxBytes = 10, Discard = DiscardPolicy.New }, test.NowNs);
        Assert.Equal(3UL, test.State.Messages);
        Assert.Equal(StoreResult.MaximumMessages, test.Append("c", out _));
    }
}
