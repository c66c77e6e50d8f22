using System.Net;
using NATS.Server.Connections.Tls;

namespace NATS.Server.Connections.Portable;

/// <summary>
/// What connections on sockets and on streams of the class library have in common: a gate that lets one thread at a time call the handler, and
/// the closing steps. Bytes are handled by whichever pool thread received them.
/// </summary>
internal abstract class PortableConnection : Connection
{
    private readonly PortableEngine _engine;
    private readonly Lock _gate = new();
    private readonly Action _continueReading;
    private TaskCompletionSource? _mayRead;
    private bool _paused;
    private bool _stalled;
    private bool _closed;
    private bool _leftOverDue;
    private int _finished;

    protected PortableConnection(PortableEngine engine, IPEndPoint? remote)
        : base(engine.Pool)
    {
        _engine = engine;
        RemoteEndPoint = remote;
        _continueReading = ReleaseReader;
    }

    public override long NowMs => _engine.Clock.NowMs;

    public override bool IsStalled => Volatile.Read(ref _stalled);

    protected PortableEngine Engine => _engine;

    protected volatile bool Abandoned;

    /// <summary>Set when the handler wants TLS: what was received and not consumed is the beginning of the handshake.</summary>
    protected TlsListener? StartingTls { get; set; }

    /// <summary>Tells the handler how the handshake ended. True when it succeeded.</summary>
    protected bool EndHandshake(TlsState? state, TlsHandshakeException? error)
    {
        LoopContext context = _engine.Rent();
        lock (_gate)
        {
            if (!_closed && !IsClosing)
            {
                if (error is not null)
                {
                    Handler.OnTlsFailed(error);
                    Close(ClosedState.TlsHandshakeError, error.ToCloseDetail());
                }
                else
                {
                    Tls = state;
                    Handler.OnSecured(context);
                }
            }
        }

        _engine.Return(context);
        return !IsClosing;
    }

    /// <summary>Greets the peer and reads until the connection ends.</summary>
    public void Start()
    {
        LoopContext context = _engine.Rent();
        lock (_gate) Handler.OnOpened(context);
        _engine.Return(context);
        _ = ReadAsync();
    }

    /// <summary>Reads and handles until the connection is closed; owns all exceptions.</summary>
    protected abstract Task ReadAsync();

    /// <summary>Whether neither a pause nor a stall keeps the connection from reading.</summary>
    protected bool MayRead
    {
        get
        {
            lock (_gate) return (!_paused && !_stalled) || _closed;
        }
    }

    /// <summary>
    /// True once after each pause: what was left unconsumed when it began has to be handled before anything else is received. The pause may have
    /// ended before the reader noticed it.
    /// </summary>
    protected bool TakeLeftOverDue()
    {
        lock (_gate)
        {
            bool due = _leftOverDue;
            _leftOverDue = false;
            return due;
        }
    }

    /// <summary>Waits until reading is allowed. Completed when it is.</summary>
    protected ValueTask MayReadAsync()
    {
        lock (_gate)
        {
            if ((!_paused && !_stalled) || _closed) return ValueTask.CompletedTask;
            _mayRead ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_mayRead.Task);
        }
    }

    /// <summary>Handles received bytes.</summary>
    /// <param name="context">Rented by the caller, who returns it.</param>
    /// <param name="data">Tail and new bytes.</param>
    /// <param name="tail">Keeps what is left over.</param>
    protected void Process(LoopContext context, Span<byte> data, ref ReceiveTail tail)
    {
        lock (_gate)
        {
            if (_closed || IsClosing) return;
            int needed;
            int consumed;
            try
            {
                needed = Handler.OnReceive(context, data, out consumed);
            }
            catch (Exception exception)
            {
                _engine.OnFault(exception);
                Close(ClosedState.ProtocolViolation, new CloseDetail($"this server failed at what came: {exception.GetType().Name}"));
                return;
            }

            if (IsClosing) return;
            Span<byte> rest = data[consumed..];
            if (StartingTls is null && Math.Max(needed, rest.Length) > Handler.MaxBuffered && !_paused)
            {
                Handler.OnBufferExceeded();
                return;
            }

            tail.Keep(rest, needed, LoopContext.ReceiveSize);
        }
    }

    public override void PauseReading()
    {
        lock (_gate)
        {
            _paused = true;
            _leftOverDue = true;
        }
    }

    public override void ResumeReading()
    {
        lock (_gate) _paused = false;
        ReleaseReader();
    }

    public override bool StallFor(OutboundBuffer target, int milliseconds)
    {
        lock (_gate)
        {
            if (_stalled || !target.AddStalledProducer(this)) return false;
            _stalled = true;
            _leftOverDue = true;
        }

        _engine.After(milliseconds, EndStall);
        return true;
    }

    public override void EndStall()
    {
        lock (_gate) _stalled = false;
        ReleaseReader();
    }

    private void ReleaseReader()
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            if ((_paused || _stalled) && !_closed) return;
            waiting = _mayRead;
            _mayRead = null;
        }

        waiting?.TrySetResult();
    }

    protected override void ScheduleClose() => ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.CloseSteps(), this, preferLocal: false);

    private void CloseSteps()
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _closed = true;
                Handler.OnClosed(ClosedState);
            }
        }

        _continueReading();
        StopReading();
        if (FlushesOnClose(ClosedState)) Outbound.Flush();
        else Abandon();
        FinishWhenIdle();
    }

    public override void OnSenderIdle()
    {
        if (IsClosing && _closed) FinishWhenIdle();
    }

    public override void Abandon()
    {
        if (Abandoned) return;
        Abandoned = true;
        CloseTransport();
        if (_closed) FinishWhenIdle();
    }

    /// <summary>Ends a read that waits, without destroying what is still to be sent.</summary>
    protected abstract void StopReading();

    /// <summary>Ends everything; sends in progress fail.</summary>
    protected abstract void CloseTransport();

    /// <summary>A sender may be reading the blocks: it comes back here when it is done, at once when the transport is closed.</summary>
    private void FinishWhenIdle()
    {
        if (!Outbound.TryRetire()) return;
        if (Interlocked.Exchange(ref _finished, 1) != 0) return;
        CloseTransport();
        Outbound.Release();
        Handler.OnFinished();
    }
}
