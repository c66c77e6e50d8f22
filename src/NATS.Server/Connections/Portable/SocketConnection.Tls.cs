using System.Net.Sockets;
using NATS.Server.Connections.Tls;

namespace NATS.Server.Connections.Portable;

/// <summary>TLS on a connection of the portable engine: the same thread of control that reads does the handshake first.</summary>
internal sealed partial class SocketConnection : ITlsTransport
{
    private readonly Lock _handshakeLock = new();
    private TlsChannel? _tls;
    private volatile bool _handshaking;
    private bool _senderWaits;

    public override void StartTls(TlsListener listener) => StartingTls = listener;

    /// <summary>The handshake. False when the connection ended with it.</summary>
    private async Task<bool> HandshakeAsync(byte[] received)
    {
        TlsListener listener = StartingTls!;
        StartingTls = null;
        if (Outbound.Pending > 0)
        {
            // What is pending was meant to be sent in the clear, to a peer that does not read it.
            Close(ClosedState.WriteError, new CloseDetail("the client did not read the greeting, so that TLS could not begin"));
            return false;
        }

        _tls = new TlsChannel(this, received);
        _handshaking = true;
        TlsState? state = null;
        TlsHandshakeException? error = null;
        try
        {
            state = await _tls.AuthenticateAsync(listener);
        }
        catch (TlsHandshakeException exception)
        {
            error = exception;
        }
        catch (Exception exception)
        {
            // Whatever a peer makes the library do must end here.
            error = new TlsHandshakeException(exception.Message, exception);
        }

        bool senderWaits;
        lock (_handshakeLock)
        {
            _handshaking = false;
            senderWaits = _senderWaits;
            _senderWaits = false;
        }

        bool goOn = EndHandshake(state, error);
        if (senderWaits) Outbound.ContinueSending(0);
        return goOn;
    }

    private static byte[] TakeReceived(ref ReceiveTail tail)
    {
        byte[] received = new byte[tail.Length];
        tail.MoveTo(received);
        return received;
    }

    /// <summary>What TLS has encrypted is sent asynchronously; plain bytes never come here. During the handshake, its end goes on.</summary>
    public override void WaitWritable()
    {
        lock (_handshakeLock)
        {
            if (_handshaking)
            {
                _senderWaits = true;
                return;
            }
        }

        ArraySegment<byte> unsent = _tls!.Unsent;
        if (unsent.Count == 0)
        {
            Outbound.ContinueSending(0);
            return;
        }

        try
        {
            _send.SetBuffer(unsent.Array, unsent.Offset, unsent.Count);
            if (!_socket.SendAsync(_send)) OnSendCompleted(_send);
        }
        catch (ObjectDisposedException)
        {
            Outbound.SenderFailed();
        }
    }

    int ITlsTransport.ReceiveBytes(Span<byte> target)
    {
        try
        {
            return ReceivePlain(target);
        }
        catch (ObjectDisposedException)
        {
            return SendFailed;
        }
    }

    int ITlsTransport.SendBytes(ReadOnlySpan<byte> bytes)
    {
        try
        {
            int sent = _socket.Send(bytes, SocketFlags.None, out SocketError error);
            return error switch
            {
                SocketError.Success => sent,
                SocketError.WouldBlock => SendBlocked,
                _ => SendFailed,
            };
        }
        catch (ObjectDisposedException)
        {
            return SendFailed;
        }
    }

    async ValueTask ITlsTransport.ReadableAsync()
    {
        try
        {
            await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The next attempt to receive tells what it is.
        }
    }

    // A handshake is a few kilobytes: a peer that does not take them is given up when the time for its handshake is over.
    async ValueTask ITlsTransport.WritableAsync() => await Task.Delay(TimeSpan.FromMilliseconds(5));
}
