using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace NATS.Server.Connections.Epoll;

/// <summary>
/// The engine for Linux: a few event loops with direct system calls; see docs/adr/002-own-epoll-loops.md. Streams, which have no descriptor to
/// wait for, are served by the portable engine it is given.
/// </summary>
internal sealed class EpollEngine : IConnectionEngine
{
    private readonly EventLoop[] _loops;
    private readonly LoopContext[] _contexts;
    private readonly EngineClock _clock;
    private readonly BlockPool _pool;
    private readonly IConnectionEngine _streams;
    private int _next;
    private int _generation;

    public EpollEngine(int loops, EngineClock clock, BlockPool pool, IConnectionEngine streams, Action<Exception> onFault)
    {
        _clock = clock;
        _pool = pool;
        _streams = streams;
        _loops = new EventLoop[loops];
        _contexts = new LoopContext[loops];
        for (int i = 0; i < loops; i++)
        {
            _loops[i] = new EventLoop(i, clock, onFault);
            _contexts[i] = _loops[i].Context;
        }

        foreach (EventLoop loop in _loops) loop.Start();
    }

    public static bool IsSupported => OperatingSystem.IsLinux();

    public IReadOnlyList<LoopContext> Contexts => [.. _contexts, .. _streams.Contexts];

    public LoopContext Rent() => _streams.Rent();

    public void Return(LoopContext context) => _streams.Return(context);

    public IDisposable Accept(Socket listener, Func<Connection, bool> accepted, Action<string, TimeSpan> acceptError) =>
        new Acceptor(this, listener, accepted, acceptError);

    public void Serve(Stream stream, IPEndPoint? remote, Func<Connection, bool> accepted) => _streams.Serve(stream, remote, accepted);

    private unsafe void Adopt(int fd, IPEndPoint remote, Func<Connection, bool> accepted)
    {
        int one = 1;
        _ = Libc.SetSockOpt(fd, Libc.IpProtoTcp, Libc.TcpNoDelay, &one, sizeof(int));
        EventLoop loop = _loops[(uint)Interlocked.Increment(ref _next) % (uint)_loops.Length];
        var connection = new EpollConnection(loop, _clock, _pool, fd, remote, Interlocked.Increment(ref _generation) & 0x7FFFFFFF);
        if (!accepted(connection))
        {
            _ = Libc.Close(fd);
            return;
        }

        loop.Post(connection, LoopRequest.Register);
    }

    public void Dispose()
    {
        foreach (EventLoop loop in _loops) loop.Dispose();
        _streams.Dispose();
    }

    /// <summary>A thread that accepts. Blocking accept in a thread of its own keeps floods of connections away from the loops.</summary>
    private sealed class Acceptor : IDisposable
    {
        private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(10);
        private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);

        private readonly EpollEngine _engine;
        private readonly Socket _listener;
        private readonly Func<Connection, bool> _accepted;
        private readonly Action<string, TimeSpan> _acceptError;
        private readonly ManualResetEventSlim _stopped = new();
        private readonly Thread _thread;

        public Acceptor(EpollEngine engine, Socket listener, Func<Connection, bool> accepted, Action<string, TimeSpan> acceptError)
        {
            _engine = engine;
            _listener = listener;
            _accepted = accepted;
            _acceptError = acceptError;
            _thread = new Thread(Run) { IsBackground = true, Name = "nats-accept" };
            _thread.Start();
        }

        private unsafe void Run()
        {
            int fd = (int)_listener.Handle;
            TimeSpan pause = MinPause;
            const int addressSize = 128;
            byte* address = stackalloc byte[addressSize];
            while (!_stopped.IsSet)
            {
                int length = addressSize;
                int accepted = Libc.Accept(fd, address, &length, Libc.SockNonBlock | Libc.SockCloExec);
                if (accepted >= 0)
                {
                    pause = MinPause;
                    _engine.Adopt(accepted, ReadAddress(address), _accepted);
                    continue;
                }

                int error = Libc.LastError;
                if (_stopped.IsSet) return;
                switch (error)
                {
                    case Libc.EIntr or Libc.EConnAborted:
                        continue;
                    case Libc.EMFile or Libc.ENFile or Libc.ENoMem or Libc.ENoBufs or Libc.EAgain:
                        _acceptError(Marshal.GetPInvokeErrorMessage(error), pause);
                        _stopped.Wait(pause);
                        pause = pause * 2 > MaxPause ? MaxPause : pause * 2;
                        continue;
                    default:
                        return;
                }
            }
        }

        /// <summary>sockaddr_in or sockaddr_in6: family in host order, then port and address in network order.</summary>
        private static unsafe IPEndPoint ReadAddress(byte* address)
        {
            int port = (address[2] << 8) | address[3];
            if (*(ushort*)address == 2) return new IPEndPoint(new IPAddress(new ReadOnlySpan<byte>(address + 4, 4)), port);
            var v6 = new IPAddress(new ReadOnlySpan<byte>(address + 8, 16), *(uint*)(address + 24));
            return new IPEndPoint(v6.IsIPv4MappedToIPv6 ? v6.MapToIPv4() : v6, port);
        }

        public void Dispose()
        {
            if (_stopped.IsSet) return;
            _stopped.Set();

            // Wakes the thread out of accept; the descriptor stays valid until it has ended.
            _ = Libc.Shutdown((int)_listener.Handle, Libc.ShutRdWr);
            _thread.Join();
            _listener.Dispose();
            _stopped.Dispose();
        }
    }
}
