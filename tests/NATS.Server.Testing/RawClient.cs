using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace NATS.Server.Testing;

/// <summary>
/// Owned by one test. A connection that speaks bytes: what is sent and what arrives is under the test's control, one byte per <see cref="char"/>
/// (Latin-1), and every read has a deadline.
/// </summary>
public sealed class RawClient : IAsyncDisposable
{
    /// <summary>CONNECT as most tests want it: no verbose replies.</summary>
    public const string QuietConnect = "CONNECT {\"verbose\":false,\"pedantic\":false}\r\n";

    private Stream _stream;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly StringBuilder _received = new();
    private int _consumed;

    /// <summary>Wraps a connected stream, for example an in-process connection, and owns it.</summary>
    public RawClient(Stream stream) => _stream = stream;

    /// <summary>Deadline of every read.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Everything that has arrived, consumed or not.</summary>
    public string Received => _received.ToString();

    /// <summary>The server has closed its side, seen by a read.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Connects over loopback.</summary>
    public static Task<RawClient> ConnectAsync(int port) => ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));

    public static async Task<RawClient> ConnectAsync(EndPoint endPoint, int receiveBufferBytes = 0)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBufferBytes > 0) socket.ReceiveBufferSize = receiveBufferBytes;
        try
        {
            await socket.ConnectAsync(endPoint);
            return new RawClient(new NetworkStream(socket, ownsSocket: true));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects, reads INFO, sends CONNECT and PING, and waits for PONG.</summary>
    /// <param name="port">Loopback port.</param>
    /// <param name="connect">The CONNECT line with its CRLF.</param>
    public static async Task<RawClient> HandshakeAsync(int port, string connect = QuietConnect)
    {
        RawClient client = await ConnectAsync(port);
        try
        {
            await client.ReadLineAsync();
            await client.SendAsync(connect);
            await client.PingAsync();
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Performs a TLS handshake, whether the server has said something before or not; from then on everything is encrypted.</summary>
    /// <param name="certificate">What to present to the server; null: nothing.</param>
    /// <param name="configure">Changes the options of the handshake, which accept every server.</param>
    /// <param name="wrap">Puts a stream between TLS and the socket.</param>
    /// <exception cref="AuthenticationException">The server or the client refused.</exception>
    public async Task<SslStream> UpgradeAsync(
        X509Certificate2? certificate = null, Action<SslClientAuthenticationOptions>? configure = null, Func<Stream, Stream>? wrap = null)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
#pragma warning disable CA5359 // a test's client takes any server; tests that care configure another callback
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
        };
        if (certificate is not null) options.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        configure?.Invoke(options);
        var stream = new SslStream(wrap is null ? _stream : wrap(_stream));
        using var deadline = new CancellationTokenSource(Timeout);
        try
        {
            await stream.AuthenticateAsClientAsync(options, deadline.Token);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }

        _stream = stream;
        return stream;
    }

    /// <summary>Sends a text, one byte per character.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var deadline = new CancellationTokenSource(Timeout);
        await _stream.WriteAsync(bytes, deadline.Token);
        await _stream.FlushAsync(deadline.Token);
    }

    /// <summary>Sends a text in pieces of one byte, each written by itself.</summary>
    public async Task SendByteByByteAsync(string text)
    {
        foreach (char character in text) await SendAsync(new[] { (byte)character });
    }

    /// <summary>The next line, without its CRLF.</summary>
    /// <exception cref="TimeoutException">None came; the message holds what did.</exception>
    /// <exception cref="EndOfStreamException">The server closed first.</exception>
    public async Task<string> ReadLineAsync()
    {
        string line = await ReadUntilAsync("\r\n");
        return line[..^2];
    }

    /// <summary>Reads up to and including a text.</summary>
    /// <returns>Everything since the last read, the text included.</returns>
    /// <exception cref="TimeoutException">It did not come; the message holds what did.</exception>
    /// <exception cref="EndOfStreamException">The server closed first.</exception>
    public async Task<string> ReadUntilAsync(string text)
    {
        while (true)
        {
            string unread = _received.ToString(_consumed, _received.Length - _consumed);
            int at = unread.IndexOf(text, StringComparison.Ordinal);
            if (at >= 0)
            {
                _consumed += at + text.Length;
                return unread[..(at + text.Length)];
            }

            if (!await FillAsync($"'{text}'")) throw new EndOfStreamException($"The server closed before '{text}'. Unread: '{unread}'");
        }
    }

    /// <summary>Reads exactly <paramref name="count"/> bytes.</summary>
    public async Task<string> ReadExactlyAsync(int count)
    {
        while (_received.Length - _consumed < count)
        {
            if (!await FillAsync($"{count} bytes")) throw new EndOfStreamException($"The server closed before {count} bytes.");
        }

        _consumed += count;
        return _received.ToString(_consumed - count, count);
    }

    /// <summary>The next message; PINGs that come before it are answered.</summary>
    /// <exception cref="InvalidOperationException">Something else came.</exception>
    /// <exception cref="TimeoutException">None came; the message holds what did.</exception>
    /// <exception cref="EndOfStreamException">The server closed first.</exception>
    public async Task<ReceivedMessage> ReadMessageAsync() =>
        await TryReadMessageAsync() ?? throw new InvalidOperationException("Expected a message but received 'PONG'");

    /// <summary>The next message, or null at a PONG; PINGs that come before it are answered.</summary>
    /// <exception cref="InvalidOperationException">Something else came.</exception>
    /// <exception cref="TimeoutException">Nothing came; the message holds what did.</exception>
    /// <exception cref="EndOfStreamException">The server closed first.</exception>
    public async Task<ReceivedMessage?> TryReadMessageAsync()
    {
        while (true)
        {
            string line = await ReadLineAsync();
            if (line == "PONG") return null;
            if (line == "PING")
            {
                await SendAsync("PONG\r\n");
                continue;
            }

            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0] is not ("MSG" or "HMSG")) throw new InvalidOperationException($"Expected a message but received '{line}'");
            int sizes = words[0] == "HMSG" ? 2 : 1;
            int headers = sizes == 2 ? int.Parse(words[^2], CultureInfo.InvariantCulture) : 0;
            string text = await ReadExactlyAsync(int.Parse(words[^1], CultureInfo.InvariantCulture));
            await ExpectAsync("\r\n");
            return new ReceivedMessage(words[1], words[2], words.Length > 3 + sizes ? words[3] : "", text[..headers], text[headers..]);
        }
    }

    /// <summary>Reads until the server closes.</summary>
    /// <returns>Everything since the last read.</returns>
    /// <exception cref="TimeoutException">It did not close; the message holds what came.</exception>
    public async Task<string> ReadToCloseAsync()
    {
        while (await FillAsync("the close"))
        {
        }

        int from = _consumed;
        _consumed = _received.Length;
        return _received.ToString(from, _consumed - from);
    }

    /// <summary>PING, and everything up to and including the PONG: all that the server did with earlier bytes of this connection has been seen.</summary>
    public async Task<string> PingAsync()
    {
        await SendAsync("PING\r\n");
        return await ReadUntilAsync("PONG\r\n");
    }

    /// <summary>Fails unless exactly this text arrives next.</summary>
    public async Task ExpectAsync(string text)
    {
        while (_received.Length - _consumed < text.Length)
        {
            int length = _received.Length - _consumed;
            string soFar = _received.ToString(_consumed, length);
            if (!text.StartsWith(soFar, StringComparison.Ordinal)) break;
            if (!await FillAsync($"'{text}'")) break;
        }

        int taken = Math.Min(text.Length, _received.Length - _consumed);
        string actual = _received.ToString(_consumed, taken);
        if (actual != text)
            throw new InvalidOperationException($"Expected '{text}' but received '{_received.ToString(_consumed, _received.Length - _consumed)}'");
        _consumed += taken;
    }

    /// <summary>Tells the server that nothing more will be sent; reads go on.</summary>
    public void ShutdownSend()
    {
        if (_stream is NetworkStream network) network.Socket.Shutdown(SocketShutdown.Send);
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async Task<bool> FillAsync(string what)
    {
        if (IsClosed) return false;
        using var deadline = new CancellationTokenSource(Timeout);
        int count;
        try
        {
            count = await _stream.ReadAsync(_buffer, deadline.Token);
        }
        catch (OperationCanceledException problem) when (deadline.IsCancellationRequested)
        {
            throw new TimeoutException($"Waited for {what}. Unread: '{_received.ToString(_consumed, _received.Length - _consumed)}'", problem);
        }
        catch (IOException)
        {
            count = 0; // A reset is a close too.
        }

        if (count == 0)
        {
            IsClosed = true;
            return false;
        }

        _received.Append(Encoding.Latin1.GetString(_buffer, 0, count));
        return true;
    }
}
