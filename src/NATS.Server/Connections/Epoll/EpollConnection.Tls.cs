using NATS.Server.Connections.Tls;

namespace NATS.Server.Connections.Epoll;

/// <summary>
/// TLS on a connection of an event loop. During the handshake the socket belongs to a pool thread, for which the loop only waits; afterwards the
/// loop decrypts and senders encrypt.
/// </summary>
internal sealed partial class EpollConnection : ITlsTransport
{
    private TlsListener? _startingTls;
    private TlsChannel? _tls;
    private volatile bool _handshaking;
    private uint _handshakeEvents;
    private TaskCompletionSource? _handshakeWait;
    private TlsState? _handshakeState;
    private TlsHandshakeException? _handshakeError;

    private bool HasMore => _tls!.HasBuffered;

    public override void StartTls(TlsListener listener) => _startingTls = listener;

    /// <summary>Hands the socket to the handshake. Loop only.</summary>
    private void BeginHandshake(ReadOnlySpan<byte> received)
    {
        TlsListener listener = _startingTls!;
        _startingTls = null;
        if (Outbound.Pending > 0)
        {
            // What is pending was meant to be sent in the clear, to a peer that does not read it.
            Close(ClosedState.WriteError, new CloseDetail("the client did not read the greeting, so that TLS could not begin"));
            return;
        }

        _tls = new TlsChannel(this, received);
        lock (_interestLock)
        {
            _handshakeEvents = 0;
            _handshaking = true;
            UpdateInterest();
        }

        TlsChannel channel = _tls;
        _ = Task.Run(() => HandshakeAsync(channel, listener));
    }

    private async Task HandshakeAsync(TlsChannel channel, TlsListener listener)
    {
        try
        {
            _handshakeState = await channel.AuthenticateAsync(listener).ConfigureAwait(false);
        }
        catch (TlsHandshakeException exception)
        {
            _handshakeError = exception;
        }
        catch (Exception exception)
        {
            // Whatever a peer makes the library do must end here.
            _handshakeError = new TlsHandshakeException(exception.Message, exception);
        }

        _loop.Post(this, LoopRequest.EndHandshake);
    }

    /// <summary>The socket belongs to the loop again. Loop only.</summary>
    public void EndHandshakeOnLoop(LoopContext context)
    {
        lock (_interestLock)
        {
            _handshaking = false;
            UpdateInterest();
        }

        if (_closing || IsClosing)
        {
            CloseOnLoop();
            return;
        }

        if (_handshakeError is { } error)
        {
            Handler.OnTlsFailed(error);
            Close(ClosedState.TlsHandshakeError, error.ToCloseDetail());
            return;
        }

        Tls = _handshakeState;
        Handler.OnSecured(context);
        OnReadable(context, maxReads: 1);
    }

    int ITlsTransport.ReceiveBytes(Span<byte> target) => Receive(target);

    int ITlsTransport.SendBytes(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            int sent = Send(bytes);
            if (sent >= 0) return sent;
            int error = Libc.LastError;
            if (error == Libc.EIntr) continue;
            return error == Libc.EAgain ? SendBlocked : SendFailed;
        }
    }

    ValueTask ITlsTransport.ReadableAsync() => HandshakeEventAsync(Libc.EpollIn);

    ValueTask ITlsTransport.WritableAsync() => HandshakeEventAsync(Libc.EpollOut);

    private ValueTask HandshakeEventAsync(uint events)
    {
        lock (_interestLock)
        {
            if (_abandoned) return ValueTask.CompletedTask;
            _handshakeWait = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _handshakeEvents = events;
            UpdateInterest();
            return new ValueTask(_handshakeWait.Task);
        }
    }

    private void EndHandshakeWait()
    {
        TaskCompletionSource? waiting;
        lock (_interestLock)
        {
            waiting = _handshakeWait;
            _handshakeWait = null;
            _handshakeEvents = 0;
            UpdateInterest();
        }

        waiting?.TrySetResult();
    }
}
