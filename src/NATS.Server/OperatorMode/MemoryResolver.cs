using System.Collections.Concurrent;

namespace NATS.Server.OperatorMode;

/// <summary>Knows the accounts that were given to it. Thread-safe.</summary>
internal sealed class MemoryResolver : IAccountResolver
{
    private readonly ConcurrentDictionary<string, string> _tokens = new(StringComparer.Ordinal);

    public bool IsReadOnly => false;

    public ValueTask<string> FetchAsync(string account, CancellationToken cancellation) =>
        _tokens.TryGetValue(account, out string? token) ? new(token) : throw new ResolverException("account missing");

    public void Store(string account, string token) => _tokens[account] = token;

    /// <summary>Forgets all accounts but these.</summary>
    public void Keep(IEnumerable<string> accounts)
    {
        var kept = new HashSet<string>(accounts, StringComparer.Ordinal);
        foreach (string account in _tokens.Keys)
        {
            if (!kept.Contains(account)) _tokens.TryRemove(account, out _);
        }
    }

    public void Dispose()
    {
    }
}
