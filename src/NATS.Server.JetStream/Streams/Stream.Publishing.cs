using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Core.Protocol;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Streams;

/// <content>What is published to the stream: appended by the publisher's thread, flushed once per batch, acknowledged when it is as safe as promised.</content>
internal sealed partial class Stream
{
    private readonly Stack<PublishedBatch> _spares = new();

    // Batches on their way to the device, in their order; the lock's.
    private readonly Queue<PublishedBatch> _committing = new();
    private PublishedBatch _published = new();
    private MessageBatch? _registeredIn;
    private long _registeredNumber;
    private ulong _readable;

    public ulong Readable => Volatile.Read(ref _readable);

    /// <summary>An answer waits for the device.</summary>
    private bool IsDurable => _services.IsDurable && Config.Storage == StorageType.File && Config.PersistMode != PersistMode.Async;

    /// <summary>Takes a message that was published to one of the stream's subjects.</summary>
    public bool Receive(MessageBatch batch, in InboundMessage message, IMessageSender sender)
    {
        lock (_lock)
        {
            if (_isClosed) return false;
            Publish(message.Subject, message.Reply, message.Headers, message.Payload, batch.NowNs);
            if (!ReferenceEquals(_registeredIn, batch) || _registeredNumber != batch.Number)
            {
                (_registeredIn, _registeredNumber) = (batch, batch.Number);
                batch.AtEnd(this);
            }
        }

        return true;
    }

    /// <summary>Flushes what was published, then answers; or leaves both to the commit.</summary>
    public void OnBatchEnd(MessageBatch batch)
    {
        PublishedBatch published;
        bool isDurable = IsDurable;
        lock (_lock)
        {
            published = _published;
            if (published.IsEmpty) return;
            _published = _spares.TryPop(out PublishedBatch? spare) ? spare : new PublishedBatch();
            if (isDurable && published.LastSequence != 0) _committing.Enqueue(published);
        }

        if (isDurable && published.LastSequence != 0)
        {
            _services.Commits.Enqueue(Store, this);
            return;
        }

        Finish(published, batch, published.LastSequence == 0 ? StoreResult.Ok : Store.Flush());
    }

    /// <summary>What was published before is on the device, or never will be.</summary>
    public void Committed(long ticket, StoreResult result)
    {
        PublishedBatch published;
        lock (_lock) published = _committing.Dequeue();
        MessageBatch batch = _services.Batches.Rent();
        Finish(published, batch, result);
        _services.Batches.Return(batch);
    }

    // With the lock held. Decides, stores, and notes what is to be answered.
    private void Publish(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> reply, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload, long nowNs)
    {
        StreamConfig config = _config;
        bool answers = !reply.IsEmpty && !config.NoAck;
        bool isWanted = _consumers.Touch(subject, _published);
        if (config.Retention == RetentionPolicy.Interest && !isWanted)
        {
            Store.Skip(0, 1, nowNs, advancesTime: true);
            ulong skipped = Store.State.LastSequence;
            if (answers) _published.Add(reply, skipped);
            _published.LastSequence = skipped;
            return;
        }

        var stored = new NewMessage { Subject = subject, Headers = headers, Payload = payload, TimestampNs = nowNs };
        StoreResult result = Store.Append(stored, out ulong sequence);
        if (result != StoreResult.Ok)
        {
            if (answers) _published.Add(reply, Refusal(result), waits: false);
            return;
        }

        _published.LastSequence = sequence;
        if (answers) _published.Add(reply, sequence);
    }

    private void Finish(PublishedBatch published, MessageBatch batch, StoreResult result)
    {
        if (result == StoreResult.Ok && published.LastSequence != 0)
        {
            Advance(published.LastSequence);
            CountBytes();
            foreach (Consumer consumer in published.Consumers) consumer.OnMessages(batch);
        }

        published.Publish(Port, batch, _ackPrefix, result == StoreResult.Ok ? null : Refusal(result));
        RearmIfIdle(batch.NowNs);
        lock (_lock)
        {
            foreach (Consumer consumer in published.Consumers)
            {
                if (ReferenceEquals(consumer.TouchedIn, published)) consumer.TouchedIn = null;
            }

            published.Clear();
            if (_spares.Count < 8) _spares.Push(published);
        }
    }

    // Batches of several threads may finish in any order.
    private void Advance(ulong sequence)
    {
        ulong known = Volatile.Read(ref _readable);
        while (sequence > known)
        {
            ulong before = Interlocked.CompareExchange(ref _readable, sequence, known);
            if (before == known) return;
            known = before;
        }
    }
}
