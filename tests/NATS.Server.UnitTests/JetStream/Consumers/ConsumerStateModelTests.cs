using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.Storage;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Consumers;

/// <summary>Random lives of consumers beside the model, and beside a list of what has become of every message.</summary>
public sealed class ConsumerStateModelTests
{
    private const long Second = 1_000_000_000;

    [Theory]
    [InlineData(AckPolicy.Explicit, 0, 0, false, 1)]
    [InlineData(AckPolicy.Explicit, 1, 20, false, 2)]
    [InlineData(AckPolicy.Explicit, 3, 50, true, 3)]
    [InlineData(AckPolicy.Explicit, 5, 1000, true, 4)]
    [InlineData(AckPolicy.Explicit, 0, 300, true, 5)]
    [InlineData(AckPolicy.All, 3, 50, false, 6)]
    [InlineData(AckPolicy.All, 0, 0, true, 7)]
    [InlineData(AckPolicy.FlowControl, 0, 100, false, 8)]
    [InlineData(AckPolicy.None, 0, 0, false, 9)]
    public void Consumers_remember_what_the_model_remembers(AckPolicy policy, int maxDeliver, int maxAckPending, bool hasBackoff, int seed)
    {
        long[] backoff = hasBackoff ? [2 * Second, 5 * Second, 20 * Second] : [];
        var rules = new ConsumerRules { AckPolicy = policy, AckWaitNs = hasBackoff ? backoff[0] : 5 * Second, BackoffNs = backoff, MaxDeliver = maxDeliver, MaxAckPending = maxAckPending };
        var life = new Life(rules, seed);
        for (int step = 0; step < 60_000; step++)
        {
            life.Step();
            if (step % 64 == 0) life.Compare();
        }

        life.Compare();
    }

    private sealed class Life(ConsumerRules initial, int seed)
    {
        private readonly Random _random = new(seed);
        private readonly List<GivenUpMessage> _givenUp = [];
        private readonly HashSet<ulong> _open = [];
        private ConsumerState _state = new(initial, 1);
        private ConsumerModel _model = new(initial, 1);
        private ConsumerRules _rules = initial;
        private SequencePair _floor;
        private long _now = 1000 * Second;

        public void Step()
        {
            _now += _random.Next(40_000_000);
            switch (_random.Next(1000))
            {
                case < 400: Deliver(); break;
                case < 640: Acknowledge(PickPending()); break;
                case < 680: Acknowledge((ulong)_random.NextInt64((long)_model.Next + 3)); break;
                case < 740: Refuse(); break;
                case < 780: Progress(PickPending()); break;
                case < 880: Expire(); break;
                case < 960: Redeliver(); break;
                case < 970: Fail(PickPending()); break;
                case < 985: Vanish(PickPending()); break;
                case < 990: RemoveBelow(); break;
                case < 993: Purge(); break;
                case < 995: Reconfigure(); break;
                case < 999: StoreAndRestore(); break;
                default: Reset(); break;
            }

            CompareTotals();
        }

        public void Compare()
        {
            var snapshot = new ConsumerSnapshot();
            _state.CopyTo(snapshot);
            Assert.Equal(_model.Pending.Select(pair => new PendingMessage(pair.Key, pair.Value.Consumer, pair.Value.Time)), snapshot.Pending);
            IEnumerable<RedeliveredMessage> redelivered = _model.Pending.Where(pair => pair.Value.Deliveries > 1).Select(pair => new RedeliveredMessage(pair.Key, pair.Value.Deliveries - 1))
                .Concat(_model.GivenUp.Select(pair => new RedeliveredMessage(pair.Key, pair.Value)));
            Assert.Equal(redelivered.OrderBy(message => message.StreamSequence), snapshot.Redelivered.OrderBy(message => message.StreamSequence));

            // Whatever was delivered and is not done, is pending.
            Assert.Equal(_open.Order(), _model.Pending.Keys);
        }

        private void CompareTotals()
        {
            Assert.Equal((_model.Delivered, _model.Floor, _model.Next), (_state.Delivered, _state.AckFloor, _state.NextSequence));
            Assert.Equal((_model.Pending.Count, _model.Redelivered, _model.Queued), (_state.PendingCount, _state.RedeliveredCount, _state.QueuedCount));
            Assert.True(_state.AckFloor.Stream >= _floor.Stream && _state.AckFloor.Consumer >= _floor.Consumer, "the ack floor went back");
            _floor = _state.AckFloor;
        }

        private ulong PickPending() => _model.Pending.Count == 0 ? 0 : _random.Next(3) == 0 ? _model.Pending.Keys.First() : _model.Pending.Keys.ElementAt(_random.Next(_model.Pending.Count));

        private void Deliver()
        {
            bool isFull = _rules.MaxAckPending > 0 && _model.Pending.Count >= _rules.MaxAckPending && _rules.AckPolicy != AckPolicy.None;
            Assert.Equal(isFull, _state.IsFull);
            if (isFull) return;
            if (_random.Next(4) == 0)
            {
                ulong to = _model.Next + (ulong)_random.Next(5);
                _model.SkipTo(to);
                _state.SkipTo(to);
            }

            ulong sequence = _model.Next + (_random.Next(5) == 0 ? (ulong)_random.Next(300) : 0);
            _model.Deliver(sequence, _now);
            Assert.Equal(_model.Delivered.Consumer, _state.Deliver(sequence, _now));
            if (_rules.AckPolicy != AckPolicy.None) Assert.True(_open.Add(sequence));
        }

        private void Acknowledge(ulong sequence)
        {
            ulong consumer = _model.Pending.TryGetValue(sequence, out ConsumerModel.Message? message) && _random.Next(10) > 0 ? message.Consumer : (ulong)_random.NextInt64((long)_model.Delivered.Consumer + 3);
            List<ulong> done = [];
            Assert.Equal(_model.Acknowledge(sequence, consumer), _state.Acknowledge(sequence, consumer, done));
            foreach (ulong one in done) _open.Remove(one);
        }

        private void Refuse()
        {
            ulong sequence = PickPending();
            ulong consumer = _random.Next(10) == 0 ? (ulong)_random.NextInt64((long)_model.Delivered.Consumer + 3) : _model.Delivered.Consumer;
            if (_random.Next(2) == 0)
            {
                Assert.Equal(_model.Refuse(sequence, consumer, null, _now), _state.Refuse(sequence, consumer));
                return;
            }

            long delay = _random.NextInt64(-Second, 10 * Second);
            Assert.Equal(_model.Refuse(sequence, consumer, delay, _now), _state.Refuse(sequence, consumer, delay, _now));
        }

        private void Progress(ulong sequence)
        {
            _model.Progress(sequence, _now);
            _state.Progress(sequence, _now);
        }

        private void Expire()
        {
            // Nothing is due before the time that was announced.
            long announced = _state.NextDeadlineNs;
            int queued = _model.Queued;
            List<ulong> expected = _model.Expire(_now);
            _givenUp.Clear();
            if (announced > _now) Assert.True(expected.Count == 0 && _model.Queued == queued, "a deadline was announced too late");
            Assert.Equal(_model.Queued - queued, _state.Expire(_now, _givenUp));
            Assert.Equal(expected, _givenUp.Select(message => message.StreamSequence));
            foreach (ulong sequence in _model.GivenUp.Keys) _open.Remove(sequence);
        }

        private void Redeliver()
        {
            while (true)
            {
                (RedeliveryStep step, ulong sequence, ulong deliveries) = _model.NextRedelivery();
                Assert.Equal(step, _state.NextRedelivery(out ulong actual, out ulong actualDeliveries));
                foreach (ulong given in _model.GivenUp.Keys) _open.Remove(given);
                if (step == RedeliveryStep.None) return;
                Assert.Equal((sequence, deliveries), (actual, actualDeliveries));
                if (step == RedeliveryStep.GivenUp) continue;
                if (_random.Next(8) == 0) return;
                _model.Redeliver(sequence, _now);
                Assert.Equal(_model.Delivered.Consumer, _state.Redeliver(sequence, _now));
                if (_random.Next(2) == 0) return;
            }
        }

        private void Fail(ulong sequence)
        {
            _model.Fail(sequence);
            _state.DeliveryFailed(sequence);
        }

        private void Vanish(ulong sequence)
        {
            bool wasPending = _model.Pending.ContainsKey(sequence);
            _model.Vanish(sequence);
            Assert.Equal(wasPending, _state.MessageRemoved(sequence, out _, out _));
            _open.Remove(sequence);
        }

        private void RemoveBelow()
        {
            ulong first = Near();
            _model.RemoveBelow(first);
            _state.RemoveBelow(first);
            _open.RemoveWhere(sequence => sequence < first);
        }

        private void Purge()
        {
            ulong first = Near();
            _model.Purge(first);
            _state.Purge(first);
            _open.RemoveWhere(sequence => sequence < first);
        }

        private ulong Near() => Math.Max(1, _model.Pending.Count == 0 ? _model.Next + (ulong)_random.Next(20) : _model.Pending.Keys.First() + (ulong)_random.Next(100));

        private void Reconfigure()
        {
            _rules = _rules with { AckWaitNs = _rules.BackoffNs.Count > 0 ? _rules.AckWaitNs : _random.NextInt64(1, 8) * Second, MaxDeliver = _rules.MaxDeliver <= 1 ? _rules.MaxDeliver : _random.Next(2, 6) };
            _model.Rules = _rules;
            _state.Update(_rules);
        }

        // Queues are not stored: what waits is due again when its wait is over.
        private void StoreAndRestore()
        {
            if (_model.Queued > 0 || _model.Pending.Values.Any(message => message.Deliveries == 0) || _model.Next != _model.Delivered.Stream + 1) return;
            var snapshot = new ConsumerSnapshot();
            _state.CopyTo(snapshot);
            _state = ConsumerState.Restore(_rules, snapshot);
        }

        private void Reset()
        {
            ulong first = 1 + (ulong)_random.NextInt64((long)_model.Next);
            _state.Reset(first);
            _model = new ConsumerModel(_rules, first);
            _open.Clear();
            _floor = default;
        }
    }
}
