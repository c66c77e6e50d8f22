using System.Net.Security;
using System.Net.Sockets;

namespace NATS.Server.Host.Explain;

/// <summary>A socket. Used by one conversation.</summary>
internal sealed class TcpWire : IServerWire
{
    private readonly Socket _socket;
    private readonly SslClientAuthenticationOptions _tls;

    private TcpWire(Socket socket, SslClientAuthenticationOptions tls)
    {
        _socket = socket;
        _tls = tls;
        Stream = new NetworkStream(socket, ownsSocket: true);
    }

    public Stream Stream { get; private set; }

    public bool HasCertificate => _tls.ClientCertificateContext is not null;

    /// <summary>Connects.</summary>
    /// <param name="address">Of the server, whose certificate has to be for that host.</param>
    /// <param name="tls">Whom to trust and what to present.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="SocketException">The server cannot be reached.</exception>
    public static async Task<TcpWire> ConnectAsync(ServerAddress address, SslClientAuthenticationOptions tls, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return new TcpWire(socket, tls);
    }

    public async Task<bool> HearsAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var waited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waited.CancelAfter(patience);
        try
        {
            _ = await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, waited.Token); // ends when there is something, and takes nothing of it
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    public async Task SecureAsync(CancellationToken cancellationToken)
    {
        var secured = new SslStream(Stream);
        Stream = secured;
        await secured.AuthenticateAsClientAsync(_tls, cancellationToken);
    }

    public ValueTask DisposeAsync() => Stream.DisposeAsync();
}
