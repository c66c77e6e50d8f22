using System.Buffers;
using System.Buffers.Binary;

namespace NATS.Server.Connections.Tls;

/// <summary>
/// The stream under an <see cref="System.Net.Security.SslStream"/>: hands it one record at a time, so that it never keeps bytes of its own, and
/// collects what it writes, so that many records go out in one system call. During the handshake it waits for the socket; afterwards it never
/// waits, and whoever reads or writes has to see to it that it need not. One reader and one writer at a time.
/// </summary>
internal sealed class TlsWire(ITlsTransport transport) : Stream
{
    /// <summary>What is received in one system call; holds several records.</summary>
    public const int InputSize = 64 * 1024;

    private const int HeaderSize = 5;

    // RFC 8446 5.2 and RFC 5246 6.2.3: a record's payload may be that much longer than the 16 KiB of its content.
    private const int MaxRecordPayload = (16 * 1024) + 2048;

    private byte[]? _input;
    private int _start;
    private int _end;
    private int _recordLeft;
    private byte[]? _output;
    private int _outputLength;
    private bool _collects;

    /// <summary>Waits for the peer's first bytes.</summary>
    /// <exception cref="TlsHandshakeException">They are not those of a handshake, or there are none.</exception>
    public async Task ExpectHandshakeAsync()
    {
        const byte alert = 0x15, handshake = 0x16;
        while (_end - _start < HeaderSize)
        {
            if (_end > _start && _input![_start] is not (alert or handshake)) break;
            await transport.ReadableAsync().ConfigureAwait(false);
            int received = Fill();
            if (received == 0) throw new TlsHandshakeException(_end > _start ? "unexpected EOF" : "EOF");
            if (received == Connection.SendFailed) throw new TlsHandshakeException("read: connection reset by peer");
        }

        if (_input![_start] is not (alert or handshake)) throw new TlsHandshakeException("tls: first record does not look like a TLS handshake") { IsProbe = true };
    }

    /// <summary>Ends the handshake: from now on nothing waits.</summary>
    public void LeaveHandshake() => _collects = true;

    /// <summary>Whether a whole record waits to be read, or something that is none and has to be judged.</summary>
    public bool HasRecord
    {
        get
        {
            int length = _end - _start;
            if (_recordLeft > 0) return length > 0;
            return length >= HeaderSize && length >= RecordLength();
        }
    }

    /// <summary>Puts bytes that were received before in front of what will be.</summary>
    public void Prepend(ReadOnlySpan<byte> received)
    {
        if (received.IsEmpty) return;
        _input = ArrayPool<byte>.Shared.Rent(Math.Max(InputSize, received.Length));
        received.CopyTo(_input);
        _end = received.Length;
    }

    /// <summary>Receives what is there. Bytes, 0 at the end, or a negative result of the transport.</summary>
    public int Fill()
    {
        byte[] input = Prepare();
        int received = transport.ReceiveBytes(input.AsSpan(_end, input.Length - _end));
        if (received > 0) _end += received;
        else Shrink();
        return received;
    }

    /// <summary>Room for at least one record behind what is kept.</summary>
    private byte[] Prepare()
    {
        if (_input is { Length: >= InputSize } input)
        {
            if (_start > 0)
            {
                input.AsSpan(_start, _end - _start).CopyTo(input);
                _end -= _start;
                _start = 0;
            }

            return input;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(InputSize);
        if (_input is { } kept)
        {
            kept.AsSpan(_start, _end - _start).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(kept);
        }

        _end -= _start;
        _start = 0;
        _input = larger;
        return larger;
    }

    /// <summary>Keeps no more memory than what is left over needs, so that thousands of slow connections cost little.</summary>
    public void Shrink()
    {
        if (_input is not { } input) return;
        int length = _end - _start;
        byte[]? smaller = null;
        if (length > 0)
        {
            if (length > input.Length / 4) return;
            smaller = ArrayPool<byte>.Shared.Rent(length);
            input.AsSpan(_start, length).CopyTo(smaller);
        }

        ArrayPool<byte>.Shared.Return(input);
        _input = smaller;
        _start = 0;
        _end = length;
    }

    /// <summary>Of what is not a record, all there is: to be judged, and refused, by the TLS library.</summary>
    private int RecordLength()
    {
        const byte firstType = 20, lastType = 24, majorVersion = 3;
        ReadOnlySpan<byte> header = _input.AsSpan(_start, HeaderSize);
        int payload = BinaryPrimitives.ReadUInt16BigEndian(header[3..]);
        bool isRecord = header[0] is >= firstType and <= lastType && header[1] == majorVersion && payload <= MaxRecordPayload;
        return isRecord ? HeaderSize + payload : _end - _start;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!HasRecord)
        {
            if (_collects) throw new TlsWouldBlockException();
            await transport.ReadableAsync();
            int received = Fill();
            if (received == 0) return 0;
            if (received == Connection.SendFailed) throw new IOException("connection reset by peer");
        }

        return Take(buffer.Span);
    }

    /// <summary>Copies from the first record, not beyond its end.</summary>
    private int Take(Span<byte> target)
    {
        if (_recordLeft == 0) _recordLeft = RecordLength();
        int count = Math.Min(target.Length, Math.Min(_recordLeft, _end - _start));
        _input.AsSpan(_start, count).CopyTo(target);
        _start += count;
        _recordLeft -= count;
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_collects)
        {
            Collect(buffer.Span);
            return;
        }

        while (!buffer.IsEmpty)
        {
            int sent = transport.SendBytes(buffer.Span);
            if (sent == Connection.SendFailed) throw new IOException("broken pipe");
            if (sent > 0) buffer = buffer[sent..];
            else await transport.WritableAsync();
        }
    }

    private void Collect(ReadOnlySpan<byte> bytes)
    {
        if (_output is null || _output.Length - _outputLength < bytes.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_outputLength + bytes.Length, _output is null ? bytes.Length : _output.Length * 2));
            if (_output is { } output)
            {
                output.AsSpan(0, _outputLength).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(output);
            }

            _output = larger;
        }

        bytes.CopyTo(_output.AsSpan(_outputLength));
        _outputLength += bytes.Length;
    }

    /// <summary>Makes room for what is going to be written, so that it need not grow. Writer only.</summary>
    public void Expect(int bytes) => _output ??= ArrayPool<byte>.Shared.Rent(bytes);

    /// <summary>Takes what was written since the last call; the caller gives it back to the shared pool. Writer only.</summary>
    public ArraySegment<byte> TakeOutput()
    {
        if (_output is not { } output) return default;
        int length = _outputLength;
        _output = null;
        _outputLength = 0;
        return new ArraySegment<byte>(output, 0, length);
    }

    protected override void Dispose(bool disposing)
    {
        if (_input is { } input) ArrayPool<byte>.Shared.Return(input);
        if (_output is { } output) ArrayPool<byte>.Shared.Return(output);
        _input = null;
        _output = null;
        _start = 0;
        _end = 0;
        base.Dispose(disposing);
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
        // Whoever writes takes the output.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>A record that carried no data was read, and there is no other yet.</summary>
internal sealed class TlsWouldBlockException() : IOException("no complete TLS record");
