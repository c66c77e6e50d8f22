using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace NATS.Server.Connections.Portable;

/// <summary>
/// The engine for every platform and for streams: sockets and streams of the class library, handled on pool threads. A context is rented for
/// each batch. Thread-safe.
/// </summary>
internal sealed class PortableEngine(EngineClock clock, BlockPool pool, Action<Exception> onFault) : IConnectionEngine
{
    private readonly Stack<LoopContext> _idle = new();
    private readonly ConcurrentQueue<LoopContext> _all = new();
    private int _seed = 1000;

    public EngineClock Clock => clock;

    public BlockPool Pool => pool;

    public IReadOnlyList<LoopContext> Contexts => [.. _all];

    public void OnFault(Exception exception) => onFault(exception);

    /// <summary>A context for one batch; at most one is made for each thread that handles batches at the same time.</summary>
    public LoopContext Rent()
    {
        LoopContext? context;
        lock (_idle) _idle.TryPop(out context);
        if (context is null)
        {
            context = new LoopContext(Interlocked.Increment(ref _seed));
            _all.Enqueue(context);
        }

        clock.Stamp(context);
        return context;
    }

    /// <summary>Sends what the batch staged and gives the context back.</summary>
    public void Return(LoopContext context)
    {
        context.FlushAll();
        lock (_idle) _idle.Push(context);
    }

    /// <summary>Calls back after a short time, without a thread that waits.</summary>
    public void After(int milliseconds, Action action)
    {
        ITimer? timer = null;
        timer = clock.Time.CreateTimer(
            _ =>
            {
                action();
                timer?.Dispose();
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        timer.Change(TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
    }

    public IDisposable Accept(Socket listener, Func<Connection, bool> accepted, Action<string, TimeSpan> acceptError) =>
        new Acceptor(this, listener, accepted, acceptError);

    public void Serve(Stream stream, IPEndPoint? remote, Func<Connection, bool> accepted)
    {
        var connection = new StreamConnection(this, stream, remote);
        if (accepted(connection)) connection.Start();
        else stream.Dispose();
    }

    public void Dispose()
    {
        // Its connections have been closed; contexts are left to the collector.
    }

    private sealed class Acceptor : IDisposable
    {
        private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(10);
        private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);

        private readonly PortableEngine _engine;
        private readonly Socket _listener;
        private readonly Func<Connection, bool> _accepted;
        private readonly Action<string, TimeSpan> _acceptError;
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _task;

        public Acceptor(PortableEngine engine, Socket listener, Func<Connection, bool> accepted, Action<string, TimeSpan> acceptError)
        {
            _engine = engine;
            _listener = listener;
            _accepted = accepted;
            _acceptError = acceptError;
            _task = Task.Run(RunAsync);
        }

        private async Task RunAsync()
        {
            TimeSpan pause = MinPause;
            while (!_stop.IsCancellationRequested)
            {
                try
                {
                    Socket socket = await _listener.AcceptAsync(_stop.Token);
                    pause = MinPause;
                    if (socket.RemoteEndPoint is not IPEndPoint remote)
                    {
                        socket.Dispose();
                        continue;
                    }

                    if (remote.Address.IsIPv4MappedToIPv6) remote = new IPEndPoint(remote.Address.MapToIPv4(), remote.Port);
                    var connection = new SocketConnection(_engine, socket, remote);
                    if (_accepted(connection)) connection.Start();
                    else socket.Dispose();
                }
                catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
                {
                    return;
                }
                catch (SocketException exception)
                {
                    _acceptError(exception.Message, pause);
                    await Task.Delay(pause, _engine.Clock.Time, CancellationToken.None);
                    pause = pause * 2 > MaxPause ? MaxPause : pause * 2;
                }
            }
        }

        public void Dispose()
        {
            if (_stop.IsCancellationRequested) return;
            _stop.Cancel();
            _listener.Dispose();
            _task.Wait();
            _stop.Dispose();
        }
    }
}
