using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.Storage;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Consumers;

public sealed class ConsumerStateTests
{
    private const long Second = 1_000_000_000;
    private const int EntryBytes = 24;
    private static readonly ConsumerRules Explicit = new() { AckPolicy = AckPolicy.Explicit, AckWaitNs = 30 * Second };
    private readonly List<GivenUpMessage> _givenUp = [];

    [Fact]
    public void The_floor_waits_for_the_first_message_that_is_pending()
    {
        ConsumerState state = Deliver(Explicit, 4);
        state.Acknowledge(2, 2);
        state.Acknowledge(3, 3);
        Assert.Equal(new SequencePair(0, 0), state.AckFloor);
        state.Acknowledge(1, 1);
        Assert.Equal(new SequencePair(3, 3), state.AckFloor);
        state.Acknowledge(4, 4);
        Assert.Equal(new SequencePair(4, 4), state.AckFloor);
    }

    [Fact]
    public void The_floor_jumps_over_what_a_filter_passes_over()
    {
        var state = new ConsumerState(Explicit, 1);
        state.Deliver(10, 0);
        state.Deliver(20, 0);
        state.Acknowledge(10, 1);
        Assert.Equal(new SequencePair(1, 19), state.AckFloor);
        state.SkipTo(100);
        state.Acknowledge(20, 2);
        Assert.Equal(new SequencePair(2, 20), state.AckFloor);
        Assert.Equal(100UL, state.NextSequence);
    }

    [Fact]
    public void A_message_that_was_never_delivered_cannot_be_acknowledged()
    {
        ConsumerState state = Deliver(Explicit, 2);
        foreach (ulong sequence in new[] { 3UL, AckReply.NoNumber }) Assert.Equal(AckOutcome.Ignored, state.Acknowledge(sequence, sequence));
        Assert.Equal(AckOutcome.Nothing, state.Acknowledge(0, 0));
        Assert.Equal(2, state.PendingCount);
    }

    [Fact]
    public void A_client_with_flow_control_may_acknowledge_what_this_server_has_not_delivered()
    {
        ConsumerState one = Deliver(Explicit with { IsFlowControlled = true }, 2);
        Assert.Equal(AckOutcome.Nothing, one.Acknowledge(9, 9));
        Assert.Equal(2, one.PendingCount);
        ConsumerState all = Deliver(Explicit with { IsFlowControlled = true, AckPolicy = AckPolicy.All }, 2);
        Assert.Equal(AckOutcome.Done, all.Acknowledge(AckReply.NoNumber, 9));
        Assert.Equal(0, all.PendingCount);
        Assert.Equal(new SequencePair(2, 2), all.AckFloor);
    }

    [Fact]
    public void One_acknowledgement_is_for_all_before_it()
    {
        ConsumerState state = Deliver(Explicit with { AckPolicy = AckPolicy.All }, 5);
        List<ulong> done = [];
        Assert.Equal(AckOutcome.Done, state.Acknowledge(3, 3, done));
        Assert.Equal([1UL, 2, 3], done);
        Assert.Equal(new SequencePair(3, 3), state.AckFloor);
        Assert.Equal(AckOutcome.Nothing, state.Acknowledge(2, 2));
    }

    [Fact]
    public void A_forged_delivery_does_not_lift_the_floor_above_what_was_delivered()
    {
        ConsumerState state = Deliver(Explicit with { AckPolicy = AckPolicy.All }, 5);
        state.Acknowledge(3, 999_999);
        Assert.Equal(new SequencePair(5, 3), state.AckFloor);
    }

    [Fact]
    public void Without_acknowledgements_the_floor_is_what_was_delivered()
    {
        ConsumerState state = Deliver(Explicit with { AckPolicy = AckPolicy.None }, 5);
        Assert.Equal(new SequencePair(5, 5), state.AckFloor);
        Assert.Equal(0, state.PendingCount);
        Assert.Equal(AckOutcome.Ignored, state.Acknowledge(3, 3));
    }

    [Fact]
    public void What_has_waited_is_delivered_again_in_the_order_of_the_stream()
    {
        ConsumerState state = Deliver(Explicit, 4);
        state.Refuse(3, 3);
        state.Progress(2, 10 * Second);
        Assert.Equal(0, state.Expire((30 * Second) - 1, _givenUp));
        Assert.Equal(30 * Second, state.NextDeadlineNs);
        Assert.Equal(2, state.Expire(30 * Second, _givenUp));
        Assert.Equal([3UL, 1, 4], Redeliver(state, 31 * Second));
        Assert.Equal(40 * Second, state.NextDeadlineNs);
        Assert.Equal(new SequencePair(7, 4), state.Delivered);
        Assert.Equal(3, state.RedeliveredCount);
    }

    [Fact]
    public void A_refusal_with_a_delay_leaves_the_queue_until_it_is_over()
    {
        ConsumerState state = Deliver(Explicit, 3);
        state.Refuse(1, 1);
        state.Refuse(2, 2);
        Assert.True(state.Refuse(1, 1, 5 * Second, Second));
        Assert.Equal([2UL], Redeliver(state, Second));
        Assert.Equal(6 * Second, state.NextDeadlineNs);
        Assert.Equal(1, state.Expire(6 * Second, _givenUp));
        Assert.Equal([1UL], Redeliver(state, 6 * Second));
    }

    // Measured at the reference: 1.2 s for a delay of 0.5 s on the second delivery of a backoff of 0.3 and 1 s.
    [Fact]
    public void A_delay_is_longer_by_what_its_delivery_waits_more_than_the_first()
    {
        const long tenth = Second / 10;
        ConsumerState state = Deliver(Explicit with { AckWaitNs = 3 * tenth, BackoffNs = [3 * tenth, 10 * tenth] }, 1);
        state.Expire(3 * tenth, _givenUp);
        Redeliver(state, 3 * tenth);
        state.Refuse(1, 2, 5 * tenth, 3 * tenth);
        Assert.Equal(0, state.Expire(((3 + 5 + 10 - 3) * tenth) - 1, _givenUp));
        Assert.Equal((3 + 5 + 10 - 3) * tenth, state.NextDeadlineNs);
        Assert.Equal(1, state.Expire((3 + 5 + 10 - 3) * tenth, _givenUp));
    }

    [Fact]
    public void A_later_delivery_waits_as_its_backoff_says()
    {
        ConsumerState state = Deliver(Explicit with { AckWaitNs = Second, BackoffNs = [Second, 10 * Second] }, 1);
        Assert.Equal(1, state.Expire(Second, _givenUp));
        Redeliver(state, Second);
        Assert.Equal(0, state.Expire((11 * Second) - 1, _givenUp));
        Assert.Equal(1, state.Expire(11 * Second, _givenUp));
        Redeliver(state, 11 * Second);
        Assert.Equal(21 * Second, state.NextDeadlineNs);
    }

    [Fact]
    public void A_message_that_may_be_delivered_once_is_given_up_when_its_wait_is_over()
    {
        ConsumerState state = Deliver(Explicit with { MaxDeliver = 1 }, 2);
        Assert.Equal(0, state.Expire(30 * Second, _givenUp));
        Assert.Equal([new GivenUpMessage(1, 1), new GivenUpMessage(2, 1)], _givenUp);
        Assert.Equal(0, state.PendingCount);
    }

    [Fact]
    public void A_message_that_may_be_delivered_more_often_is_given_up_when_its_turn_comes()
    {
        ConsumerState state = Deliver(Explicit with { MaxDeliver = 2 }, 1);
        state.Expire(30 * Second, _givenUp);
        Redeliver(state, 30 * Second);
        state.Expire(60 * Second, _givenUp);
        Assert.Empty(_givenUp);
        Assert.Equal(1, state.PendingCount);
        Assert.Equal(RedeliveryStep.GivenUp, state.NextRedelivery(out ulong sequence, out ulong deliveries));
        Assert.Equal((1UL, 2UL), (sequence, deliveries));
        Assert.Equal(RedeliveryStep.None, state.NextRedelivery(out _, out _));
        Assert.Equal((0, 1), (state.PendingCount, state.RedeliveredCount));
        Assert.True(state.Needs(1));
        Assert.Equal(AckOutcome.Done, state.Acknowledge(1, 2));
        Assert.Equal(0, state.RedeliveredCount);
        Assert.False(state.Needs(1));
    }

    [Fact]
    public void A_delivery_that_failed_does_not_count()
    {
        ConsumerState state = Deliver(Explicit with { MaxDeliver = 1 }, 1);
        state.DeliveryFailed(1);
        Assert.Equal(RedeliveryStep.Deliver, state.NextRedelivery(out _, out ulong deliveries));
        Assert.Equal(1UL, deliveries);
        Assert.Equal(0, state.RedeliveredCount);
    }

    [Fact]
    public void New_messages_wait_while_too_many_are_pending_and_old_ones_do_not()
    {
        ConsumerState state = Deliver(Explicit with { MaxAckPending = 3 }, 3);
        Assert.True(state.IsFull);
        state.Refuse(2, 2);
        Assert.Equal([2UL], Redeliver(state, 1));
        state.Acknowledge(2, 2);
        Assert.False(state.IsFull);
    }

    [Fact]
    public void A_purge_takes_what_is_pending_with_it()
    {
        ConsumerState state = Deliver(Explicit, 5);
        state.Acknowledge(3, 3);
        state.Purge(4);
        Assert.Equal((new SequencePair(2, 3), 2), (state.AckFloor, state.PendingCount));
        state.Purge(11);
        Assert.Equal((new SequencePair(5, 10), new SequencePair(5, 10), 0), (state.Delivered, state.AckFloor, state.PendingCount));
        Assert.Equal(11UL, state.NextSequence);
    }

    [Fact]
    public void A_purge_of_some_subjects_leaves_the_others_queued()
    {
        ConsumerState state = Deliver(Explicit, 4);
        for (ulong i = 1; i <= 4; i++) state.Refuse(i, i);
        state.Purge(1, static sequence => sequence % 2 == 1);
        Assert.Equal([2UL, 4], Redeliver(state, 1));
        Assert.Equal(new SequencePair(1, 1), state.AckFloor);
    }

    [Fact]
    public void What_the_stream_has_lost_at_its_end_is_forgotten()
    {
        ConsumerState state = Deliver(Explicit, 6);
        state.Acknowledge(1, 1);
        state.Truncate(3);
        Assert.Equal((2, 4UL), (state.PendingCount, state.NextSequence));
        Assert.Equal(3UL, state.Delivered.Stream);
        state.Truncate(0);
        Assert.Equal((0, 1UL, 0UL), (state.PendingCount, state.NextSequence, state.AckFloor.Stream));
    }

    [Fact]
    public void A_stored_state_continues_where_it_stopped()
    {
        ConsumerState state = Deliver(Explicit with { MaxDeliver = 5 }, 5);
        state.Refuse(2, 2);
        Redeliver(state, 5 * Second);
        state.Acknowledge(1, 1);
        var snapshot = new ConsumerSnapshot();
        state.CopyTo(snapshot);
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        snapshot.Encode(output, 10);
        Assert.True(ConsumerSnapshot.TryDecode(output.WrittenSpan, out ConsumerSnapshot? decoded, out _));
        ConsumerState again = ConsumerState.Restore(state.Rules, decoded);
        Assert.Equal((state.Delivered, state.AckFloor, state.PendingCount, state.RedeliveredCount), (again.Delivered, again.AckFloor, again.PendingCount, again.RedeliveredCount));
        again.Refuse(2, 6);
        Assert.Equal(RedeliveryStep.Deliver, again.NextRedelivery(out ulong sequence, out ulong deliveries));
        Assert.Equal((2UL, 3UL), (sequence, deliveries));
    }

    [Fact]
    public void Nonsense_in_a_stored_state_is_left_out()
    {
        var random = new Random(3);
        ulong[] odd = [0, 1, 5, 6, 7, 50, 51, 1UL << 40, ulong.MaxValue];
        for (int round = 0; round < 20_000; round++)
        {
            ulong Any() => random.Next(3) == 0 ? odd[random.Next(odd.Length)] : (ulong)random.Next(60);
            var snapshot = new ConsumerSnapshot { DeliveredConsumer = Any() >> 1, DeliveredStream = Any() >> 1, AckFloorConsumer = Any(), AckFloorStream = Any() };
            for (int i = random.Next(6); i > 0; i--) snapshot.Pending.Add(new PendingMessage(Any(), Any(), random.NextInt64(long.MinValue, long.MaxValue)));
            for (int i = random.Next(6); i > 0; i--) snapshot.Redelivered.Add(new RedeliveredMessage(Any(), Any()));
            ConsumerState state = ConsumerState.Restore(Explicit with { MaxDeliver = 3 }, snapshot);
            SequencePair floor = state.AckFloor;
            state.Expire(random.NextInt64(), _givenUp);
            Redeliver(state, 1);
            for (int i = 0; i < 10; i++) state.Acknowledge(Any(), Any());
            Assert.True(state.AckFloor.Stream >= floor.Stream && state.AckFloor.Consumer >= floor.Consumer && state.AckFloor.Stream <= state.Delivered.Stream);
            var stored = new ConsumerSnapshot();
            state.CopyTo(stored);
            Assert.Equal(state.PendingCount, stored.Pending.Count);
        }
    }

    [Fact]
    public void A_million_pending_messages_take_little_room()
    {
        const int count = 1_000_000;
        long before = GC.GetAllocatedBytesForCurrentThread();
        ConsumerState state = Deliver(Explicit, count);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(state.Capacity * (long)EntryBytes < count * 32L, $"{state.Capacity} places for {count} messages");
        Assert.True(allocated < count * 64L, $"{allocated} bytes allocated while it grew");

        // Every second one is done, then nine of ten.
        for (ulong i = 1; i <= count; i += 2) state.Acknowledge(i, i);
        Assert.True(state.Capacity * (long)EntryBytes < state.PendingCount * 64L, $"{state.Capacity} places for {state.PendingCount} messages");
        for (ulong i = 2; i <= count; i += 2)
        {
            if (i % 10 != 0) state.Acknowledge(i, i);
        }

        Assert.True(state.Capacity * (long)EntryBytes < state.PendingCount * 64L, $"{state.Capacity} places for {state.PendingCount} messages");
    }

    [Fact]
    public void One_message_that_is_never_acknowledged_keeps_no_room_for_the_others()
    {
        ConsumerState state = Deliver(Explicit, 1);
        for (ulong i = 2; i < 200_000; i++)
        {
            state.Deliver(i, 0);
            state.Acknowledge(i, i);
        }

        Assert.True(state.Capacity < 2000, $"{state.Capacity} places for 1 message");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(5000)]
    public void Deliveries_and_acknowledgements_allocate_nothing(int window)
    {
        var state = new ConsumerState(Explicit with { MaxAckPending = window }, 1);
        Run(state, window, 20_000);

        // A collection counts what was left of the allocation buffer of the thread: what tells is a run without one.
        long allocated = long.MaxValue;
        for (int attempt = 0; attempt < 5 && allocated != 0; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Run(state, window, 100_000);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    [Fact]
    public void Redeliveries_allocate_nothing()
    {
        ConsumerState state = Deliver(Explicit, 1000);
        var random = new Random(5);
        long now = 0;
        long before = 0;
        for (int round = 0; round < 400; round++)
        {
            if (round == 200) before = GC.GetAllocatedBytesForCurrentThread();
            now += 31 * Second;
            state.Expire(now, _givenUp);
            while (state.NextRedelivery(out ulong sequence, out _) == RedeliveryStep.Deliver) state.Redeliver(sequence, now);
            for (int i = 0; i < 100; i++)
            {
                ulong sequence = state.NextSequence - 1 - (ulong)random.Next(900);
                if (state.Acknowledge(sequence, state.NextDelivery - 1) == AckOutcome.Done) state.Deliver(state.NextSequence, now);
            }
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
    }

    private static void Run(ConsumerState state, int window, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (state.IsFull) state.Acknowledge(state.NextSequence - (ulong)window, state.NextSequence - (ulong)window);
            state.Deliver(state.NextSequence, i);
        }
    }

    private static ConsumerState Deliver(ConsumerRules rules, int count)
    {
        var state = new ConsumerState(rules, 1);
        for (int i = 0; i < count; i++) state.Deliver(state.NextSequence, 0);
        return state;
    }

    private static List<ulong> Redeliver(ConsumerState state, long nowNs)
    {
        List<ulong> sequences = [];
        while (state.NextRedelivery(out ulong sequence, out _) is var step && step != RedeliveryStep.None)
        {
            if (step != RedeliveryStep.Deliver) continue;
            sequences.Add(sequence);
            state.Redeliver(sequence, nowNs);
        }

        return sequences;
    }
}
