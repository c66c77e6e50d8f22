using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace NATS.Server.Connections.Epoll;

/// <summary>
/// One thread that waits for its connections and handles what they received. Everything a connection does happens here, except that any thread
/// may append to its outbound buffer, send from it, and ask for it to be closed.
/// </summary>
internal sealed unsafe class EventLoop : IDisposable
{
    private const int MaxEvents = 256;

    /// <summary>Reads of one connection in a row while it fills the buffer, before the others get their turn.</summary>
    private const int MaxReadsInARow = 4;

    private const long WakeData = -1;

    private readonly int _epoll;
    private readonly int _wake;
    private readonly Thread _thread;
    private readonly EngineClock _clock;
    private readonly Action<Exception> _onFault;
    private readonly ConcurrentQueue<(EpollConnection Connection, LoopRequest Request)> _requests = new();
    private readonly List<EpollConnection> _stalled = [];
    private readonly byte* _events;
    private EpollConnection?[] _slots = new EpollConnection?[64];
    private readonly Stack<int> _freeSlots = new();
    private int _slotsUsed;
    private int _wakePending;
    private volatile bool _stopped;

    public EventLoop(int index, EngineClock clock, Action<Exception> onFault)
    {
        _clock = clock;
        _onFault = onFault;
        Context = new LoopContext(index + 1);
        _epoll = Libc.EpollCreate(Libc.EpollCloExec);
        _wake = Libc.EventFd(0, Libc.EfdNonBlock | Libc.EfdCloExec);
        if (_epoll < 0 || _wake < 0) throw new IOException($"cannot create an event loop: error {Libc.LastError}");
        _events = (byte*)NativeMemory.AllocZeroed(MaxEvents * 16);
        Control(Libc.EpollCtlAdd, _wake, Libc.EpollIn, WakeData);
        _thread = new Thread(Run) { IsBackground = true, Name = $"nats-loop-{index}" };
    }

    public LoopContext Context { get; }

    public bool IsCurrent => Thread.CurrentThread == _thread;

    public void Start() => _thread.Start();

    /// <summary>Asks the loop to do something for a connection. Any thread.</summary>
    public void Post(EpollConnection connection, LoopRequest request)
    {
        _requests.Enqueue((connection, request));
        Wake();
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _wakePending, 1) != 0) return;
        ulong one = 1;
        _ = Libc.Write(_wake, (byte*)&one, 8);
    }

    /// <summary>Starts or changes what is waited for. Any thread may change the interest of an open connection.</summary>
    public bool Control(int operation, int fd, uint events, long data)
    {
        if (RuntimeInformation.ProcessArchitecture == Architecture.X64)
        {
            var packed = new Libc.EpollEventPacked { Events = events, Data = data };
            return Libc.EpollCtl(_epoll, operation, fd, &packed) == 0;
        }

        var natural = new Libc.EpollEventNatural { Events = events, Data = data };
        return Libc.EpollCtl(_epoll, operation, fd, &natural) == 0;
    }

    /// <summary>Gives a connection its slot. Loop only.</summary>
    private void Register(EpollConnection connection)
    {
        if (!_freeSlots.TryPop(out int slot))
        {
            slot = _slotsUsed++;
            if (slot == _slots.Length) Array.Resize(ref _slots, _slots.Length * 2);
        }

        _slots[slot] = connection;
        connection.Slot = slot;
        connection.Open(Context);
    }

    /// <summary>Takes a closed connection's slot back. Loop only.</summary>
    public void Unregister(EpollConnection connection)
    {
        _slots[connection.Slot] = null;
        _freeSlots.Push(connection.Slot);
        _stalled.Remove(connection);
    }

    /// <summary>Remembers a stalled connection until its time is up. Loop only.</summary>
    public void AddStalled(EpollConnection connection)
    {
        if (!_stalled.Contains(connection)) _stalled.Add(connection);
    }

    private void Run()
    {
        bool packed = RuntimeInformation.ProcessArchitecture == Architecture.X64;
        int stride = packed ? sizeof(Libc.EpollEventPacked) : sizeof(Libc.EpollEventNatural);
        int dataOffset = packed ? 4 : 8;
        while (!_stopped)
        {
            int count = Libc.EpollWait(_epoll, _events, MaxEvents, _stalled.Count > 0 ? 1 : -1);
            _clock.Stamp(Context);
            try
            {
                for (int i = 0; i < count; i++)
                {
                    byte* item = _events + (i * stride);
                    Dispatch(*(uint*)item, *(long*)(item + dataOffset));
                }

                Context.FlushAll();
                ServeRequests();
                if (_stalled.Count > 0) EndExpiredStalls();
                Context.FlushAll();
            }
            catch (Exception exception)
            {
                // A fault of one connection was handled in Dispatch; this is one of the loop itself, and the others must go on.
                _onFault(exception);
            }
        }

        CloseLeftOver();
    }

    /// <summary>The loop ends: what was asked of it last is done, and connections that did not end in time are cut off.</summary>
    private void CloseLeftOver()
    {
        ServeRequests();
        for (int slot = 0; slot < _slotsUsed; slot++)
        {
            if (_slots[slot] is not { } connection) continue;
            connection.Close(ClosedState.ServerShutdown);
            connection.Abandon();
            connection.CloseOnLoop();
        }

        ServeRequests();
    }

    private void Dispatch(uint events, long data)
    {
        if (data == WakeData)
        {
            ulong value;
            _ = Libc.Read(_wake, (byte*)&value, 8);
            Volatile.Write(ref _wakePending, 0);
            return;
        }

        int slot = (int)(data & 0xFFFFFFFF);
        EpollConnection? connection = slot < _slots.Length ? _slots[slot] : null;
        if (connection is null || connection.Generation != (int)(data >> 32)) return;
        try
        {
            if ((events & Libc.EpollOut) != 0) connection.OnWritable();
            if ((events & (Libc.EpollHup | Libc.EpollErr)) != 0) connection.OnHangUp();
            if ((events & (Libc.EpollIn | Libc.EpollHup | Libc.EpollErr)) != 0) connection.OnReadable(Context, MaxReadsInARow);
        }
        catch (Exception exception)
        {
            _onFault(exception);
            connection.Close(ClosedState.ProtocolViolation, new CloseDetail($"this server failed at what came: {exception.GetType().Name}"));
        }
    }

    private void ServeRequests()
    {
        while (_requests.TryDequeue(out (EpollConnection Connection, LoopRequest Request) item))
        {
            try
            {
                switch (item.Request)
                {
                    case LoopRequest.Register:
                        Register(item.Connection);
                        break;
                    case LoopRequest.Close:
                        item.Connection.CloseOnLoop();
                        break;
                    case LoopRequest.Resume:
                        item.Connection.ResumeOnLoop(Context);
                        break;
                    case LoopRequest.Continue:
                        item.Connection.OnReadable(Context, MaxReadsInARow);
                        break;
                    case LoopRequest.EndHandshake:
                        item.Connection.EndHandshakeOnLoop(Context);
                        break;
                    case LoopRequest.EndStall:
                        item.Connection.EndStallOnLoop(Context);
                        break;
                }
            }
            catch (Exception exception)
            {
                _onFault(exception);
            }
        }
    }

    private void EndExpiredStalls()
    {
        for (int i = _stalled.Count - 1; i >= 0; i--)
        {
            EpollConnection connection = _stalled[i];
            if (connection.StallEndMs > Context.NowMs) continue;
            _stalled.RemoveAt(i);
            connection.EndStallOnLoop(Context);
        }
    }

    /// <summary>Ends the thread. Its connections must have been closed before.</summary>
    public void Dispose()
    {
        if (_stopped) return;
        _stopped = true;
        Interlocked.Exchange(ref _wakePending, 0);
        Wake();
        if (_thread.IsAlive && !IsCurrent) _thread.Join();
        _ = Libc.Close(_wake);
        _ = Libc.Close(_epoll);
        NativeMemory.Free(_events);
    }
}

/// <summary>What other threads ask of an event loop.</summary>
internal enum LoopRequest : byte
{
    Register,
    Close,
    Resume,
    EndStall,

    /// <summary>Bytes that were received already wait to be handled.</summary>
    Continue,

    /// <summary>The TLS handshake is over.</summary>
    EndHandshake,
}
