using System.Text;
using NATS.Server.Core.JetStream.Consumers;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>
/// Owned by one test. The smallest shell there can be around the decisions of a pull consumer: messages in a list, and a note of all that is sent.
/// </summary>
internal sealed class SimulatedConsumer : IPullHost
{
    // Null: removed.
    private readonly List<string?> _messages = [];
    private readonly AckReplyFormat _format = AckReplyFormat.First("S", "C");
    private readonly Func<string, bool> _matches;
    private readonly PullQueue _pulls;
    private readonly List<(string Reply, string Text)> _sent = [];
    private readonly List<GivenUpMessage> _givenUp = [];
    private int _pins;
    private long _next = long.MaxValue;

    public SimulatedConsumer(ConsumerRules rules, PullRules pullRules, Func<string, bool>? matches = null)
    {
        State = new ConsumerState(rules, 1);
        _pulls = new PullQueue(pullRules, this);
        _matches = matches ?? (static _ => true);
    }

    public ConsumerState State { get; }

    public PullQueue Pulls => _pulls;

    public long NowNs { get; set; } = 1_700_000_000_000_000_000;

    /// <summary>Counts from above what is sent to each reply.</summary>
    public IReadOnlyList<(string Reply, string Text)> Sent => _sent;

    public ulong Pending
    {
        get
        {
            ulong pending = 0;
            for (ulong sequence = State.NextSequence; sequence <= (ulong)_messages.Count; sequence++)
            {
                if (IsOurs(sequence)) pending++;
            }

            return pending;
        }
    }

    private PullLoad Load => new(NowNs, Pending, State.QueuedCount, State.PendingCount);

    public void Publish(string subject)
    {
        _messages.Add(subject);
        Pump();
    }

    public void Pull(string reply, string body)
    {
        PullStatus? status = PullRequestReader.TryRead(Encoding.UTF8.GetBytes(body), out PullRequest request, out string? problem)
            ? _pulls.Add(request, new PullClient(Encoding.UTF8.GetBytes(reply)), Load)
            : PullStatus.BadRequest(problem);
        if (status is { } said) Note(reply, said.ToString());
        Pump();
    }

    public void Acknowledge(string reply, string payload)
    {
        if (!AckReply.TryParse(Encoding.UTF8.GetBytes(reply), out AckReply ack)) return;
        AckPayload said = AckPayload.Parse(Encoding.UTF8.GetBytes(payload));
        switch (said.Kind)
        {
            case AckKind.Ack or AckKind.Term or AckKind.Next: State.Acknowledge(ack.StreamSequence, ack.ConsumerSequence); break;
            case AckKind.Progress: State.Progress(ack.StreamSequence, NowNs); break;
            case AckKind.Nak when said.ReadDelay(out long delayNs) == NakDelay.Given: State.Refuse(ack.StreamSequence, ack.ConsumerSequence, delayNs, NowNs); break;
            case AckKind.Nak: State.Refuse(ack.StreamSequence, ack.ConsumerSequence); break;
            default: break;
        }

        Pump();
    }

    /// <summary>Lets time pass.</summary>
    public void Wait(long ns)
    {
        // As a shell does: it wakes whenever something may be due.
        for (long end = NowNs + ns; NowNs < end;)
        {
            NowNs = Math.Min(end, Math.Max(NowNs + 1, Math.Min(_next, Math.Min(State.NextDeadlineNs, _pulls.PinEndsNs))));
            State.Expire(NowNs, _givenUp);
            _pulls.CheckPin(NowNs);
            Pump();
        }
    }

    /// <summary>The stream loses a message.</summary>
    public void Remove(ulong sequence)
    {
        _messages[(int)sequence - 1] = null;
        State.MessageRemoved(sequence, out _, out _);
        Pump();
    }

    /// <summary>The stream loses all before a sequence, or with 0 all.</summary>
    public void Purge(ulong first)
    {
        if (first == 0) first = (ulong)_messages.Count + 1;
        for (ulong sequence = 1; sequence < first; sequence++) _messages[(int)sequence - 1] = null;
        State.Purge(first);
        Pump();
    }

    public void Delete() => _pulls.EndAll(PullStatus.ConsumerDeleted);

    public bool HasInterest(WaitingPull pull) => true;

    public void End(WaitingPull pull, in PullStatus status) => Note(Encoding.UTF8.GetString(pull.Reply), status.ToString());

    public void Heartbeat(WaitingPull pull) =>
        Note(Encoding.UTF8.GetString(pull.Reply), $"NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: {State.NextDelivery - 1}\r\nNats-Last-Stream: {State.NextSequence - 1}\r\n\r\n");

    public string Pin(WaitingPull pull, string group) => $"PIN-OF-TWENTY-TWO-C{++_pins:00}";

    public void Unpin(string group, string reason)
    {
    }

    private void Pump()
    {
        while (_pulls.Count > 0 && TryDeliver())
        {
        }

        _next = _pulls.Check(NowNs, isDry: !State.IsFull);
    }

    private bool TryDeliver()
    {
        RedeliveryStep step;
        ulong sequence;
        ulong deliveries;
        do step = State.NextRedelivery(out sequence, out deliveries);
        while (step == RedeliveryStep.GivenUp);
        if (step == RedeliveryStep.None)
        {
            deliveries = 1;
            if (State.IsFull || !TryNext(out sequence)) return false;
        }

        ulong pending = Pending - (step == RedeliveryStep.None ? 1UL : 0);
        string subject = _messages[(int)sequence - 1]!;

        // The time of a message is not compared, but counts: it has nineteen digits.
        byte[] output = new byte[_format.MaximumLength];
        int length = _format.Write(new AckReply(deliveries, sequence, State.NextDelivery, 1_700_000_000_000_000_000, pending), output);
        if (!_pulls.TryTake(subject.Length + length + 1, Load with { Pending = pending }, out WaitingPull? pull)) return false;
        if (step == RedeliveryStep.None) State.Deliver(sequence, NowNs);
        else State.Redeliver(sequence, NowNs);
        Note(Encoding.UTF8.GetString(pull.Reply), (_pulls.PinId is { } pin ? $"NATS/1.0\r\nNats-Pin-Id: {pin}\r\n\r\n" : "") + Encoding.UTF8.GetString(output, 0, length));
        if (pull.MessageSent(NowNs) is { } status) End(pull, status);
        return true;
    }

    private bool TryNext(out ulong sequence)
    {
        for (sequence = State.NextSequence; sequence <= (ulong)_messages.Count; sequence++)
        {
            if (IsOurs(sequence)) return true;
        }

        State.SkipTo(sequence);
        return false;
    }

    private bool IsOurs(ulong sequence) => _messages[(int)sequence - 1] is { } subject && _matches(subject);

    private void Note(string reply, string text) => _sent.Add((reply, text));
}
