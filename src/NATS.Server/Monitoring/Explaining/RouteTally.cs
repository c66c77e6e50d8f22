namespace NATS.Server.Monitoring.Explaining;

/// <summary>Owned by one answer. Who gets a message, counted.</summary>
internal sealed class RouteTally
{
    private const int ShownStreams = 5;

    private readonly List<string> _streams = [];
    private int _clients;
    private int _queues;
    private int _servers;

    /// <summary>Who would match and does not get it.</summary>
    public int Refusals { get; private set; }

    /// <summary>Why the first of them does not.</summary>
    public string FirstRefusal { get; private set; } = "";

    /// <summary>The rule of the first of them that has one.</summary>
    public ExplainRule? FirstRule { get; private set; }

    /// <summary>What could be done about refusals.</summary>
    public HashSet<string> Hints { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether nobody gets it.</summary>
    public bool IsEmpty => _clients + _queues + _servers + _streams.Count == 0;

    public void AddClient(int count = 1) => _clients += count;

    public void AddQueue() => _queues++;

    public void AddServer() => _servers++;

    public void AddStream(string name) => _streams.Add(name);

    public void AddRefusal(string reason, ExplainRule? rule = null, string? hint = null)
    {
        if (Refusals++ == 0) FirstRefusal = reason;
        FirstRule ??= rule;
        if (hint is not null) Hints.Add(hint);
    }

    /// <summary>Takes over what another one refused, and what it counted.</summary>
    public void Add(RouteTally other)
    {
        _clients += other._clients;
        _queues += other._queues;
        _servers += other._servers;
        _streams.AddRange(other._streams);
        AddRefusals(other);
    }

    /// <summary>Takes over what another one refused.</summary>
    public void AddRefusals(RouteTally other)
    {
        if (other.Refusals == 0) return;
        if (Refusals == 0) FirstRefusal = other.FirstRefusal;
        Refusals += other.Refusals;
        FirstRule ??= other.FirstRule;
        Hints.UnionWith(other.Hints);
    }

    /// <summary>Such as <c>2 subscriptions, one member of a queue group and stream ORDERS</c>.</summary>
    public override string ToString()
    {
        List<string> parts = [];
        if (_clients > 0) parts.Add(_clients == 1 ? "1 subscription" : $"{_clients} subscriptions");
        if (_queues > 0) parts.Add(_queues == 1 ? "one member of a queue group" : $"one member of each of {_queues} queue groups");
        string[] streams = [.. _streams.Distinct(StringComparer.Ordinal)];
        if (streams.Length > ShownStreams) parts.Add($"{streams.Length} streams");
        else if (streams.Length > 0) parts.Add($"{(streams.Length == 1 ? "stream" : "streams")} {string.Join(", ", streams)}");
        if (_servers > 0) parts.Add("the server itself");
        return parts.Count switch
        {
            0 => "nobody",
            1 => parts[0],
            _ => $"{string.Join(", ", parts.Take(parts.Count - 1))} and {parts[^1]}",
        };
    }
}
