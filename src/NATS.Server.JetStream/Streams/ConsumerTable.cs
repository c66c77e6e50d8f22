using System.Diagnostics.CodeAnalysis;
using System.Text;
using NATS.Server.Core.Subjects;
using NATS.Server.JetStream.Consumers;

namespace NATS.Server.JetStream.Streams;

/// <summary>Owned by the stream's lock. The consumers of a stream by name, and those that want to hear of a subject.</summary>
internal sealed class ConsumerTable
{
    private readonly Dictionary<string, Consumer> _byName = new(StringComparer.Ordinal);
    private readonly Sublist<Consumer> _filtered = new();
    private readonly SublistMatch<Consumer> _match = new();
    private Consumer[] _unfiltered = [];

    public int Count => _byName.Count;

    public IReadOnlyCollection<Consumer> All => _byName.Values;

    public bool TryGet(string name, [NotNullWhen(true)] out Consumer? consumer) => _byName.TryGetValue(name, out consumer);

    public void Add(Consumer consumer)
    {
        _byName.Add(consumer.Name, consumer);
        AddFilters(consumer);
    }

    public bool Remove(Consumer consumer)
    {
        if (!_byName.TryGetValue(consumer.Name, out Consumer? known) || !ReferenceEquals(known, consumer)) return false;
        _byName.Remove(consumer.Name);
        RemoveFilters(consumer);
        return true;
    }

    /// <summary>Puts other filters of a consumer in force.</summary>
    /// <param name="consumer">Whose.</param>
    /// <param name="change">Changes them.</param>
    public void ChangeFilters(Consumer consumer, Action change)
    {
        RemoveFilters(consumer);
        change();
        AddFilters(consumer);
    }

    /// <summary>Notes the consumers that want to hear of a subject in a batch.</summary>
    /// <returns>False when there is none.</returns>
    public bool Touch(ReadOnlySpan<byte> subject, PublishedBatch batch)
    {
        foreach (Consumer consumer in _unfiltered) Touch(consumer, batch);
        if (_filtered.Count == 0) return _unfiltered.Length > 0;
        _filtered.Match(subject, _match);
        foreach (Consumer consumer in _match.Plain) Touch(consumer, batch);
        return _unfiltered.Length > 0 || _match.Plain.Length > 0;
    }

    private static void Touch(Consumer consumer, PublishedBatch batch)
    {
        if (ReferenceEquals(consumer.TouchedIn, batch)) return;
        consumer.TouchedIn = batch;
        batch.Consumers.Add(consumer);
    }

    private void AddFilters(Consumer consumer)
    {
        if (consumer.Filter.IsAll)
        {
            _unfiltered = [.. _unfiltered, consumer];
            return;
        }

        foreach (string filter in consumer.Config.Filters) _filtered.Insert(Encoding.UTF8.GetBytes(filter), null, consumer);
    }

    private void RemoveFilters(Consumer consumer)
    {
        if (consumer.Filter.IsAll)
        {
            _unfiltered = [.. _unfiltered.Where(other => !ReferenceEquals(other, consumer))];
            return;
        }

        foreach (string filter in consumer.Config.Filters) _filtered.Remove(Encoding.UTF8.GetBytes(filter), null, consumer);
    }
}
