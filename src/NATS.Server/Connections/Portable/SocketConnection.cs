using System.Net;
using System.Net.Sockets;

namespace NATS.Server.Connections.Portable;

/// <summary>A TCP connection on a <see cref="Socket"/>: waits without a buffer, then receives into the buffer of a rented context.</summary>
internal sealed partial class SocketConnection : PortableConnection
{
    private readonly Socket _socket;
    private readonly SocketAsyncEventArgs _send;
    private readonly List<ArraySegment<byte>> _sendList = new(OutboundBuffer.MaxSegments);

    public SocketConnection(PortableEngine engine, Socket socket, IPEndPoint remote)
        : base(engine, remote)
    {
        _socket = socket;
        _socket.NoDelay = true;
        _socket.Blocking = false;
        _send = new SocketAsyncEventArgs(true);
        _send.Completed += (_, e) => OnSendCompleted(e);
    }

    protected override async Task ReadAsync()
    {
        ReceiveTail tail = default;
        try
        {
            while (!IsClosing)
            {
                if (StartingTls is not null)
                {
                    if (!await HandshakeAsync(TakeReceived(ref tail))) return;
                    continue;
                }

                if (!ReceiveAvailable(ref tail)) return;
                if (StartingTls is not null) continue;
                if (!MayRead) await MayReadAsync();
                if (TakeLeftOverDue())
                {
                    HandleLeftOver(ref tail);
                    continue;
                }

                if (_tls is not { HasBuffered: true }) await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            Close(ClosedState.ReadError, exception is SocketException ? new CloseDetail(exception.Message) : null);
        }
        finally
        {
            tail.Clear();
        }
    }

    /// <summary>Receives and handles while bytes are waiting and reading is allowed. False when the connection ended.</summary>
    private bool ReceiveAvailable(ref ReceiveTail tail)
    {
        LoopContext context = Engine.Rent();
        try
        {
            const int maxReads = 4;
            for (int round = 0; round < maxReads && !IsClosing && MayRead && StartingTls is null; round++)
            {
                bool more = tail.IsLarge ? ReceiveLarge(context, ref tail) : Receive(context, ref tail);
                if (!more) break;
                context.FlushAll();
            }

            return !IsClosing;
        }
        finally
        {
            Engine.Return(context);
        }
    }

    private bool Receive(LoopContext context, ref ReceiveTail tail)
    {
        byte[] buffer = context.ReceiveBuffer;
        int start = tail.MoveTo(buffer);
        int room = LoopContext.ReceiveSize - start;
        int received = _tls is null ? ReceivePlain(buffer.AsSpan(start, room)) : _tls.Receive(buffer.AsMemory(start, room));
        if (!Received(received))
        {
            if (start > 0) tail.Keep(buffer.AsSpan(0, start), 0, LoopContext.ReceiveSize);
            return false;
        }

        Process(context, buffer.AsSpan(0, start + received), ref tail);
        return _tls is null ? received == room : _tls.HasBuffered;
    }

    /// <summary>Bytes, 0 at the end, or a negative result.</summary>
    private int ReceivePlain(Span<byte> target)
    {
        int received = _socket.Receive(target, SocketFlags.None, out SocketError error);
        return error switch
        {
            SocketError.Success => received,
            SocketError.WouldBlock => SendBlocked,
            _ => SendFailed,
        };
    }

    private bool ReceiveLarge(LoopContext context, ref ReceiveTail tail)
    {
        Memory<byte> target = tail.NextLarge();
        int received = _tls is null ? ReceivePlain(target.Span) : _tls.Receive(target);
        if (!Received(received)) return false;
        if (tail.Received(received))
        {
            ReceiveTail complete = tail;
            tail = default;
            Process(context, complete.Large, ref tail);
            complete.Clear();
        }

        return _tls is null ? received == target.Length : _tls.HasBuffered;
    }

    private bool Received(int count)
    {
        if (count == SendFailed) Close(ClosedState.ReadError);
        else if (count == 0) Close(ClosedState.ClientClosed);
        return count > 0;
    }

    private void HandleLeftOver(ref ReceiveTail tail)
    {
        if (tail.Length == 0 || tail.IsLarge) return;
        LoopContext context = Engine.Rent();
        int length = tail.MoveTo(context.ReceiveBuffer);
        Process(context, context.ReceiveBuffer.AsSpan(0, length), ref tail);
        Engine.Return(context);
    }

    public override int TrySend(ReadOnlySpan<ArraySegment<byte>> segments)
    {
        if (_handshaking) return SendBlocked;
        if (_tls is not null) return _tls.Send(segments);
        try
        {
            int sent;
            SocketError error;
            if (segments.Length == 1)
            {
                sent = _socket.Send(segments[0].AsSpan(), SocketFlags.None, out error);
            }
            else
            {
                _sendList.Clear();
                foreach (ArraySegment<byte> segment in segments) _sendList.Add(segment);
                sent = _socket.Send(_sendList, SocketFlags.None, out error);
            }

            if (error == SocketError.WouldBlock || (error == SocketError.Success && sent == 0)) return SendLater(segments[0]);
            return error == SocketError.Success ? sent : SendFailed;
        }
        catch (ObjectDisposedException)
        {
            return SendFailed;
        }
    }

    /// <summary>The socket is full: an asynchronous send of the first segment continues the queue when it gets rid of some of it.</summary>
    private int SendLater(ArraySegment<byte> segment)
    {
        _send.SetBuffer(segment.Array, segment.Offset, segment.Count);
        if (_socket.SendAsync(_send)) return SendPending;
        return _send.SocketError == SocketError.Success ? _send.BytesTransferred : SendFailed;
    }

    private void OnSendCompleted(SocketAsyncEventArgs e)
    {
        if (e.SocketError == SocketError.Success)
        {
            if (_tls is null)
            {
                Outbound.ContinueSending(e.BytesTransferred);
                return;
            }

            _tls.OnSent(e.BytesTransferred);
            Outbound.ContinueSending(0);
            return;
        }

        Outbound.SenderFailed();
    }

    protected override void StopReading()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Receive);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The peer was faster.
        }
    }

    protected override void CloseTransport()
    {
        try
        {
            if (!Abandoned) _tls?.SendEnd();
            if (!Abandoned) _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Closed already.
        }

        _socket.Dispose();
        _send.Dispose();
    }
}
