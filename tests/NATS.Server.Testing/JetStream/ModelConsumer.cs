namespace NATS.Server.Testing.JetStream;

/// <summary>Owned by a run. What a model knows of a consumer.</summary>
internal sealed class ModelConsumer(string name, string filter, bool isPush)
{
    public string Name => name;

    public string Filter => filter;

    /// <summary>The server sends without being asked.</summary>
    public bool IsPush => isPush;

    /// <summary>Deliveries that have no answer.</summary>
    public List<(ulong Sequence, string Reply)> Outstanding { get; } = [];

    /// <summary>What a client has acknowledged, whether or not that has arrived.</summary>
    public HashSet<ulong> Answered { get; } = [];

    /// <summary>What the consumer has confirmed to be acknowledged.</summary>
    public HashSet<ulong> Confirmed { get; } = [];

    /// <summary>The floor that was seen last; it only ever rises while the server lives.</summary>
    public (ulong Consumer, ulong Stream) Floor { get; set; }

    public bool Wants(string subject) => filter.Length == 0 || subject == filter;
}
