using NATS.Server.Core.JetStream.Consumers;

namespace NATS.Server.UnitTests.JetStream.Consumers;

/// <summary>What a consumer has to remember, written down as plainly as possible: tables that are walked.</summary>
internal sealed class ConsumerModel(ConsumerRules rules, ulong first)
{
    private readonly SortedDictionary<ulong, Message> _pending = [];
    private readonly List<ulong> _queue = [];

    public ConsumerRules Rules { get; set; } = rules;

    public SortedDictionary<ulong, ulong> GivenUp { get; } = [];

    public SortedDictionary<ulong, Message> Pending => _pending;

    public ulong Next { get; private set; } = first;

    public SequencePair Delivered { get; private set; } = new(0, first - 1);

    public SequencePair Floor { get; private set; } = new(0, first - 1);

    public int Queued => _queue.Count;

    public int Redelivered => GivenUp.Count + _pending.Values.Count(message => message.Deliveries > 1);

    public void SkipTo(ulong sequence) => Next = Math.Max(Next, sequence);

    public void Deliver(ulong sequence, long now)
    {
        Next = sequence + 1;
        Delivered = new SequencePair(Delivered.Consumer + 1, sequence);
        if (Rules.AckPolicy == AckPolicy.None) Floor = Delivered;
        else _pending.Add(sequence, new Message { Consumer = Delivered.Consumer, Time = now, Deliveries = 1 });
    }

    public (RedeliveryStep Step, ulong Sequence, ulong Deliveries) NextRedelivery()
    {
        while (_queue.Count > 0)
        {
            ulong sequence = _queue[0];
            ulong deliveries = _pending[sequence].Deliveries + 1UL;
            if (Rules.MaxDeliver <= 0 || deliveries <= (ulong)Rules.MaxDeliver) return (RedeliveryStep.Deliver, sequence, deliveries);
            GiveUp(sequence);
            if (deliveries - 1 == (ulong)Rules.MaxDeliver) return (RedeliveryStep.GivenUp, sequence, deliveries - 1);
        }

        return (RedeliveryStep.None, 0, 0);
    }

    public void Redeliver(ulong sequence, long now)
    {
        _queue.Remove(sequence);
        _pending[sequence].Deliveries++;
        _pending[sequence].Time = now;
        Delivered = Delivered with { Consumer = Delivered.Consumer + 1 };
    }

    public void Fail(ulong sequence)
    {
        if (!_pending.TryGetValue(sequence, out Message? message)) return;
        if (message.Deliveries > 0) message.Deliveries--;
        Queue(sequence);
    }

    public List<ulong> Expire(long now)
    {
        List<ulong> givenUp = [];
        foreach ((ulong sequence, Message message) in _pending.ToArray())
        {
            long wait = Rules.WaitAfter(message.Deliveries);
            if (wait == 0 || message.Time + wait > now || _queue.Contains(sequence)) continue;
            bool isSpent = Rules.MaxDeliver > 0 && (Rules.MaxDeliver == 1 ? message.Deliveries >= 1 : message.Deliveries > Rules.MaxDeliver);
            if (!isSpent) Queue(sequence);
            else if (message.Deliveries == Rules.MaxDeliver) givenUp.Add(sequence);
            if (isSpent) GiveUp(sequence);
        }

        return givenUp;
    }

    public AckOutcome Acknowledge(ulong sequence, ulong consumer)
    {
        if (sequence >= Next || Rules.AckPolicy == AckPolicy.None) return AckOutcome.Ignored;
        if (Rules.AckPolicy == AckPolicy.Explicit)
        {
            bool wasGivenUp = GivenUp.Remove(sequence);
            return Finish(sequence) || wasGivenUp ? AckOutcome.Done : AckOutcome.Nothing;
        }

        consumer = Math.Min(consumer, Delivered.Consumer);
        if (consumer <= Floor.Consumer || sequence <= Floor.Stream) return AckOutcome.Nothing;
        Floor = new SequencePair(consumer, sequence);
        foreach (ulong done in _pending.Keys.Where(pending => pending <= sequence).ToArray()) Remove(done);
        foreach (ulong done in GivenUp.Keys.Where(given => given <= sequence).ToArray()) GivenUp.Remove(done);
        return AckOutcome.Done;
    }

    public bool Refuse(ulong sequence, ulong consumer, long? delay, long now)
    {
        if (consumer <= Floor.Consumer || consumer > Delivered.Consumer + 1 || !_pending.TryGetValue(sequence, out Message? message)) return false;
        if (delay is null)
        {
            Queue(sequence);
            return true;
        }

        _queue.Remove(sequence);
        message.Time = now - Rules.AckWaitNs + delay.Value;
        return true;
    }

    public void Progress(ulong sequence, long now)
    {
        if (_pending.TryGetValue(sequence, out Message? message)) message.Time = now;
    }

    public void Vanish(ulong sequence)
    {
        GivenUp.Remove(sequence);
        Finish(sequence);
    }

    public void RemoveBelow(ulong first)
    {
        foreach (ulong sequence in _pending.Keys.Concat(GivenUp.Keys).Where(sequence => sequence < first).Order().ToArray()) Vanish(sequence);
    }

    public void Purge(ulong first)
    {
        Next = Math.Max(Next, first);
        ulong[] purged = [.. _pending.Keys.Where(sequence => sequence < first)];
        ulong consumer = purged.Length == 0 ? 0 : purged.Max(sequence => _pending[sequence].Consumer);
        foreach (ulong sequence in purged) Remove(sequence);
        foreach (ulong sequence in GivenUp.Keys.Where(sequence => sequence < first).ToArray()) GivenUp.Remove(sequence);
        Raise(consumer, first - 1);
        Delivered = Delivered with { Stream = Next - 1 };
        if (_pending.Count > 0) return;
        GivenUp.Clear();
        Raise(Delivered.Consumer, Delivered.Stream);
    }

    private bool Finish(ulong sequence)
    {
        if (!_pending.TryGetValue(sequence, out Message? message)) return false;
        Remove(sequence);
        if (_pending.Count == 0)
        {
            Raise(Delivered.Consumer, Delivered.Stream);
        }
        else if (message.Consumer == Floor.Consumer + 1)
        {
            Raise(message.Consumer, sequence);
            foreach ((ulong next, Message after) in _pending)
            {
                if (next < sequence) continue;
                Raise(after.Consumer - 1, next - 1);
                break;
            }
        }

        return true;
    }

    private void GiveUp(ulong sequence)
    {
        GivenUp[sequence] = _pending[sequence].Deliveries;
        Remove(sequence);
    }

    private void Remove(ulong sequence)
    {
        _pending.Remove(sequence);
        _queue.Remove(sequence);
    }

    private void Queue(ulong sequence)
    {
        if (!_queue.Contains(sequence)) _queue.Add(sequence);
    }

    private void Raise(ulong consumer, ulong stream) => Floor = new SequencePair(Math.Max(Floor.Consumer, consumer), Math.Max(Floor.Stream, stream));

    internal sealed class Message
    {
        public ulong Consumer { get; init; }

        public long Time { get; set; }

        public uint Deliveries { get; set; }
    }
}
