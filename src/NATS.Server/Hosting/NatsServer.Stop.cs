using NATS.Server.Connections;
using NATS.Server.Sessions;

namespace NATS.Server;

/// <summary>Ending: at once, or slowly as a lame duck.</summary>
public sealed partial class NatsServer
{
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(5);

    /// <summary>Stops: no new connections, all connections closed, everything released. Completes when done; calling it again waits for the same end.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _state, 2) == 2)
        {
            await _stopped.Task;
            return;
        }

        if (_hasStarted) Log.InitiatingShutdown(_log); // a start that fails is told by its error alone
        await _systemEvents.StopAsync(_hasStarted);
        _context.IsShuttingDown = true;
        await _stopping.CancelAsync();
        _acceptor?.Dispose();
        foreach (ClientSession session in _context.Clients.Open) session.Connection.Close(ClosedState.ServerShutdown);
        _ocspResponder?.Dispose(); // nobody waits for an authority any more
        await WaitForConnectionsAsync();
        await _profiler.DisposeAsync();
        await _monitoring.DisposeAsync();
        if (_ticker is not null) await _ticker.DisposeAsync();
        if (_operatorService is not null) await _operatorService.DisposeAsync();
        CloseJetStream();
        _engine.Dispose();
        if (_hasStarted) Log.Exiting(_log);
        _stopped.TrySetResult();
    }

    /// <summary>Connections end within a moment; one whose peer does not take its last bytes is cut off.</summary>
    private async Task WaitForConnectionsAsync()
    {
        var end = Task.Delay(CloseTime);
        while (_context.Clients.Count > 0 || !_context.ClosingClients.IsEmpty)
        {
            if (end.IsCompleted)
            {
                foreach (KeyValuePair<ClientSession, bool> closing in _context.ClosingClients) closing.Key.Connection.Abandon();
                return;
            }

            await Task.Delay(1);
        }
    }

    /// <summary>
    /// Begins lame duck mode: no new connections, clients are told, and after the grace period closed one by one over the lame duck duration;
    /// then the server stops. Completes when it has stopped.
    /// </summary>
    public async Task EnterLameDuckAsync()
    {
        if (_context.IsLameDuck || _context.IsShuttingDown || _acceptor is null)
        {
            await _stopped.Task;
            return;
        }

        Log.EnteringLameDuck(_log);
        _systemEvents.TellLameDuck();
        _context.IsLameDuck = true;
        _acceptor.Dispose();
        if (_context.Clients.Count == 0)
        {
            await StopAsync();
            return;
        }

        _context.Info = CreateInfo(Options, ClientEndPoint!.Port);
        ClientSession[] clients = [.. _context.Clients.Open];
        foreach (ClientSession client in clients) client.SendInfo(_context.Info);
        try
        {
            await Task.Delay(Options.LameDuckGracePeriod, _clock.Time, _stopping.Token);
            Log.ClosingClients(_log);
            await CloseOneByOneAsync(clients);
        }
        catch (OperationCanceledException)
        {
            // Stopped in the meantime.
        }

        await StopAsync();
    }

    private async Task CloseOneByOneAsync(ClientSession[] clients)
    {
        TimeSpan duration = Options.LameDuckDuration - Options.LameDuckGracePeriod;
        if (duration <= TimeSpan.Zero) duration = TimeSpan.FromSeconds(1);
        TimeSpan interval = duration / clients.Length;
        if (interval > TimeSpan.FromSeconds(1)) interval = TimeSpan.FromSeconds(1);
        int batch = Math.Max(1, (int)(TimeSpan.FromMilliseconds(1) / interval));
        for (int i = 0; i < clients.Length; i++)
        {
            clients[i].Connection.Close(ClosedState.ServerShutdown, new CloseDetail("the server is in lame duck mode and closes its clients one by one") { Rule = "lame_duck_duration" });
            if (i == clients.Length - 1 || i % batch != 0) continue;

            // Between half of the interval and all of it, so that reconnects of several servers' clients do not come in step.
            await Task.Delay(interval * (0.5 + (Random.Shared.NextDouble() / 2)), _clock.Time, _stopping.Token);
        }
    }
}
