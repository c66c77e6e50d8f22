using System.Net;

namespace NATS.Server.Connections.Portable;

/// <summary>A connection on any duplex stream: in-process clients, and layers that wrap a socket.</summary>
internal sealed class StreamConnection : PortableConnection
{
    private const int ReadSize = 16 * 1024;

    private readonly Stream _stream;

    public StreamConnection(PortableEngine engine, Stream stream, IPEndPoint? remote)
        : base(engine, remote) => _stream = stream;

    protected override async Task ReadAsync()
    {
        ReceiveTail tail = default;
        byte[] buffer = new byte[ReadSize];
        try
        {
            while (!IsClosing)
            {
                if (!MayRead) await MayReadAsync();
                if (TakeLeftOverDue())
                {
                    HandleLeftOver(ref tail);
                    continue;
                }

                int received = await _stream.ReadAsync(tail.IsLarge ? tail.NextLarge() : buffer);
                if (received == 0)
                {
                    Close(ClosedState.ClientClosed);
                    return;
                }

                if (!tail.IsLarge)
                {
                    Handle(buffer.AsSpan(0, received), ref tail);
                }
                else if (tail.Received(received))
                {
                    LoopContext context = Engine.Rent();
                    HandleLarge(context, ref tail);
                    Engine.Return(context);
                }
            }
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            Close(IsClosing ? ClosedState.ClientClosed : ClosedState.ReadError);
        }
        finally
        {
            tail.Clear();
        }
    }

    private void Handle(ReadOnlySpan<byte> received, ref ReceiveTail tail)
    {
        LoopContext context = Engine.Rent();
        do
        {
            if (tail.IsLarge)
            {
                Memory<byte> target = tail.NextLarge();
                int part = Math.Min(received.Length, target.Length);
                received[..part].CopyTo(target.Span);
                received = received[part..];
                if (tail.Received(part)) HandleLarge(context, ref tail);
                continue;
            }

            // Tail and new bytes are put together in the context's buffer; what does not fit waits for its turn.
            int start = tail.MoveTo(context.ReceiveBuffer);
            int count = Math.Min(received.Length, LoopContext.ReceiveSize - start);
            received[..count].CopyTo(context.ReceiveBuffer.AsSpan(start));
            Process(context, context.ReceiveBuffer.AsSpan(0, start + count), ref tail);
            received = received[count..];
        }
        while (!received.IsEmpty && !IsClosing);

        Engine.Return(context);
    }

    private void HandleLarge(LoopContext context, ref ReceiveTail tail)
    {
        ReceiveTail complete = tail;
        tail = default;
        Process(context, complete.Large, ref tail);
        complete.Clear();
    }

    /// <summary>After a pause, what was kept is passed to the handler again.</summary>
    private void HandleLeftOver(ref ReceiveTail tail)
    {
        if (tail.Length > 0 && !tail.IsLarge) Handle(default, ref tail);
    }

    public override int TrySend(ReadOnlySpan<ArraySegment<byte>> segments)
    {
        ArraySegment<byte> segment = segments[0];
        try
        {
            ValueTask write = _stream.WriteAsync(segment.AsMemory());
            if (write.IsCompletedSuccessfully)
            {
                write.GetAwaiter().GetResult();
                return segment.Count;
            }

            _ = FinishSendAsync(write, segment.Count);
            return SendPending;
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            return SendFailed;
        }
    }

    private async Task FinishSendAsync(ValueTask write, int count)
    {
        try
        {
            await write;
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            Outbound.SenderFailed();
            return;
        }

        Outbound.ContinueSending(count);
    }

    private static bool IsEnd(Exception exception) =>
        exception is IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException;

    public override void WaitWritable() => throw new InvalidOperationException("a stream connection continues by an asynchronous write");

    protected override void StopReading()
    {
        // The stream is closed as soon as the last write has ended.
    }

    protected override void CloseTransport() => _stream.Dispose();
}
