using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using NATS.Server.Connections.Epoll;

namespace NATS.Server.Bench.Load;

/// <summary>
/// TLS of one client connection: the class library's, over a stream that receives and sends by system calls and never waits after the handshake.
/// Loop thread only.
/// </summary>
internal sealed unsafe class SecureLayer : IDisposable
{
    private readonly Wire _wire;
    private readonly SslStream _stream;

    /// <summary>Reads INFO, performs the handshake and waits for it.</summary>
    public SecureLayer(Socket socket)
    {
        ReadInfo(socket);
        _wire = new Wire(socket);
        _stream = new SslStream(_wire, leaveInnerStreamOpen: true);
        _stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
#pragma warning disable CA5359 // the server is one that this program has started
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
        }).GetAwaiter().GetResult();
        _wire.IsEstablished = true;
    }

    /// <summary>Plain bytes, 0 when more has to arrive first, negative at the end.</summary>
    public int Receive(Memory<byte> target)
    {
        var total = 0;
        var filled = _wire.Fill();
        while (target.Length - total >= Wire.MaximumRecord && _wire.HasRecord)
        {
            var count = 0;
            try
            {
                var read = _stream.ReadAsync(target[total..]);
                count = read.IsCompleted ? read.Result : throw new VerificationException("TLS waits for its wire");
            }
            catch (NoDataException)
            {
                continue;
            }

            if (count == 0)
            {
                return -1;
            }

            total += count;
        }

        return total == 0 && filled < 0 ? -1 : total;
    }

    /// <summary>Whether records wait that the socket no longer knows of.</summary>
    public bool HasRecord => _wire.HasRecord;

    /// <summary>Whether encrypted bytes wait for the socket.</summary>
    public bool HasUnsent => _wire.HasUnsent;

    /// <summary>Encrypts all of <paramref name="bytes"/> and sends what the socket takes; the rest is sent by <see cref="SendRest"/>.</summary>
    public bool Send(ReadOnlyMemory<byte> bytes)
    {
        _stream.WriteAsync(bytes).AsTask().GetAwaiter().GetResult();
        return SendRest();
    }

    /// <summary>True when nothing waits any more.</summary>
    public bool SendRest() => _wire.SendRest();

    public void Dispose() => _stream.Dispose();

    private static void ReadInfo(Socket socket)
    {
        Span<byte> one = stackalloc byte[1];
        while (socket.Receive(one) == 1 && one[0] != '\n')
        {
        }
    }

    /// <summary>A record brought no data: the server's session tickets, after the handshake.</summary>
    private sealed class NoDataException : IOException;

    /// <summary>Hands over one record at a time and collects what is written.</summary>
    private sealed class Wire(Socket socket) : Stream
    {
        public const int MaximumRecord = 16 * 1024;
        private const int SmallCapacity = 20 * 1024;
        private const int Capacity = 256 * 1024;

        private readonly int _descriptor = (int)socket.Handle;
        private byte[] _input = new byte[SmallCapacity];
        private byte[] _output = [];
        private int _start;
        private int _end;
        private int _left;
        private int _outputStart;
        private int _outputEnd;

        public bool IsEstablished { get; set; }

        public bool HasUnsent => _outputStart < _outputEnd;

        public bool HasRecord => _left > 0 || (_end - _start >= 5 && _end - _start >= RecordLength);

        private int RecordLength => 5 + (_input[_start + 3] << 8) + _input[_start + 4];

        public int Fill()
        {
            if (_start > 0)
            {
                _input.AsSpan(_start, _end - _start).CopyTo(_input);
                _end -= _start;
                _start = 0;
            }

            if (_end == _input.Length)
            {
                return 0;
            }

            fixed (byte* p = _input)
            {
                var count = (int)Libc.Recv(_descriptor, p + _end, (nuint)(_input.Length - _end), Libc.MsgDontWait);
                if (count > 0)
                {
                    _end += count;
                    if (_end == _input.Length && _end < Capacity)
                    {
                        Array.Resize(ref _input, Capacity);
                    }

                    return count;
                }

                return count < 0 && Libc.LastError is (Libc.EAgain or Libc.EIntr) ? 0 : -1;
            }
        }

        public bool SendRest()
        {
            while (_outputStart < _outputEnd)
            {
                fixed (byte* p = _output)
                {
                    var sent = (int)Libc.Send(_descriptor, p + _outputStart, (nuint)(_outputEnd - _outputStart), Libc.MsgDontWait | Libc.MsgNoSignal);
                    if (sent < 0)
                    {
                        return Libc.LastError is (Libc.EAgain or Libc.EIntr) ? false : throw new VerificationException("the server reset a connection");
                    }

                    _outputStart += sent;
                }
            }

            _outputStart = 0;
            _outputEnd = 0;
            return true;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (!HasRecord)
            {
                if (IsEstablished)
                {
                    throw new NoDataException();
                }

                socket.Poll(-1, SelectMode.SelectRead);
                if (Fill() < 0)
                {
                    return ValueTask.FromResult(0);
                }
            }

            if (_left == 0)
            {
                _left = RecordLength;
            }

            var count = Math.Min(buffer.Length, Math.Min(_left, _end - _start));
            _input.AsSpan(_start, count).CopyTo(buffer.Span);
            _start += count;
            _left -= count;
            return ValueTask.FromResult(count);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_output.Length - _outputEnd < buffer.Length)
            {
                Array.Resize(ref _output, (_output.Length * 2) + buffer.Length);
            }

            buffer.CopyTo(_output.AsMemory(_outputEnd));
            _outputEnd += buffer.Length;
            if (!IsEstablished)
            {
                _ = SendRest();
            }

            return ValueTask.CompletedTask;
        }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
