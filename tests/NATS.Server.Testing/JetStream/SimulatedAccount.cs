using System.Text;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;
using NATS.Server.JetStream.Ports;

namespace NATS.Server.Testing.JetStream;

/// <summary>One thread. An account without a server: subscriptions, and messages that arrive at once.</summary>
internal sealed class SimulatedAccount(string name) : IAccountPort
{
    private readonly Sublist<Subscription> _subscriptions = new();
    private readonly List<(byte[] Subject, Action Changed)> _watches = [];

    public string Name => name;

    /// <summary>How many subscriptions there are.</summary>
    public int Count => _subscriptions.Count;

    public object Subscribe(ReadOnlySpan<byte> subject, IMessageTarget target, ReadOnlySpan<byte> queue = default) => Add(new Subscription(subject.ToArray(), target, null));

    /// <summary>Subscribes a client.</summary>
    public object Subscribe(string subject, Action<SimulatedMessage> received) => Add(new Subscription(Encoding.UTF8.GetBytes(subject), null, received));

    public object SubscribeRequests(ReadOnlySpan<byte> subject, IMessageTarget target) => Subscribe(subject, target);

    public void Unsubscribe(object subscription)
    {
        var known = (Subscription)subscription;
        known.IsClosed = true;
        _subscriptions.Remove(known.Subject, null, known);
        Tell(known);
    }

    public int Publish(MessageBatch batch, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload) =>
        Deliver(batch, subject, subject, reply, headers, payload);

    public int Deliver(MessageBatch batch, ReadOnlySpan<byte> target, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload)
    {
        var match = new SublistMatch<Subscription>();
        _subscriptions.Match(target, match);
        int delivered = 0;
        foreach (Subscription subscription in match.Plain.ToArray())
        {
            if (subscription.IsClosed) continue;
            delivered++;
            if (subscription.Received is { } received)
            {
                received(new SimulatedMessage(Encoding.UTF8.GetString(subject), Encoding.UTF8.GetString(reply), Encoding.UTF8.GetString(headers), Encoding.UTF8.GetString(payload)));
                continue;
            }

            InboundMessage message = new MessageFrame().Write(subject, reply, headers, payload);
            if (!subscription.Target!.Receive(batch, message, (SimulatedBatch)batch)) delivered--;
        }

        return delivered;
    }

    public int InterestGeneration => _subscriptions.Generation;

    public bool HasInterest(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue = default) => queue.IsEmpty && _subscriptions.HasInterest(subject);

    public bool HasListener(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue)
    {
        if (!queue.IsEmpty) return false;
        var match = new SublistMatch<Subscription>();
        _subscriptions.Match(subject, match);
        foreach (Subscription subscription in match.Plain)
        {
            if (subject.SequenceEqual(subscription.Subject)) return true;
        }

        return false;
    }

    public IDisposable WatchInterest(byte[] subject, Action changed)
    {
        var watch = (subject, changed);
        _watches.Add(watch);
        return new Ended(() => _watches.Remove(watch));
    }

    private Subscription Add(Subscription subscription)
    {
        _subscriptions.Insert(subscription.Subject, null, subscription);
        Tell(subscription);
        return subscription;
    }

    private void Tell(Subscription subscription)
    {
        foreach ((byte[] subject, Action changed) in _watches.ToArray())
        {
            if (subject.AsSpan().SequenceEqual(subscription.Subject)) changed();
        }
    }

    private sealed class Subscription(byte[] subject, IMessageTarget? target, Action<SimulatedMessage>? received)
    {
        public byte[] Subject => subject;

        public IMessageTarget? Target => target;

        public Action<SimulatedMessage>? Received => received;

        public bool IsClosed { get; set; }
    }

    private sealed class Ended(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}

/// <summary>Immutable. What a simulated client received.</summary>
internal sealed record SimulatedMessage(string Subject, string Reply, string Headers, string Payload);
