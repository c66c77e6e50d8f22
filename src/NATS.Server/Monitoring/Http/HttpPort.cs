using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NATS.Server.Connections.Tls;

namespace NATS.Server.Monitoring.Http;

/// <summary>Opens HTTP ports by the name of their host, with the reference's words when it fails. Pure but for that.</summary>
internal static class HttpPort
{
    /// <summary>Begins to listen.</summary>
    /// <param name="http">What listens.</param>
    /// <param name="host">A name or an address.</param>
    /// <param name="port">0 or less lets the system choose.</param>
    /// <param name="tls">As for <see cref="HttpServer.Start"/>.</param>
    /// <exception cref="MonitoringException">The port cannot be opened.</exception>
    public static void Open(HttpServer http, string host, int port, Func<TlsListener?>? tls)
    {
        port = Math.Max(port, 0);
        try
        {
            http.Start(new IPEndPoint(Resolve(host), port), tls);
        }
        catch (Exception error) when (error is SocketException or ArgumentOutOfRangeException)
        {
            string reason = error is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } ? "address already in use"
                : error is SocketException { SocketErrorCode: SocketError.AccessDenied } ? "permission denied"
                : error is SocketException { SocketErrorCode: SocketError.AddressNotAvailable } ? "cannot assign requested address"
                : error.Message;
            throw new MonitoringException($"listen tcp {Join(host, port)}: bind: {reason}", error);
        }
    }

    /// <summary>Host and port as one text.</summary>
    public static string Join(string host, int port) =>
        string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':') ? $"[{host}]" : host)}:{port}");

    private static IPAddress Resolve(string host) => IPAddress.TryParse(host, out IPAddress? address) ? address : Dns.GetHostAddresses(host)[0];
}
