using NATS.Server.JetStream.Storage;
using Xunit;

namespace NATS.Server.UnitTests.Storage;

/// <summary>Storing and reading: rules that every kind of store keeps, the model too.</summary>
public sealed class MessageStoreTests
{
    public static TheoryData<string> Kinds => StoreKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_new_store_has_nothing(string kind)
    {
        using var test = new StoreUnderTest(kind);
        Assert.Equal(default, test.State);
        Assert.Equal(StoreResult.NotFound, test.Store.Load(0, out _));
        Assert.Equal(StoreResult.EndOfStream, test.Store.Load(1, out _));
        Assert.Equal(StoreResult.NotFound, test.Store.SubjectOf(1, out _));
        Assert.Equal("EndOfStream, 0", test.Next(0));
        Assert.Equal("EndOfStream", test.Previous(1));
        Assert.Equal("NotFound", test.Last());
        Assert.Equal("NotFound", test.Last("a"));
        Assert.Equal(1UL, test.Store.SequenceAt(0));
        Assert.Equal(default, test.Store.StateOf(MessageFilter.All, 0));
        Assert.Equal("", test.Subjects());
        Assert.Null(test.Store.Lost);
        Assert.Null(test.Store.WriteFailure);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Sequences_begin_with_one_and_grow_by_one(string kind)
    {
        using var test = new StoreUnderTest(kind);
        for (ulong expected = 1; expected <= 5; expected++)
        {
            Assert.Equal(StoreResult.Ok, test.Append("a", out ulong sequence));
            Assert.Equal(expected, sequence);
        }

        Assert.Equal("1 2 3 4 5", test.Sequences);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_first_sequence_can_be_given(string kind)
    {
        using var test = new StoreUnderTest(kind, firstSequence: 1000);
        Assert.Equal(1000UL, test.State.FirstSequence);
        Assert.Equal(999UL, test.State.LastSequence);
        Assert.Equal(StoreResult.Ok, test.Append("a", out ulong sequence));
        Assert.Equal(1000UL, sequence);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_first_sequence_of_one_shows_at_once(string kind)
    {
        using var test = new StoreUnderTest(kind, firstSequence: 1);
        Assert.Equal(1UL, test.State.FirstSequence);
        Assert.Equal(0UL, test.State.LastSequence);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_given_sequence_has_to_be_the_next(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "a");
        Assert.Equal(StoreResult.WrongSequence, test.Append("a", out _, expected: 2));
        Assert.Equal(StoreResult.WrongSequence, test.Append("a", out _, expected: 4));
        Assert.Equal(StoreResult.Ok, test.Append("a", out ulong sequence, expected: 3));
        Assert.Equal(3UL, sequence);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_message_is_read_as_it_was_stored(string kind)
    {
        using var test = new StoreUnderTest(kind);
        const string headers = "NATS/1.0\r\nKey: value\r\n\r\n";
        test.Append("some.subject", out _, "the payload", headers);
        test.Append("b", out _, "");
        Assert.Equal(StoreResult.Ok, test.Store.Load(1, out StoredMessage message));
        Assert.Equal(1UL, message.Sequence);
        Assert.Equal("some.subject", StoreUnderTest.Text(message.Subject));
        Assert.Equal(headers, StoreUnderTest.Text(message.Headers));
        Assert.Equal("the payload", StoreUnderTest.Text(message.Payload));
        Assert.Equal(headers, StoreUnderTest.Text(message.HeadersMemory.Span));
        Assert.Equal("the payload", StoreUnderTest.Text(message.PayloadMemory.Span));
        Assert.Equal(1000 * StoreUnderTest.SecondNs, message.TimestampNs);
        Assert.Equal(StoreResult.Ok, test.Store.Load(2, out message));
        Assert.True(message.Payload.IsEmpty && message.Headers.IsEmpty);
        Assert.Equal(StoreResult.Ok, test.Store.SubjectOf(1, out ReadOnlyMemory<byte> subject));
        Assert.Equal("some.subject", StoreUnderTest.Text(subject.Span));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_was_read_stays_as_it_was(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Append("a", out _, "first of all");
        Assert.Equal(StoreResult.Ok, test.Store.Load(1, out StoredMessage message));
        Assert.Equal(StoreResult.Ok, test.Store.Erase(1, new Random(1)));
        for (int i = 0; i < 2000; i++)
        {
            test.Add("b");
        }

        test.Store.Purge(out _);
        Assert.Equal("first of all", StoreUnderTest.Text(message.Payload));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Messages_without_a_subject_are_of_no_subject(string kind)
    {
        using var test = new StoreUnderTest(kind, new StoreLimits { MaxMessagesPerSubject = 1 });
        test.Add("", "a", "");
        Assert.Equal(3UL, test.State.Messages);
        Assert.Equal(1, test.State.Subjects);
        Assert.Equal("3 , 3", test.Next(3));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Bytes_count_as_in_the_reference(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Append("ab", out _, "12345");
        Assert.Equal(test.IsFile ? 30UL + 7 : 16 + 7, test.State.Bytes);
        test.Append("ab", out _, "12345", "NATS/1.0\r\n\r\n");
        Assert.Equal(test.IsFile ? 37UL + 37 + 4 + 12 : 23 + 23 + 12, test.State.Bytes);
        test.Remove(1);
        Assert.Equal(test.IsFile ? 53UL : 35, test.State.Bytes);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_state_has_times_subjects_and_gaps(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b", "a", "c", "b");
        test.Remove(1, 4);
        StreamState state = test.State;
        Assert.Equal(3UL, state.Messages);
        Assert.Equal(2UL, state.FirstSequence);
        Assert.Equal(1001 * StoreUnderTest.SecondNs, state.FirstTimeNs);
        Assert.Equal(5UL, state.LastSequence);
        Assert.Equal(1004 * StoreUnderTest.SecondNs, state.LastTimeNs);
        Assert.Equal(2, state.Subjects);
        Assert.Equal(1UL, state.Deleted);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_gone_is_not_found_and_what_never_was_is_beyond_the_end(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "a", "a");
        test.Remove(1, 3);
        Assert.Equal(StoreResult.NotFound, test.Store.Load(1, out _));
        Assert.Equal(StoreResult.NotFound, test.Store.Load(3, out _));
        Assert.Equal(StoreResult.EndOfStream, test.Store.Load(4, out _));
        Assert.Equal(StoreResult.NotFound, test.Store.SubjectOf(3, out _));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_next_message_of_a_filter_is_found_over_gaps(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a.1", "b.1", "a.2", "b.2", "a.1", "c");
        test.Remove(3);
        Assert.Equal("1 a.1, 1", test.Next(0));
        Assert.Equal("4 b.2, 4", test.Next(3));
        Assert.Equal("5 a.1, 5", test.Next(2, "a.*"));
        Assert.Equal("5 a.1, 5", test.Next(2, "a.1"));
        Assert.Equal("4 b.2, 4", test.Next(3, "c", "b.>"));
        Assert.Equal("EndOfStream, 6", test.Next(1, "a.2"));
        Assert.Equal("EndOfStream, 6", test.Next(6, "a.>"));
        Assert.Equal("EndOfStream, 6", test.Next(7));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_message_before_is_found_over_gaps(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a.1", "b.1", "a.2", "b.2", "a.1", "c");
        test.Remove(4);
        Assert.Equal("6 c", test.Previous(100));
        Assert.Equal("3 a.2", test.Previous(4));
        Assert.Equal("2 b.1", test.Previous(6, "b.*"));
        Assert.Equal("1 a.1", test.Previous(4, "a.1"));
        Assert.Equal("5 a.1", test.Previous(6, "b.1", "a.*"));
        Assert.Equal("EndOfStream", test.Previous(1, "b.*"));
        Assert.Equal("EndOfStream", test.Previous(0));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_last_message_of_a_filter_is_found(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a.1", "b.1", "a.2", "b.2");
        Assert.Equal("4 b.2", test.Last());
        Assert.Equal("3 a.2", test.Last("a.*"));
        Assert.Equal("2 b.1", test.Last("b.1"));
        Assert.Equal("NotFound", test.Last("c"));
    }

    // As the reference, which looks for nothing but the last sequence.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_last_of_all_is_gone_when_it_was_removed(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b", "c");
        test.Remove(3);
        Assert.Equal("NotFound", test.Last());
        Assert.Equal("2 b", test.Last("*"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_message_is_found_by_its_time(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "a", "a", "a");
        test.Remove(2);
        const long first = 1000 * StoreUnderTest.SecondNs;
        Assert.Equal(1UL, test.Store.SequenceAt(0));
        Assert.Equal(1UL, test.Store.SequenceAt(first));
        Assert.Equal(3UL, test.Store.SequenceAt(first + 1));
        Assert.Equal(4UL, test.Store.SequenceAt(first + (3 * StoreUnderTest.SecondNs)));
        Assert.Equal(5UL, test.Store.SequenceAt(first + (3 * StoreUnderTest.SecondNs) + 1));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Subjects_are_counted_by_filter_and_sequence(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a.1", "b", "a.2", "a.1", "b", "a.1");
        test.Remove(5);
        Assert.Equal("a.1 3:1-6, a.2 1:3-3, b 1:2-2", test.Subjects());
        Assert.Equal("a.1 3:1-6, a.2 1:3-3", test.Subjects("a.*"));
        Assert.Equal("b 1:2-2", test.Subjects("b", "c"));
        Assert.Equal(new SubjectState(4, 1, 6), test.Store.StateOf(StoreUnderTest.Filter("a.*"), 0));
        Assert.Equal(new SubjectState(2, 4, 6), test.Store.StateOf(StoreUnderTest.Filter("a.1"), 2));
        Assert.Equal(new SubjectState(3, 3, 6), test.Store.StateOf(MessageFilter.All, 3));
        Assert.Equal(default, test.Store.StateOf(StoreUnderTest.Filter("b"), 3));
        Assert.Equal(default, test.Store.StateOf(MessageFilter.All, 7));
        ulong total = 0;
        test.Store.VisitTotals(StoreUnderTest.Filter("a.>"), (_, messages) =>
        {
            total += messages;
            return true;
        });
        Assert.Equal(4UL, total);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_visit_ends_when_the_visitor_has_enough(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a", "b", "c");
        int visited = 0;
        test.Store.VisitSubjects(MessageFilter.All, (_, _) => ++visited < 2);
        Assert.Equal(2, visited);
        test.Store.VisitTotals(MessageFilter.All, (_, _) => ++visited < 3);
        Assert.Equal(3, visited);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Pending_messages_are_counted_up_to_the_last(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a.1", "b", "a.2", "a.1", "b", "a.1");
        test.Remove(5);
        Assert.Equal(5UL, test.Store.Pending(0, MessageFilter.All, false, out ulong validThrough));
        Assert.Equal(6UL, validThrough);
        Assert.Equal(3UL, test.Store.Pending(2, StoreUnderTest.Filter("a.*"), false, out _));
        Assert.Equal(3UL, test.Store.Pending(1, MessageFilter.All, true, out _));
        Assert.Equal(2UL, test.Store.Pending(3, MessageFilter.All, true, out _));
        Assert.Equal(1UL, test.Store.Pending(4, StoreUnderTest.Filter("a.1", "a.2"), true, out _));
        Assert.Equal(0UL, test.Store.Pending(7, MessageFilter.All, false, out validThrough));
        Assert.Equal(6UL, validThrough);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_last_sequences_of_subjects_come_in_order_and_bounded(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a.1", "b", "a.2", "a.1", "b", "a.1");
        List<ulong> sequences = [99];
        Assert.Equal(StoreResult.Ok, test.Store.LastSequences(MessageFilter.All, 0, 0, sequences));
        Assert.Equal([3, 5, 6], sequences);
        Assert.Equal(StoreResult.Ok, test.Store.LastSequences(StoreUnderTest.Filter("a.*"), 5, 0, sequences));
        Assert.Equal([3, 4], sequences);
        Assert.Equal(StoreResult.Ok, test.Store.LastSequences(StoreUnderTest.Filter("a.*", "b"), 2, 2, sequences));
        Assert.Equal([1, 2], sequences);
        Assert.Equal(StoreResult.Ok, test.Store.LastSequences(MessageFilter.All, 100, 3, sequences));
        Assert.Equal([3, 5, 6], sequences);
        Assert.Equal(StoreResult.TooMany, test.Store.LastSequences(MessageFilter.All, 0, 2, sequences));
        Assert.Empty(sequences);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Skipped_sequences_have_no_messages(string kind)
    {
        using var test = new StoreUnderTest(kind);
        Assert.Equal(StoreResult.Ok, test.Store.Skip(0, 1, 7, advancesTime: false));
        Assert.Equal(new StreamState { FirstSequence = 2, LastSequence = 1, LastTimeNs = 7 }, test.State);
        test.Add("a");
        long lastTimeNs = test.State.LastTimeNs;
        Assert.Equal(StoreResult.WrongSequence, test.Store.Skip(2, 1, 8, advancesTime: false));
        Assert.Equal(StoreResult.Ok, test.Store.Skip(3, 1000, 8, advancesTime: false));
        Assert.Equal(lastTimeNs, test.State.LastTimeNs);
        Assert.Equal(StoreResult.Ok, test.Store.Skip(0, 1, lastTimeNs + 5, advancesTime: true));
        Assert.Equal(lastTimeNs + 5, test.State.LastTimeNs);
        test.Add("b");
        Assert.Equal(1001UL, test.State.Deleted);
        Assert.Equal("2 1004", test.Sequences);
        Assert.Equal("1004 b, 1004", test.Next(3));
        Assert.Equal("2 a", test.Previous(1003));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_store_that_was_stopped_answers_no_more(string kind)
    {
        using var test = new StoreUnderTest(kind);
        test.Add("a");
        test.Store.Stop(test.NowNs);
        Assert.Equal(StoreResult.Closed, test.Append("a", out _));
        Assert.Equal(StoreResult.Closed, test.Store.Load(1, out _));
        Assert.Equal(StoreResult.Closed, test.Store.Remove(1));
        Assert.Equal(StoreResult.Closed, test.Store.Purge(out _));
        Assert.Equal(StoreResult.Closed, test.Store.Flush());
    }
}
