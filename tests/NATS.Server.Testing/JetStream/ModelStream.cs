using NATS.Server.Core.JetStream.Streams;

namespace NATS.Server.Testing.JetStream;

/// <summary>Owned by a run. What a model knows of a stream: what was published, what is known to be stored and where, and what may be gone and why. A contradiction throws.</summary>
internal sealed class ModelStream(StreamConfig config)
{
    private readonly Dictionary<string, ModelMessage> _messages = new(StringComparer.Ordinal);
    private readonly SortedDictionary<ulong, ModelMessage> _bySequence = [];
    private readonly Dictionary<string, List<ModelMessage>> _byDuplicateId = new(StringComparer.Ordinal);
    private readonly List<ModelMessage> _rollups = [];

    // Said to be stored before it was known what is: the sequence, and by which id it is to be known.
    private readonly Dictionary<ulong, string> _promised = [];

    /// <summary>What clients have asked to delete or purge, whether or not that has happened.</summary>
    public HashSet<ulong> Deleted { get; } = [];

    public IReadOnlyDictionary<ulong, ModelMessage> BySequence => _bySequence;

    public void Add(ModelMessage message)
    {
        _messages.Add(message.Id, message);
        if (message.Rollup.Length > 0) _rollups.Add(message);
        if (message.DuplicateId.Length == 0) return;
        if (!_byDuplicateId.TryGetValue(message.DuplicateId, out List<ModelMessage>? same)) _byDuplicateId.Add(message.DuplicateId, same = []);
        same.Add(message);
    }

    public ModelMessage Find(string id) => _messages.TryGetValue(id, out ModelMessage? message) ? message : throw new InvalidOperationException($"{id} was never published");

    /// <summary>A message was seen in the stream, or is said to be there.</summary>
    public void Place(ModelMessage message, ulong sequence, string how)
    {
        if (message.IsRefused) throw new InvalidOperationException($"{message.Id} was refused, and was {how} as {sequence}");
        if (message.Batch is { } batch && (!batch.IsCommitted || batch.IsRefused)) throw new InvalidOperationException($"{message.Id} was {how} as {sequence}, but its batch {batch.Id} is not stored");
        if (message.Sequence != 0 && message.Sequence != sequence) throw new InvalidOperationException($"{message.Id} has the sequence {message.Sequence}, and was {how} as {sequence}");
        if (_bySequence.TryGetValue(sequence, out ModelMessage? other) && other != message) throw new InvalidOperationException($"sequence {sequence} is {other.Id}, and was {how} as {message.Id}");
        if (_promised.Remove(sequence, out string? promised) && promised != message.DuplicateId) throw new InvalidOperationException($"sequence {sequence} was said to have the id {promised}, and is {message.Id} of {message.DuplicateId}");
        bool isNew = message.Sequence == 0;
        message.Sequence = sequence;
        _bySequence[sequence] = message;
        if (!isNew) return;
        foreach (ModelMessage member in message.Batch?.Messages ?? []) Place(member, sequence - (ulong)message.Index + (ulong)member.Index, how);
        if (message.DuplicateId.Length > 0) CheckDuplicates(message);
    }

    public void Acknowledge(ModelMessage message, ulong sequence)
    {
        Place(message, sequence, "acknowledged");
        message.IsAcknowledged = true;
        message.HasReplaced = true;
    }

    public void Refuse(ModelMessage message)
    {
        message.IsRefused = true;
        if (message.Sequence != 0) throw new InvalidOperationException($"{message.Id} is refused, and has the sequence {message.Sequence}");
    }

    /// <summary>The publisher of a message was told that its id is known.</summary>
    public void KnowDuplicate(ModelMessage message, ulong sequence)
    {
        Refuse(message);
        if (!_bySequence.TryGetValue(sequence, out ModelMessage? first))
        {
            _promised[sequence] = message.DuplicateId;
            return;
        }

        if (first.DuplicateId != message.DuplicateId) throw new InvalidOperationException($"{message.Id} is said to be a duplicate of {first.Id}, which has another id");
        if (message.TimeNs - first.TimeNs > config.DuplicateWindowNs) throw new InvalidOperationException($"{message.Id} is said to be a duplicate of {first.Id}, which is too old for that");
        first.IsAcknowledged = true;
    }

    /// <summary>Whether something took its place; consumers are not asked.</summary>
    public bool MayBeGone(ModelMessage message)
    {
        if (Deleted.Contains(message.Sequence)) return true;
        foreach (ModelMessage rollup in _rollups)
        {
            if (rollup.Replaces(message)) return true;
        }

        return config.MaxMessagesPerSubject > 0 && config.Discard == DiscardPolicy.Old && CountAfter(message) >= config.MaxMessagesPerSubject;
    }

    /// <summary>Whether it has to be gone. What a limit of its subject has pushed out is not said to be gone in the files: with fewer messages of the subject it is there again after a crash.</summary>
    public bool IsReplaced(ModelMessage message) => config.MaxMessagesPerSubject <= 0 && _rollups.Exists(rollup => rollup.HasReplaced && rollup.Replaces(message));

    /// <summary>After a start everything that is in the stream is known: what was promised and is not there is lost, unless it was asked for.</summary>
    public void CheckPromises()
    {
        foreach ((ulong sequence, string id) in _promised)
        {
            if (!Deleted.Contains(sequence)) throw new InvalidOperationException($"{sequence} was said to be a duplicate with the id {id}, and is not there");
        }

        _promised.Clear();
    }

    // A batch that was torn may have pushed messages out, and be gone itself.
    private int CountAfter(ModelMessage message)
    {
        int count = 0;
        foreach (ModelMessage other in _messages.Values)
        {
            if (other.Subject != message.Subject || other == message || other.IsRefused) continue;
            bool mayHaveBeen = other.Sequence == 0 && other.Batch is { IsCommitted: true, IsRefused: false };
            if (other.Sequence > message.Sequence || mayHaveBeen) count++;
        }

        return count;
    }

    // Two with the same id are further apart than the window, unless the first had left before the server began to remember.
    private void CheckDuplicates(ModelMessage message)
    {
        foreach (ModelMessage other in _byDuplicateId[message.DuplicateId])
        {
            if (other == message || other.Sequence == 0) continue;
            (ModelMessage first, ModelMessage second) = other.Sequence < message.Sequence ? (other, message) : (message, other);
            if (second.TimeNs - first.TimeNs >= config.DuplicateWindowNs || first.Life != second.Life) continue;
            throw new InvalidOperationException($"{first.Id} and {second.Id} are both stored, with the same id {message.DuplicateId}");
        }
    }
}
