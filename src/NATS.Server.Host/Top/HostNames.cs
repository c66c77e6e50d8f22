using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace NATS.Server.Host.Top;

/// <summary>Names of addresses, asked for in the background and kept. Thread-safe.</summary>
internal sealed class HostNames
{
    /// <summary>Names that are kept: past that, addresses stand for themselves.</summary>
    private const int Maximum = 10_000;
    private const int MaximumAtOnce = 8;

    private readonly ConcurrentDictionary<string, string?> _names = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _room = new(MaximumAtOnce);

    /// <summary>The name of an address; null when it is not known, or not yet.</summary>
    public string? Of(string address)
    {
        if (_names.TryGetValue(address, out string? name)) return name;
        if (_names.Count < Maximum && IPAddress.TryParse(address, out IPAddress? parsed) && _names.TryAdd(address, null)) _ = AskAsync(address, parsed);
        return null;
    }

    /// <summary>Waits for the names of addresses, or until there is no time left.</summary>
    public async Task ResolveAsync(IEnumerable<string> addresses, CancellationToken cancellationToken)
    {
        Task[] asked = [.. addresses.Distinct(StringComparer.Ordinal).Take(Maximum).Where(address => _names.TryAdd(address, null))
            .Select(address => IPAddress.TryParse(address, out IPAddress? parsed) ? AskAsync(address, parsed) : Task.CompletedTask)];
        try
        {
            await Task.WhenAll(asked).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Those that did not come are shown as addresses.
        }
    }

    private async Task AskAsync(string address, IPAddress parsed)
    {
        await _room.WaitAsync();
        try
        {
            IPHostEntry entry = await Dns.GetHostEntryAsync(parsed);
            if (entry.HostName.Length > 0 && entry.HostName != address) _names[address] = entry.HostName;
        }
        catch (Exception problem) when (problem is SocketException or ArgumentException)
        {
            // It has no name.
        }
        finally
        {
            _room.Release();
        }
    }
}
