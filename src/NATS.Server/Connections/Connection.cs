using System.Net;
using NATS.Server.Connections.Tls;

namespace NATS.Server.Connections;

/// <summary>
/// One byte stream with a peer: buffers, deadlines, counters and the reason it ended; it knows no roles. What the bytes mean is its
/// <see cref="ConnectionHandler"/>'s business. <see cref="Close"/> and <see cref="ResumeReading"/> may be called by any thread; the handler is
/// called by one thread at a time.
/// </summary>
internal abstract class Connection
{
    /// <summary>Result of <see cref="TrySend"/>: the peer does not read; <see cref="WaitWritable"/> follows.</summary>
    public const int SendBlocked = -1;

    /// <summary>Result of <see cref="TrySend"/>: an asynchronous send has begun and continues the outbound buffer by itself.</summary>
    public const int SendPending = -2;

    /// <summary>Result of <see cref="TrySend"/>: the connection is broken.</summary>
    public const int SendFailed = -3;

    private Closing? _closing;

    protected Connection(BlockPool pool) => Outbound = new OutboundBuffer(this, pool);

    public OutboundBuffer Outbound { get; }

    /// <summary>Set once, before the first byte is read.</summary>
    public ConnectionHandler Handler { get; set; } = null!;

    /// <summary>The peer's address; null for connections inside the process.</summary>
    public IPEndPoint? RemoteEndPoint { get; protected init; }

    public bool IsInProcess => RemoteEndPoint is null;

    /// <summary>What TLS established; null without, and until the handshake is done.</summary>
    public TlsState? Tls { get; protected set; }

    /// <summary>Why it was closed; <see cref="ClosedState.Unknown"/> while it is open.</summary>
    public ClosedState ClosedState => Volatile.Read(ref _closing)?.State ?? ClosedState.Unknown;

    /// <summary>What else is known of why it was closed; null when nothing is.</summary>
    public CloseDetail? CloseDetail => Volatile.Read(ref _closing)?.Detail;

    public bool IsClosing => Volatile.Read(ref _closing) is not null;

    /// <summary>Milliseconds on the engine's monotonic clock.</summary>
    public abstract long NowMs { get; }

    /// <summary>Marks the connection closed; the first reason counts. What is pending is still sent unless the reason says that this is pointless.</summary>
    /// <param name="reason">Not <see cref="ClosedState.Unknown"/>.</param>
    /// <param name="detail">For operators.</param>
    public void Close(ClosedState reason, CloseDetail? detail = null)
    {
        if (Interlocked.CompareExchange(ref _closing, new Closing(reason, detail), null) is not null) return;
        Outbound.Close();
        ScheduleClose();
    }

    /// <summary>Whether a connection closed for this reason may still send what is pending, such as the error that explains it.</summary>
    public static bool FlushesOnClose(ClosedState reason) => reason is not (ClosedState.ReadError or ClosedState.WriteError
        or ClosedState.SlowConsumerPendingBytes or ClosedState.SlowConsumerWriteDeadline or ClosedState.TlsHandshakeError);

    /// <summary>
    /// Begins TLS as the server's side: the bytes that the handler leaves unconsumed, and all that follow, are the peer's handshake. Nothing may be
    /// pending to be sent. <see cref="ConnectionHandler.OnSecured"/> or <see cref="ConnectionHandler.OnTlsFailed"/> follows. Only called while the
    /// handler runs.
    /// </summary>
    public virtual void StartTls(TlsListener listener) => throw new NotSupportedException("this connection has no TLS");

    /// <summary>Sends without waiting. Only called by the one sender of <see cref="Outbound"/>.</summary>
    /// <returns>Bytes sent, or one of the negative results above.</returns>
    public abstract int TrySend(ReadOnlySpan<ArraySegment<byte>> segments);

    /// <summary>Calls <see cref="OutboundBuffer.ContinueSending"/> once the socket takes bytes again.</summary>
    public abstract void WaitWritable();

    /// <summary>The outbound buffer has no sender any more: a close that waited for it may go on.</summary>
    public abstract void OnSenderIdle();

    /// <summary>Reads nothing more until <see cref="ResumeReading"/>. Only called while the handler runs.</summary>
    public abstract void PauseReading();

    /// <summary>Ends <see cref="PauseReading"/>. Bytes that were left unconsumed are passed to the handler again.</summary>
    public abstract void ResumeReading();

    /// <summary>Reads nothing for at most a time, or until <paramref name="target"/> has sent most of what is pending. False when there is nothing to wait for. Only called while the handler runs.</summary>
    public abstract bool StallFor(OutboundBuffer target, int milliseconds);

    /// <summary>The target of <see cref="StallFor"/> caught up. Any thread.</summary>
    public abstract void EndStall();

    /// <summary>Gives up sending what is pending: the close goes on at once. Any thread.</summary>
    public abstract void Abandon();

    /// <summary>Nothing is read at the moment, since the connection publishes faster than others receive. Any thread; a look at what changes meanwhile.</summary>
    public virtual bool IsStalled => false;

    /// <summary>Why the last send or receive of the calling thread failed, in the system's words; null when that is not known.</summary>
    public virtual CloseDetail? LastFailure => null;

    /// <summary>Runs the closing steps on the thread that may call the handler.</summary>
    protected abstract void ScheduleClose();

    private sealed record Closing(ClosedState State, CloseDetail? Detail);
}

/// <summary>What a connection's owner does with its bytes. Called by one thread at a time.</summary>
internal abstract class ConnectionHandler
{
    /// <summary>The connection is ready: the first bytes may be sent.</summary>
    public abstract void OnOpened(LoopContext loop);

    /// <summary>Bytes arrived.</summary>
    /// <param name="loop">The batch this belongs to.</param>
    /// <param name="data">Unconsumed bytes of earlier calls and the new ones; may be written to.</param>
    /// <param name="consumed">How many of them need not be passed again.</param>
    /// <returns>Bytes needed in one piece, counted from the first unconsumed one; 0 when that is not known.</returns>
    public abstract int OnReceive(LoopContext loop, Span<byte> data, out int consumed);

    /// <summary>The handshake is done; what is received from now on was encrypted. See <see cref="Connection.Tls"/>.</summary>
    public virtual void OnSecured(LoopContext loop)
    {
    }

    /// <summary>The handshake failed. The connection has to be closed. Any thread; the handler does not run meanwhile.</summary>
    public virtual void OnTlsFailed(TlsHandshakeException error)
    {
    }

    /// <summary>How many bytes may be buffered for an operation that is not complete; the connection is closed beyond it.</summary>
    public abstract int MaxBuffered { get; }

    /// <summary>More than <see cref="MaxBuffered"/> would be needed.</summary>
    public abstract void OnBufferExceeded();

    /// <summary>The connection is being closed; called once, before what is pending is sent.</summary>
    public abstract void OnClosed(ClosedState reason);

    /// <summary>The socket is closed; called once, after <see cref="OnClosed"/>.</summary>
    public abstract void OnFinished();

    /// <summary>Deadlines. Called by the clock's thread about ten times a second: must not touch what the read loop owns.</summary>
    public abstract void OnTick(long nowMs);
}
