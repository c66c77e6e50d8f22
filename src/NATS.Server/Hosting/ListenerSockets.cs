using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NATS.Server.Options;

namespace NATS.Server.Hosting;

/// <summary>Listening sockets for a configured host and port.</summary>
internal static class ListenerSockets
{
    private const int Backlog = 4096;

    /// <summary>Binds and listens.</summary>
    /// <param name="host">An address or a name of this machine; empty is every address.</param>
    /// <param name="port">0 or -1 lets the system choose.</param>
    /// <exception cref="NatsServerException">In the reference's words.</exception>
    public static Socket Bind(string host, int port)
    {
        if (port is < ServerOptions.RandomPort or > ushort.MaxValue)
            throw new NatsServerException($"Error listening on port: {Format(host, port)}, \"listen tcp: address {port.ToString(CultureInfo.InvariantCulture)}: invalid port\"");
        IPAddress address = Resolve(host, Math.Max(0, port));
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            socket.Bind(new IPEndPoint(address, Math.Max(0, port)));
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            string why = exception.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "address already in use",
                SocketError.AddressNotAvailable => "cannot assign requested address",
                SocketError.AccessDenied => "permission denied",
                _ => exception.Message,
            };
            string text = Format(host, Math.Max(0, port));
            throw new NatsServerException($"Error listening on port: {text}, \"listen tcp {text}: bind: {why}\"", exception);
        }
    }

    /// <summary><c>host:port</c>, with brackets around IPv6 addresses.</summary>
    public static string Format(string host, int port)
    {
        string number = port.ToString(CultureInfo.InvariantCulture);
        return host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{number}" : $"{host}:{number}";
    }

    private static IPAddress Resolve(string host, int port)
    {
        if (host.Length == 0) return IPAddress.IPv6Any;
        if (IPAddress.TryParse(host, out IPAddress? address)) return address;
        try
        {
            IPAddress[] found = Dns.GetHostAddresses(host);
            return Array.Find(found, static a => a.AddressFamily == AddressFamily.InterNetwork) ?? found[0];
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException or IndexOutOfRangeException)
        {
            throw new NatsServerException($"Error listening on port: {Format(host, port)}, \"listen tcp: lookup {host}: no such host\"", exception);
        }
    }
}
