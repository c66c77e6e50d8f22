using System.Buffers;
using System.Net.Security;
using System.Security.Authentication;
using NATS.Server.Connections.Tls.Ocsp;

namespace NATS.Server.Connections.Tls;

/// <summary>
/// TLS between a socket and a connection. The handshake runs on pool threads, since it costs a private key operation; afterwards decrypting happens
/// on the connection's read loop and encrypting on whichever thread is its sender, without a task, a lock of ours, or a buffer that an idle
/// connection would keep.
/// </summary>
internal sealed class TlsChannel : IDisposable
{
    /// <summary>Most plain bytes that are encrypted and sent at once: four records.</summary>
    private const int MaxSend = 64 * 1024;

    private const int MaxRecordOverhead = 64;

    private readonly ITlsTransport _transport;
    private readonly TlsWire _wire;
    private readonly SslStream _stream;
    private bool _mayHoldPlaintext;
    private bool _ended;
    private byte[]? _unsent;
    private int _unsentStart;
    private int _unsentEnd;
    private int _plainBytesUnsent;
    private int _disposed;

    /// <summary>Prepares a handshake.</summary>
    /// <param name="transport">The socket.</param>
    /// <param name="received">What was received of the handshake already.</param>
    public TlsChannel(ITlsTransport transport, ReadOnlySpan<byte> received)
    {
        _transport = transport;
        _wire = new TlsWire(transport);
        _wire.Prepend(received);
        _stream = new SslStream(_wire, leaveInnerStreamOpen: false);
    }

    /// <summary>Whether bytes wait that the socket no longer knows of. Reader only.</summary>
    public bool HasBuffered => _mayHoldPlaintext || _wire.HasRecord || _ended;

    /// <summary>Encrypted bytes that the socket did not take yet. Sender only.</summary>
    public ArraySegment<byte> Unsent => _unsent is null ? default : new ArraySegment<byte>(_unsent, _unsentStart, _unsentEnd - _unsentStart);

    /// <summary>Performs the server's side of the handshake.</summary>
    /// <exception cref="TlsHandshakeException">It failed; the message is what the log shows.</exception>
    public async Task<TlsState> AuthenticateAsync(TlsListener listener)
    {
        var handshake = new TlsServerHandshake(listener);
        try
        {
            await _wire.ExpectHandshakeAsync().ConfigureAwait(false);
            await _stream.AuthenticateAsServerAsync(handshake.SelectOptionsAsync, null).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException or InvalidOperationException or NotSupportedException
            or ObjectDisposedException or System.ComponentModel.Win32Exception or System.Security.Cryptography.CryptographicException)
        {
            throw handshake.Describe(exception);
        }

        _wire.LeaveHandshake();
        _wire.Shrink();
        TlsState state = handshake.CreateState(_stream);
        if (listener.PeerCheck is { } check && !await check.IsValidAsync(state.VerifiedChain).ConfigureAwait(false)) throw new TlsHandshakeException(OcspPeerCheck.Refusal);
        return listener.IsPinned(state, out string reason) ? state : throw new TlsHandshakeException("certificate not pinned") { Detail = reason };
    }

    /// <summary>Receives and decrypts without waiting. Reader only.</summary>
    /// <returns>Plain bytes, 0 at the end, or a negative result of <see cref="Connection"/>.</returns>
    public int Receive(Memory<byte> target)
    {
        if (_ended) return 0;
        if (!_wire.HasRecord && !_mayHoldPlaintext)
        {
            int received = _wire.Fill();
            if (received <= 0) return received;
        }

        try
        {
            int total = Decrypt(target);
            if (total == 0 && !_ended) total = Connection.SendBlocked;
            return total;
        }
        catch (Exception exception) when (IsBroken(exception))
        {
            return Connection.SendFailed;
        }
        finally
        {
            if (!_wire.HasRecord) _wire.Shrink();
        }
    }

    private int Decrypt(Memory<byte> target)
    {
        int total = 0;
        while (total < target.Length && (_wire.HasRecord || _mayHoldPlaintext))
        {
            int count;
            try
            {
                count = Completed(_stream.ReadAsync(target[total..]));
            }
            catch (TlsWouldBlockException)
            {
                // A record without data, such as a change of keys.
                _mayHoldPlaintext = false;
                continue;
            }

            if (count == 0)
            {
                _ended = true;
                break;
            }

            total += count;
            _mayHoldPlaintext = total == target.Length;
        }

        return total;
    }

    /// <summary>Encrypts and sends without waiting. Sender only; what was passed has to be passed again until it is reported as sent.</summary>
    /// <returns>Plain bytes whose records were sent completely, or a negative result of <see cref="Connection"/>.</returns>
    public int Send(ReadOnlySpan<ArraySegment<byte>> segments)
    {
        if (_unsent is not null) return SendRest();
        int plain = 0;
        try
        {
            plain = Encrypt(segments);
        }
        catch (Exception exception) when (IsBroken(exception))
        {
            return Connection.SendFailed;
        }

        ArraySegment<byte> output = _wire.TakeOutput();
        _unsent = output.Array;
        _unsentStart = 0;
        _unsentEnd = output.Count;
        _plainBytesUnsent = plain;
        return SendRest();
    }

    private int Encrypt(ReadOnlySpan<ArraySegment<byte>> segments)
    {
        int total = 0;
        foreach (ArraySegment<byte> segment in segments) total += segment.Count;
        total = Math.Min(total, MaxSend);
        _wire.Expect(total + ((segments.Length + (MaxSend / 16384)) * MaxRecordOverhead));
        int left = total;
        foreach (ArraySegment<byte> segment in segments)
        {
            if (left == 0) break;
            int count = Math.Min(left, segment.Count);
            Completed(_stream.WriteAsync(segment.AsMemory(0, count)));
            left -= count;
        }

        return total;
    }

    private int SendRest()
    {
        while (_unsentStart < _unsentEnd)
        {
            int sent = _transport.SendBytes(_unsent.AsSpan(_unsentStart, _unsentEnd - _unsentStart));
            if (sent < 0) return sent;
            _unsentStart += sent;
        }

        ReturnUnsent();
        int plain = _plainBytesUnsent;
        _plainBytesUnsent = 0;
        return plain;
    }

    /// <summary>Counts bytes of <see cref="Unsent"/> that were sent by other means. Sender only.</summary>
    public void OnSent(int count) => _unsentStart += count;

    /// <summary>Tells the peer that nothing follows. Only when nobody sends any more.</summary>
    public void SendEnd()
    {
        try
        {
            Completed(new ValueTask(_stream.ShutdownAsync()));
            ArraySegment<byte> output = _wire.TakeOutput();
            if (output.Array is not { } bytes) return;
            _ = _transport.SendBytes(output);
            ArrayPool<byte>.Shared.Return(bytes);
        }
        catch (Exception exception) when (IsBroken(exception))
        {
            // It is the last thing that happens on this connection anyway.
        }
    }

    /// <summary>Neither reader nor sender may be at work.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _stream.Dispose();
        ReturnUnsent();
    }

    private void ReturnUnsent()
    {
        if (_unsent is { } bytes) ArrayPool<byte>.Shared.Return(bytes);
        _unsent = null;
    }

    private static bool IsBroken(Exception exception) => exception is IOException or AuthenticationException or InvalidOperationException
        or ObjectDisposedException or NotSupportedException or System.Security.Cryptography.CryptographicException;

    // The wire never waits after the handshake, so neither does what runs on it.
    private static int Completed(ValueTask<int> task) =>
        task.IsCompleted ? task.GetAwaiter().GetResult() : throw new InvalidOperationException("TLS waited for its wire");

    private static void Completed(ValueTask task)
    {
        if (!task.IsCompleted) throw new InvalidOperationException("TLS waited for its wire");
        task.GetAwaiter().GetResult();
    }
}
