using System.Text.Json;

namespace NATS.Server.Testing.Transcripts;

/// <summary>
/// Thread-safe; one script at a time. Servers for many scripts: those that ask nothing of their server share one process, which is given to the next
/// script only once nothing of the last one is left in it. The others get a process of their own.
/// </summary>
public sealed class TranscriptServer(string executable) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private readonly HttpClient _monitor = new();
    private ServerProcess? _shared;
    private (int Connections, int Subscriptions) _idle;

    /// <summary>Plays a script and returns the note; see <see cref="TranscriptRunner"/>.</summary>
    public async Task<string> PlayAsync(TranscriptScript script, bool byteByByte = false)
    {
        ArgumentNullException.ThrowIfNull(script);
        if (!script.CanShareServer) return await TranscriptRunner.PlayAsync(executable, script, byteByByte);
        await _gate.WaitAsync();
        try
        {
            if (_shared is null)
            {
                _shared = await ServerProcess.StartAsync(executable, new ServerProcessOptions { Arguments = ["-m", "-1"] });
                _idle = await UsageAsync();
            }

            string note = await TranscriptRunner.PlayAsync(_shared, script, byteByByte);
            Eventually.Equal(_idle, () => UsageAsync().GetAwaiter().GetResult(), "the connections and subscriptions of the script are gone");
            return note;
        }
        catch
        {
            await ReplaceAsync();
            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ReplaceAsync();
        _monitor.Dispose();
        _gate.Dispose();
    }

    // The next script gets a new process.
    private async Task ReplaceAsync()
    {
        ServerProcess? old = _shared;
        _shared = null;
        if (old is not null) await old.DisposeAsync();
    }

    private async Task<(int Connections, int Subscriptions)> UsageAsync()
    {
        using JsonDocument varz = JsonDocument.Parse(await _monitor.GetStringAsync($"http://127.0.0.1:{_shared!.MonitorPort}/varz"));
        return (varz.RootElement.GetProperty("connections").GetInt32(), varz.RootElement.GetProperty("subscriptions").GetInt32());
    }
}
