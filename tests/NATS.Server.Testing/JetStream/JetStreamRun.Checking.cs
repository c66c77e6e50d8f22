using System.Globalization;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Storage;
using Stream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.Testing.JetStream;

/// <content>What is seen of the stream, and whether it may be so.</content>
public sealed partial class JetStreamRun
{
    // After a crash acknowledgements on their way are lost; what was confirmed is not.
    private void Begin(SimulatedJetStream world, bool isClean)
    {
        _world = world;
        _world.AnswerRequests();
        _life++;
        _open = null;
        _isDead = false;
        _answers.Clear();
        Connect();
        foreach (ModelConsumer consumer in _consumers)
        {
            (ulong, ulong) floor = consumer.Floor;
            consumer.Floor = FloorOf(ConsumerOf(consumer).Info());
            if (isClean && floor.CompareTo(consumer.Floor) > 0) throw new InvalidOperationException($"the floor of {consumer.Name} went back from {floor} to {consumer.Floor}");
        }

        HashSet<ulong> present = [];
        foreach (ModelMessage message in Present())
        {
            present.Add(message.Sequence);
            if (_model.IsReplaced(message)) throw new InvalidOperationException($"message {message.Sequence} is there, and a later one took its place");
        }

        CheckBatches(present);
        foreach ((ulong sequence, ModelMessage message) in _model.BySequence)
        {
            if (present.Contains(sequence) || !message.IsAcknowledged || MayBeGone(message)) continue;
            throw new InvalidOperationException($"message {sequence}, {message.Id}, was acknowledged and is lost");
        }

        _model.CheckPromises();
        if (!_isCopied) return;
        _lostInMirror.UnionWith(StreamOf("MIRROR").Store.Lost?.Sequences ?? []);
        _lostInCopy.UnionWith(StreamOf("COPY").Store.Lost?.Sequences ?? []);
    }

    // Of a batch that is there nothing is missing without a reason.
    private void CheckBatches(HashSet<ulong> present)
    {
        ulong last = Stream.Store.State.LastSequence;
        foreach (ModelMessage message in _model.BySequence.Values)
        {
            if (message.Batch is not { } batch || present.Contains(message.Sequence) || !batch.Messages.Exists(member => present.Contains(member.Sequence))) continue;
            if (message.Sequence > last || !MayBeGone(message)) throw new InvalidOperationException($"{message.Id} of batch {batch.Id} is not there, but others of it are: the stream ends at {last}");
        }
    }

    // Everything that is in the stream, in its order.
    private List<ModelMessage> Present()
    {
        List<ModelMessage> present = [];
        ulong next = 0;
        while (Stream.Store.LoadNext(MessageFilter.All, next, out StoredMessage message, out _) == StoreResult.Ok)
        {
            next = message.Sequence + 1;
            ModelMessage known = _model.Find(TextOf(message));
            if (known.Subject != Encoding.UTF8.GetString(message.Subject)) throw new InvalidOperationException($"{known.Id} is stored under another subject");
            _model.Place(known, message.Sequence, "found");
            present.Add(known);
        }

        if (_config.MaxMessagesPerSubject > 0 && present.GroupBy(static message => message.Subject).Any(group => group.Count() > _config.MaxMessagesPerSubject))
            throw new InvalidOperationException("a subject has more messages than it may have");
        return present;
    }

    // Consumers have said, or may have said, that they are done with it; or something else is the reason.
    private bool MayBeGone(ModelMessage message)
    {
        if (_model.MayBeGone(message)) return true;
        return _config.Retention switch
        {
            RetentionPolicy.Limits => false,
            RetentionPolicy.WorkQueue => _consumers.Exists(consumer => consumer.Answered.Contains(message.Sequence)),
            _ => _consumers.TrueForAll(consumer => !consumer.Wants(message.Subject) || consumer.Answered.Contains(message.Sequence)),
        };
    }

    // What consumers say of themselves when nothing is to be done.
    private void CheckConsumers()
    {
        RunUntilIdle();
        List<ModelMessage> present = Present();
        foreach (ModelConsumer consumer in _consumers)
        {
            ConsumerInfo info = ConsumerOf(consumer).Info();
            (ulong, ulong) floor = FloorOf(info);
            if (floor.CompareTo(consumer.Floor) < 0) throw new InvalidOperationException($"the floor of {consumer.Name} went back from {consumer.Floor} to {floor}");
            consumer.Floor = floor;
            int pending = present.Count(message => message.Sequence > info.Delivered.Stream && consumer.Wants(message.Subject));
            if (info.Pending != (ulong)pending) throw new InvalidOperationException($"consumer {consumer.Name} says that {info.Pending} are pending, and {pending} are");
        }
    }

    // One that has delivered nothing has its floor where it would begin, which may be found anew.
    private static (ulong Consumer, ulong Stream) FloorOf(ConsumerInfo info) => info.AckFloor.Consumer == 0 ? default : (info.AckFloor.Consumer, info.AckFloor.Stream);

    private void OnMessage(SimulatedMessage message)
    {
        if (_isDead) return;
        string[] tokens = message.Subject.Split('.');
        switch (tokens)
        {
            case ["_INBOX", "pub", string id]:
                OnPublished(_model.Find(id), message.Payload);
                break;
            case ["_INBOX", "done", string name, string confirmed]:
                _consumers.Find(consumer => consumer.Name == name)!.Confirmed.Add(ulong.Parse(confirmed, CultureInfo.InvariantCulture));
                break;
            case ["_INBOX", "purged", string count]:
                if (!message.Payload.Contains($"\"purged\":{count}", StringComparison.Ordinal)) throw new InvalidOperationException($"{count} messages were to be purged: {message.Payload}");
                break;
            case ["_INBOX", "deleted", string deleted]:
                bool isThere = Stream.Store.Load(ulong.Parse(deleted, CultureInfo.InvariantCulture), out _) == StoreResult.Ok;
                if (isThere) throw new InvalidOperationException($"{deleted} was to be deleted: {message.Payload}");
                break;
            case ["push", _]:
                if (message.Reply.Length > 0) _answers.Add(new SimulatedMessage(message.Reply, "", "", ""));
                break;
            case ["s", _]:
                OnDelivery(message);
                break;
        }
    }

    private void OnPublished(ModelMessage message, string answer)
    {
        // A message of a batch that goes on.
        if (answer.Length == 0) return;
        using var document = JsonDocument.Parse(answer);
        JsonElement root = document.RootElement;
        if (root.TryGetProperty("error", out JsonElement error))
        {
            string text = error.GetProperty("description").GetString()!;
            bool isLimit = _config.DiscardNewPerSubject && text == "maximum messages per subject exceeded";
            if (message.Batch is null && !isLimit) throw new InvalidOperationException(answer);
            foreach (ModelMessage member in message.Batch?.Messages ?? [message]) _model.Refuse(member);
            if (message.Batch is { } refused) refused.IsRefused = true;
            if (_open == message.Batch) _open = null;
            return;
        }

        ulong sequence = root.GetProperty("seq").GetUInt64();
        if (root.TryGetProperty("duplicate", out _))
        {
            _model.KnowDuplicate(message, sequence);
            return;
        }

        if (message.Batch is not { } batch)
        {
            _model.Acknowledge(message, sequence);
            return;
        }

        if (root.GetProperty("count").GetInt32() != batch.Messages.Count) throw new InvalidOperationException($"batch {batch.Id} has {batch.Messages.Count} messages: {answer}");
        foreach (ModelMessage member in batch.Messages) _model.Acknowledge(member, sequence - (ulong)(batch.Messages.Count - 1 - member.Index));
    }

    private void OnDelivery(SimulatedMessage message)
    {
        if (!AckReply.TryParse(Encoding.UTF8.GetBytes(message.Reply), out AckReply ack)) throw new InvalidOperationException($"reply {message.Reply}");
        ModelConsumer consumer = _consumers.Find(consumer => consumer.Name == message.Reply.Split('.')[3])!;
        ulong sequence = ack.StreamSequence;
        ModelMessage known = _model.Find(message.Payload.TrimEnd());
        if (known.Subject != message.Subject) throw new InvalidOperationException($"{message.Payload} was never published to {message.Subject}");
        if (!consumer.Wants(message.Subject)) throw new InvalidOperationException($"consumer {consumer.Name} does not want {message.Subject}");
        if (consumer.Confirmed.Contains(sequence)) throw new InvalidOperationException($"message {sequence} was delivered to {consumer.Name} after its acknowledgement was confirmed");
        _model.Place(known, sequence, "delivered");
        consumer.Outstanding.Add((sequence, message.Reply));
    }

    // At the end every consumer gets everything that is there.
    private void Drain()
    {
        RunUntilIdle();
        int quiet = 0;
        for (int round = 0; quiet < 3; round++)
        {
            if (round > 10_000) throw new InvalidOperationException("consumers deliver without end");
            bool isQuiet = true;
            foreach (ModelConsumer consumer in _consumers)
            {
                if (!consumer.IsPush) _world.Publish(($"$JS.API.CONSUMER.MSG.NEXT.S.{consumer.Name}", $"_INBOX.next.{consumer.Name}", "{\"batch\":20,\"no_wait\":true}"));
                RunUntilIdle();
                (ulong Sequence, string Reply)[] outstanding = [.. consumer.Outstanding];
                consumer.Outstanding.Clear();
                foreach ((ulong sequence, string reply) in outstanding)
                {
                    isQuiet = false;
                    consumer.Answered.Add(sequence);
                    _world.Publish((reply, $"_INBOX.done.{consumer.Name}.{sequence}", "+ACK"));
                }

                RunUntilIdle();
            }

            _world.Advance(TimeSpan.FromSeconds(11));
            RunUntilIdle();
            quiet = isQuiet ? quiet + 1 : 0;
        }

        CheckConsumers();

        // What consumers had acknowledged before a crash, and was not removed from the stream before it, is when the stream is opened.
        foreach (ModelConsumer consumer in _consumers) CheckDrained(consumer);
        if (_isCopied) CheckCopies();
    }

    private void CheckDrained(ModelConsumer consumer)
    {
        ConsumerInfo info = ConsumerOf(consumer).Info();
        if (info.Pending != 0 || info.AckPending != 0) throw new InvalidOperationException($"consumer {consumer.Name} has everything, and says that {info.Pending} are pending and {info.AckPending} not acknowledged");
        foreach (ModelMessage message in Present())
        {
            // One that was deleted or replaced, and came back since the power went before that was durable, is owed to nobody.
            if (!consumer.Wants(message.Subject) || _model.MayBeGone(message)) continue;
            if (!consumer.Answered.Contains(message.Sequence)) throw new InvalidOperationException($"message {message.Sequence} was never delivered to {consumer.Name}, or not until it was acknowledged");
            if (IsWorkQueue) throw new InvalidOperationException($"message {message.Sequence} was acknowledged by {consumer.Name}, and is still in the queue");
        }
    }

    // A mirror has what is there under the same sequence, a stream with a source once and in the same order; both may have more.
    private void CheckCopies()
    {
        List<ModelMessage> present = [.. Present().Where(message => !_model.MayBeGone(message))];
        for (int round = 0; round < 30 && !HasAll("COPY", present); round++)
        {
            _world.Advance(TimeSpan.FromSeconds(11));
            RunUntilIdle();
        }

        // What was on its way to the device when the power went may leave a hole, behind which a copy goes on.
        foreach (ModelMessage message in present.Where(message => !_lostInMirror.Contains(message.Sequence)))
        {
            if (StreamOf("MIRROR").Store.Load(message.Sequence, out StoredMessage mirrored) != StoreResult.Ok) throw new InvalidOperationException($"message {message.Sequence} is not in the mirror");
            if (TextOf(mirrored) != message.Id) throw new InvalidOperationException($"message {message.Sequence} is another in the mirror");
        }

        List<string> copied = PayloadsOf("COPY");
        List<string> wanted = [.. present.Select(static message => message.Id)];
        if (copied.Distinct(StringComparer.Ordinal).Count() != copied.Count) throw new InvalidOperationException("the stream with the source has messages twice");
        string[] found = [.. copied.Where(new HashSet<string>(wanted, StringComparer.Ordinal).Contains)];
        if (wanted.Count - found.Length <= _lostInCopy.Count) wanted.RemoveAll(id => !found.Contains(id, StringComparer.Ordinal));
        if (!found.SequenceEqual(wanted, StringComparer.Ordinal)) throw new InvalidOperationException($"the stream with the source has {string.Join(' ', found)}, and should have {string.Join(' ', wanted)}");
    }

    private static string TextOf(in StoredMessage message) => Encoding.UTF8.GetString(message.Payload).TrimEnd();

    private bool HasAll(string name, List<ModelMessage> wanted)
    {
        HashSet<string> there = new(PayloadsOf(name), StringComparer.Ordinal);
        return wanted.TrueForAll(message => there.Contains(message.Id));
    }

    private List<string> PayloadsOf(string name)
    {
        List<string> payloads = [];
        ulong next = 0;
        Stream stream = StreamOf(name);
        while (stream.Store.LoadNext(MessageFilter.All, next, out StoredMessage message, out _) == StoreResult.Ok)
        {
            next = message.Sequence + 1;
            payloads.Add(TextOf(message));
        }

        return payloads;
    }
}
