using System.Collections.Concurrent;

namespace NATS.Server.Sessions;

/// <summary>The open client sessions by id. Thread-safe.</summary>
internal sealed class ClientRegistry(int maxClosed)
{
    private readonly ConcurrentDictionary<ulong, ClientSession> _open = new();
    private int _count;

    /// <summary>How many closed connections are remembered.</summary>
    public int MaxClosed { get; } = maxClosed;

    public int Count => Volatile.Read(ref _count);

    public IEnumerable<ClientSession> Open => _open.Select(static pair => pair.Value);

    public ClientSession? Find(ulong id) => _open.GetValueOrDefault(id);

    /// <summary>Adds a session unless the limit is reached.</summary>
    /// <param name="session">The new session.</param>
    /// <param name="maxConnections">Negative refuses every connection; 0 is no limit.</param>
    public bool TryAdd(ClientSession session, int maxConnections)
    {
        int count = Interlocked.Increment(ref _count);
        if (maxConnections < 0 || (maxConnections > 0 && count > maxConnections))
        {
            Interlocked.Decrement(ref _count);
            return false;
        }

        _open[session.Id] = session;
        return true;
    }

    public bool Remove(ClientSession session)
    {
        if (!_open.TryRemove(session.Id, out _)) return false;
        Interlocked.Decrement(ref _count);
        return true;
    }
}
