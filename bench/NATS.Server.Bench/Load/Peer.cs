using System.Net;
using System.Net.Sockets;
using System.Text;
using NATS.Server.Connections.Epoll;

namespace NATS.Server.Bench.Load;

/// <summary>
/// One client connection. The class library's socket only connects; bytes go through system calls on its descriptor.
/// Subclasses say what deliveries must look like. Loop thread only.
/// </summary>
internal abstract unsafe class Peer : IDisposable
{
    /// <summary>No frame of any case is longer, nor is an INFO line.</summary>
    public const int MaximumFrameLength = 64 * 1024;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly EventLoop _loop;
    private readonly SecureLayer? _secure;
    private readonly PointerMemory _plain = new();
    private byte[] _partial = [];
    private int _partialLength;
    private int _pongsDue;

    /// <param name="user">Name and password; empty: none.</param>
    protected Peer(EventLoop loop, IPEndPoint server, string user = "")
    {
        _loop = loop;
        _socket.Connect(server);
        // Reset on close: thousands of connections per run must not linger in TIME_WAIT.
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        Descriptor = (int)_socket.Handle;
        if (server is SecureEndPoint)
        {
            _secure = new SecureLayer(_socket);
        }

        var credentials = user.Length == 0 ? "" : $"\"user\":\"{user}\",\"pass\":\"{user}\",";
        Write(Encoding.ASCII.GetBytes(
            $"CONNECT {{{credentials}\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true,\"lang\":\"bench\",\"version\":\"1\",\"protocol\":1}}\r\n"));
    }

    public int Index { get; set; }

    public int Descriptor { get; }

    /// <summary>Every <see cref="Ping"/> was answered, so the server has processed all that was sent before.</summary>
    public bool IsAnswered => _pongsDue == 0;

    /// <summary>Registers the connection with the loop; without it nothing is ever read from it.</summary>
    public void Join() => _loop.Add(this);

    public void Subscribe(string subject, string sid, string group = "") =>
        Write(Encoding.ASCII.GetBytes(group.Length == 0 ? $"SUB {subject} {sid}\r\n" : $"SUB {subject} {group} {sid}\r\n"));

    /// <summary>Asks for a PONG: see <see cref="IsAnswered"/>.</summary>
    public void Ping()
    {
        _pongsDue++;
        SendPing();
    }

    /// <summary>Sends set-up commands and waits for the socket to take them. Not for the measured part.</summary>
    public void WriteAll(ReadOnlySpan<byte> commands)
    {
        if (_secure is not null)
        {
            Write(commands);
            return;
        }

        fixed (byte* data = commands)
        {
            for (var offset = 0; offset < commands.Length;)
            {
                var sent = (int)Libc.Send(Descriptor, data + offset, (nuint)(commands.Length - offset), Libc.MsgDontWait | Libc.MsgNoSignal);
                if (sent > 0)
                {
                    offset += sent;
                }
                else if (Libc.LastError != Libc.EAgain)
                {
                    throw new VerificationException($"the server reset a connection (error {Libc.LastError})");
                }

                // The server may answer or ping meanwhile; it must not find our receive buffer full.
                _ = _loop.Poll(sent > 0 ? 0 : 1);
            }
        }
    }

    public void OnReadable(byte* buffer, int capacity)
    {
        do
        {
            Read(buffer, capacity);
        }
        while (_secure is { HasRecord: true });
    }

    private void Read(byte* buffer, int capacity)
    {
        var held = _partialLength;
        if (held > 0)
        {
            _partial.AsSpan(0, held).CopyTo(new Span<byte>(buffer, held));
        }

        var received = _secure is null
            ? (int)Libc.Recv(Descriptor, buffer + held, (nuint)(capacity - held), Libc.MsgDontWait)
            : _secure.Receive(_loop.Buffer[held..]);
        if (received <= 0)
        {
            if (_secure is not null && received == 0)
            {
                return;
            }

            if (_secure is null && received < 0 && Libc.LastError is (Libc.EAgain or Libc.EIntr))
            {
                return;
            }

            throw new VerificationException(
                received == 0 ? "the server closed a connection" : $"the server reset a connection (error {Libc.LastError})");
        }

        var length = held + received;
        var consumed = Consume(buffer, length);
        _partialLength = length - consumed;
        if (_partialLength > 0)
        {
            Keep(buffer + consumed, _partialLength);
        }
    }

    public virtual void OnWritable()
    {
    }

    /// <summary>Sends what TLS has encrypted before. True when there is none left.</summary>
    public bool SendRest() => _secure is null || _secure.SendRest();

    public void Dispose()
    {
        _secure?.Dispose();
        _socket.Dispose();
    }

    /// <summary>Takes complete frames from the front of <paramref name="data"/>; returns how many bytes they had.</summary>
    protected abstract int Consume(byte* data, int length);

    /// <summary>Sends as much as the socket takes; if that is not all, <see cref="OnWritable"/> will follow.</summary>
    protected int TrySend(byte* data, int length)
    {
        if (_secure is not null)
        {
            return TrySendSecurely(data, length);
        }

        var sent = (int)Libc.Send(Descriptor, data, (nuint)length, Libc.MsgDontWait | Libc.MsgNoSignal);
        if (sent < 0 && Libc.LastError is not (Libc.EAgain or Libc.EIntr))
        {
            throw new VerificationException($"the server reset a connection (error {Libc.LastError})");
        }

        if (sent < length)
        {
            _loop.AwaitWritable(this);
        }

        return Math.Max(sent, 0);
    }

    private int TrySendSecurely(byte* data, int length)
    {
        var taken = 0;
        if (_secure!.SendRest())
        {
            _plain.Set(data, length);
            taken = length;
            if (_secure.Send(_plain.Memory))
            {
                return taken;
            }
        }

        _loop.AwaitWritable(this);
        return taken;
    }

    /// <summary>
    /// Takes one control line that is not a delivery; 0 if it is incomplete.
    /// A delivery that reaches here complete is one that no subscription of this connection should have got.
    /// </summary>
    protected int ConsumeControl(byte* data, int length, int deliveryLength)
    {
        if (length == 0)
        {
            return 0;
        }

        var span = new ReadOnlySpan<byte>(data, length);
        if (data[0] is (byte)'M' or (byte)'H')
        {
            if (length < deliveryLength)
            {
                return 0;
            }

            throw new VerificationException($"unexpected delivery: {Quote(span)}");
        }

        var end = span.IndexOf("\r\n"u8);
        if (end < 0)
        {
            return length < MaximumFrameLength ? 0 : throw new VerificationException($"endless line: {Quote(span)}");
        }

        var line = span[..end];
        if (line.SequenceEqual("PING"u8))
        {
            SendPong();
        }
        else if (line.SequenceEqual("PONG"u8))
        {
            _pongsDue--;
        }
        else if (!line.StartsWith("INFO "u8) && !line.SequenceEqual("+OK"u8))
        {
            throw new VerificationException($"the server sent: {Quote(line)}");
        }

        return end + 2;
    }

    protected virtual void SendPing() => Write("PING\r\n"u8);

    protected virtual void SendPong() => Write("PONG\r\n"u8);

    protected static string Quote(ReadOnlySpan<byte> bytes) =>
        Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, 120)]).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    /// <summary>Sends a short command. Connections that write commands write nothing else in bulk, so the socket has room.</summary>
    protected void Write(ReadOnlySpan<byte> command)
    {
        fixed (byte* data = command)
        {
            if (_secure is not null)
            {
                if (TrySendSecurely(data, command.Length) != command.Length)
                {
                    throw new VerificationException("the server does not read commands");
                }

                return;
            }

            var sent = (int)Libc.Send(Descriptor, data, (nuint)command.Length, Libc.MsgDontWait | Libc.MsgNoSignal);
            if (sent != command.Length)
            {
                throw new VerificationException($"the server does not read commands (sent {sent} of {command.Length} bytes, error {Libc.LastError})");
            }
        }
    }

    private void Keep(byte* data, int length)
    {
        if (length > MaximumFrameLength)
        {
            throw new VerificationException($"a frame is longer than any that was published: {Quote(new ReadOnlySpan<byte>(data, length))}");
        }

        if (_partial.Length < length)
        {
            _partial = GC.AllocateUninitializedArray<byte>(Math.Max(length, _partial.Length * 2));
        }

        new ReadOnlySpan<byte>(data, length).CopyTo(_partial);
    }
}
