using System.Net;
using System.Runtime.InteropServices;

namespace NATS.Server.Connections.Epoll;

/// <summary>A TCP connection served by an <see cref="EventLoop"/>. Reading and closing happen on that loop only; sending on any thread.</summary>
internal sealed partial class EpollConnection : Connection
{
    private readonly EventLoop _loop;
    private readonly EngineClock _clock;
    private readonly int _fd;
    private readonly Lock _interestLock = new();
    private ReceiveTail _tail;
    private bool _registered;
    private bool _wantsWrite;
    private bool _paused;
    private bool _stalled;
    private bool _closing;
    private bool _finished;
    private volatile bool _abandoned;

    public EpollConnection(EventLoop loop, EngineClock clock, BlockPool pool, int fd, IPEndPoint remote, int generation)
        : base(pool)
    {
        _loop = loop;
        _clock = clock;
        _fd = fd;
        Generation = generation;
        RemoteEndPoint = remote;
    }

    /// <summary>Place in the loop's table; negative until the loop has taken the connection over. Loop only.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>Tells a late event of a closed connection from one of its slot's next owner.</summary>
    public int Generation { get; }

    /// <summary>When a stall ends at the latest; loop only.</summary>
    public long StallEndMs { get; private set; }

    public override long NowMs => _clock.NowMs;

    public override bool IsStalled => Volatile.Read(ref _stalled);

    public override CloseDetail? LastFailure => _tls is null && Libc.LastError is > 0 and var error ? new CloseDetail(Marshal.GetPInvokeErrorMessage(error)) : null;

    private long EventData => ((long)Generation << 32) | (uint)Slot;

    /// <summary>First step on the loop: the handler greets the peer, then reading begins.</summary>
    public void Open(LoopContext context)
    {
        if (!IsClosing) Handler.OnOpened(context);
        context.FlushAll();
        if (_startingTls is not null && !IsClosing) BeginHandshake(default);
        lock (_interestLock)
        {
            _registered = true;
            _loop.Control(Libc.EpollCtlAdd, _fd, Interest(), EventData);
        }

        if (IsClosing) CloseOnLoop();
    }

    private uint Interest() => _handshaking ? _handshakeEvents : (_paused || _stalled || _closing ? 0u : Libc.EpollIn) | (_wantsWrite ? (uint)Libc.EpollOut : 0u);

    private void UpdateInterest()
    {
        if (_registered && !_finished) _loop.Control(Libc.EpollCtlMod, _fd, Interest(), EventData);
    }

    public void OnReadable(LoopContext context, int maxReads)
    {
        for (int round = 0; round < maxReads; round++)
        {
            if (_handshaking)
            {
                EndHandshakeWait();
                return;
            }

            if (_closing || IsClosing || _paused || _stalled) return;
            bool full = _tail.IsLarge ? ReadLarge(context) : Read(context);
            if (!full) return;
        }

        // What TLS holds is no event of the socket: the others get their turn, then it goes on.
        if (_tls is { HasBuffered: true }) _loop.Post(this, LoopRequest.Continue);
    }

    /// <summary>
    /// Receives once and handles it. True when more may be waiting: a buffer that was more than half filled says that the peer is busy, and one more
    /// read before the batch is sent makes the sends larger.
    /// </summary>
    private bool Read(LoopContext context)
    {
        byte[] buffer = context.ReceiveBuffer;
        int start = _tail.MoveTo(buffer);
        int room = LoopContext.ReceiveSize - start;
        int received = _tls is null ? Receive(buffer.AsSpan(start, room)) : _tls.Receive(buffer.AsMemory(start, room));
        if (received <= 0)
        {
            if (start > 0) _tail.Keep(buffer.AsSpan(0, start), 0, LoopContext.ReceiveSize);
            ReceiveFailed(received);
            return false;
        }

        Process(context, buffer.AsSpan(0, start + received));
        return _tls is null ? received > room / 2 : HasMore;
    }

    /// <summary>Bytes, 0 at the end, or a negative result.</summary>
    private unsafe int Receive(Span<byte> target)
    {
        int received;
        fixed (byte* p = target)
        {
            received = (int)Libc.Recv(_fd, p, (nuint)target.Length, Libc.MsgDontWait);
        }

        if (received >= 0) return received;
        return Libc.LastError is Libc.EAgain or Libc.EIntr ? SendBlocked : SendFailed;
    }

    private bool ReadLarge(LoopContext context)
    {
        Memory<byte> target = _tail.NextLarge();
        int received = _tls is null ? Receive(target.Span) : _tls.Receive(target);
        if (received <= 0)
        {
            ReceiveFailed(received);
            return false;
        }

        if (_tail.Received(received))
        {
            ReceiveTail complete = _tail;
            _tail = default;
            Process(context, complete.Large);
            complete.Clear();
        }

        return _tls is null ? received == target.Length : HasMore;
    }

    private void ReceiveFailed(int result)
    {
        if (result == 0) Close(ClosedState.ClientClosed);
        else if (result == SendFailed) Close(ClosedState.ReadError, LastFailure);
    }

    private void Process(LoopContext context, Span<byte> data)
    {
        int needed = Handler.OnReceive(context, data, out int consumed);
        if (IsClosing) return;
        Span<byte> rest = data[consumed..];
        if (_startingTls is not null)
        {
            BeginHandshake(rest);
            return;
        }

        if (Math.Max(needed, rest.Length) > Handler.MaxBuffered && !_paused)
        {
            Handler.OnBufferExceeded();
            return;
        }

        _tail.Keep(rest, needed, LoopContext.ReceiveSize);
    }

    public void OnWritable()
    {
        if (_handshaking)
        {
            EndHandshakeWait();
            return;
        }

        lock (_interestLock)
        {
            if (!_wantsWrite || _finished) return;
            _wantsWrite = false;
            UpdateInterest();
        }

        Outbound.ContinueSending(0);
    }

    public override int TrySend(ReadOnlySpan<ArraySegment<byte>> segments)
    {
        if (_handshaking) return SendBlocked;
        return _tls is null ? SendPlain(segments) : _tls.Send(segments);
    }

    private unsafe int Send(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* p = bytes)
        {
            return (int)Libc.Send(_fd, p, (nuint)bytes.Length, Libc.MsgDontWait | Libc.MsgNoSignal);
        }
    }

    private unsafe int SendPlain(ReadOnlySpan<ArraySegment<byte>> segments)
    {
        while (true)
        {
            nint sent;
            if (segments.Length == 1)
            {
                fixed (byte* p = segments[0].AsSpan())
                {
                    sent = Libc.Send(_fd, p, (nuint)segments[0].Count, Libc.MsgDontWait | Libc.MsgNoSignal);
                }
            }
            else
            {
                Libc.IoVec* vectors = stackalloc Libc.IoVec[OutboundBuffer.MaxSegments];
                for (int i = 0; i < segments.Length; i++)
                {
                    // Blocks are pinned arrays: their addresses are stable.
                    vectors[i].Base = System.Runtime.CompilerServices.Unsafe.AsPointer(ref segments[i].Array![segments[i].Offset]);
                    vectors[i].Length = (nuint)segments[i].Count;
                }

                sent = Libc.WriteV(_fd, vectors, segments.Length);
            }

            if (sent > 0) return (int)sent;
            int error = Libc.LastError;
            if (error == Libc.EIntr) continue;
            return error == Libc.EAgain ? SendBlocked : SendFailed;
        }
    }

    public override void WaitWritable()
    {
        lock (_interestLock)
        {
            _wantsWrite = true;
            UpdateInterest();
        }

        if (_abandoned) _loop.Post(this, LoopRequest.Close);
    }

    public override void OnSenderIdle()
    {
        if (IsClosing) _loop.Post(this, LoopRequest.Close);
    }

    public override void PauseReading()
    {
        lock (_interestLock)
        {
            _paused = true;
            UpdateInterest();
        }
    }

    public override void ResumeReading() => _loop.Post(this, LoopRequest.Resume);

    public override bool StallFor(OutboundBuffer target, int milliseconds)
    {
        if (_stalled || !target.AddStalledProducer(this)) return false;
        lock (_interestLock)
        {
            _stalled = true;
            UpdateInterest();
        }

        StallEndMs = _clock.NowMs + milliseconds;
        _loop.AddStalled(this);
        return true;
    }

    public override void EndStall() => _loop.Post(this, LoopRequest.EndStall);

    /// <summary>The stall is over, by time or because its target caught up. Loop only.</summary>
    public void EndStallOnLoop(LoopContext context)
    {
        if (!_stalled) return;
        lock (_interestLock)
        {
            _stalled = false;
            UpdateInterest();
        }

        HandleLeftOver(context);
    }

    /// <summary>Reads again after a pause. Loop only.</summary>
    public void ResumeOnLoop(LoopContext context)
    {
        if (!_paused) return;
        lock (_interestLock)
        {
            _paused = false;
            UpdateInterest();
        }

        HandleLeftOver(context);
    }

    private void HandleLeftOver(LoopContext context)
    {
        if (_paused || _stalled || _closing || IsClosing) return;
        if (_tail.Length > 0 && !_tail.IsLarge)
        {
            byte[] buffer = context.ReceiveBuffer;
            int length = _tail.MoveTo(buffer);
            Process(context, buffer.AsSpan(0, length));
        }

        if (_tls is { HasBuffered: true }) _loop.Post(this, LoopRequest.Continue);
    }

    protected override void ScheduleClose() => _loop.Post(this, LoopRequest.Close);

    /// <summary>Closing, on the loop: tells the handler, sends what is pending as far as the socket takes it, then closes the socket.</summary>
    public void CloseOnLoop()
    {
        // Closed before the loop has taken it over: the request to do so is on its way and comes back here.
        if (_finished || Slot < 0) return;
        if (!_closing)
        {
            _closing = true;
            lock (_interestLock) UpdateInterest();
            _tail.Clear();
            Handler.OnClosed(ClosedState);
            if (FlushesOnClose(ClosedState)) Outbound.Flush();
            else Abandon();
        }

        if (_handshaking)
        {
            // Its thread may be using the descriptor; it comes back here when it has ended.
            Abandon();
            EndHandshakeWait();
            return;
        }

        if (!Outbound.TryRetire())
        {
            // A full socket that may drain yet: its event, or the clock's deadline, comes back here. Abandoned, a sender may still be in its
            // system call, which fails at once since the socket was shut down, and which comes back here too.
            if (!_abandoned) return;
            lock (_interestLock)
            {
                if (!_wantsWrite) return;
            }
        }

        Finish();
    }

    /// <summary>The peer is gone while nothing is read: without this the event would be reported again and again.</summary>
    public void OnHangUp()
    {
        if (_closing) Abandon();
        else if (_paused || _stalled) Close(ClosedState.ClientClosed);
    }

    public override void Abandon()
    {
        if (_abandoned) return;
        _abandoned = true;
        lock (_interestLock)
        {
            if (!_finished) _ = Libc.Shutdown(_fd, Libc.ShutRdWr);
        }

        if (_closing) _loop.Post(this, LoopRequest.Close);
    }

    private void Finish()
    {
        if (!_abandoned)
        {
            _tls?.SendEnd();
            DrainReceived();
        }

        _tls?.Dispose();
        lock (_interestLock)
        {
            _finished = true;
            _loop.Control(Libc.EpollCtlDel, _fd, 0, 0);
            _ = Libc.Close(_fd);
        }

        _loop.Unregister(this);
        Outbound.Release();
        Handler.OnFinished();
    }

    /// <summary>Bytes that arrived and were not read would turn the close into a reset, which can destroy the error text on its way to the peer.</summary>
    private unsafe void DrainReceived()
    {
        const int maxReads = 128;
        _ = Libc.Shutdown(_fd, Libc.ShutWr);
        byte* scratch = stackalloc byte[2048];
        for (int i = 0; i < maxReads; i++)
        {
            if (Libc.Recv(_fd, scratch, 2048, Libc.MsgDontWait) <= 0) return;
        }
    }
}
