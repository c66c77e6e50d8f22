using System.Text.Json;
using NATS.Server.Testing;

namespace NATS.Server.InteropTests.Storage;

/// <summary>Owned by one test. The reference at work on a stream of a store directory, until it is stopped or killed.</summary>
internal sealed class ReferenceWork : IStreamWork, IAsyncDisposable
{
    private readonly ServerProcess _server;
    private readonly JetStreamScript _script;

    private ReferenceWork(ServerProcess server, JetStreamScript script)
    {
        _server = server;
        _script = script;
    }

    public JetStreamScript Script => _script;

    public IReadOnlyList<string> Log => _server.Log;

    public static async Task<ReferenceWork> StartAsync(TemporaryFolder folder, StoreVariant variant, StoreVariant? previous = null)
    {
        ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Config = variant.ConfigFor(folder.Path, previous) });
        try
        {
            return new ReferenceWork(server, await JetStreamScript.ConnectAsync(server));
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>What it warned of since it started.</summary>
    public IEnumerable<string> Warnings =>
        Log.Where(line => line.Contains("[WRN]", StringComparison.Ordinal) || line.Contains("[ERR]", StringComparison.Ordinal));

    public Task PublishAsync(IReadOnlyList<(string Subject, string Headers, string Payload)> messages) => _script.PublishAsync(messages);

    public async Task DeleteAsync(ulong sequence, bool erase) =>
        await _script.RequestAsync("$JS.API.STREAM.MSG.DELETE.S", $$"""{"seq":{{sequence}},"no_erase":{{(erase ? "false" : "true")}}}""");

    public async Task PurgeAsync(string filter, ulong before, ulong keep)
    {
        Dictionary<string, object> request = [];
        if (filter.Length > 0) request["filter"] = filter;
        if (before > 0) request["seq"] = before;
        if (keep > 0) request["keep"] = keep;
        await _script.RequestAsync("$JS.API.STREAM.PURGE.S", JsonSerializer.Serialize(request));
    }

    public Task<StoreContents> ReadAsync() => StoreContents.OfAsync(_script);

    /// <summary>Ends it cleanly.</summary>
    public async Task StopAsync()
    {
        await _script.DisposeAsync();
        await _server.StopAsync();
    }

    /// <summary>Ends it with signal 9.</summary>
    public async Task KillAsync()
    {
        await _script.DisposeAsync();
        _server.Signal("KILL");
        await _server.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _script.DisposeAsync();
        await _server.DisposeAsync();
    }
}
