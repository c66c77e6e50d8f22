using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NATS.Server.Core.Config;

namespace NATS.Server.Host.Logging;

/// <summary>Where a syslog daemon listens, and how to connect to it. Immutable; thread-safe.</summary>
internal sealed class SyslogTarget
{
    private static readonly string[] LocalPaths = ["/dev/log", "/var/run/syslog", "/var/run/log"];

    private readonly string _scheme;
    private readonly string _address;
    private readonly IReadOnlyList<string> _localPaths;

    private SyslogTarget(string scheme, string address, bool isLocal, IReadOnlyList<string> localPaths)
    {
        _scheme = scheme;
        _address = address;
        IsLocal = isLocal;
        _localPaths = localPaths;
    }

    /// <summary>Messages to a daemon of this machine carry no host name.</summary>
    public bool IsLocal { get; }

    /// <summary>Whether this is the machine's own log, found by its usual paths, which has the facility <c>daemon</c>; a given URL has <c>kern</c>, as in the reference.</summary>
    public bool IsMachineLog => _localPaths.Count > 0;

    /// <summary>The daemon of this machine.</summary>
    public static SyslogTarget Machine => new("", "", isLocal: true, LocalPaths);

    /// <summary>The daemon of this machine, looked for at other paths.</summary>
    internal static SyslogTarget MachineAt(params IReadOnlyList<string> paths) => new("", "", isLocal: true, paths);

    /// <summary>A daemon by URL: <c>udp://host:port</c>, <c>tcp://host:port</c> or <c>unix:///path</c>.</summary>
    /// <returns>False with the reason when the URL is none of these.</returns>
    public static bool TryParse(string url, out SyslogTarget target, out string error)
    {
        target = Machine;
        error = "";
        var separator = url.IndexOf(':', StringComparison.Ordinal);
        var scheme = separator < 0 ? "" : url[..separator];
        if (scheme is not ("udp" or "tcp" or "unix"))
        {
            error = $"error invalid network type: {GoFormat.Quote(scheme)}";
            return false;
        }

        var rest = url[(separator + 1)..];
        rest = rest.StartsWith("//", StringComparison.Ordinal) ? rest[2..] : rest;
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var address = scheme == "unix" ? rest[Math.Max(slash, 0)..] : slash < 0 ? rest : rest[..slash];
        target = new SyslogTarget(scheme, address, isLocal: scheme == "unix", []);
        return true;
    }

    /// <summary>Connects.</summary>
    /// <exception cref="SyslogException">Nobody listens; the message is that of Go's dialler.</exception>
    public Socket Connect() => _scheme switch
    {
        "udp" => ConnectNetwork(SocketType.Dgram, ProtocolType.Udp),
        "tcp" => ConnectNetwork(SocketType.Stream, ProtocolType.Tcp),
        "unix" => ConnectUnix(_address, SocketType.Stream),
        _ => ConnectMachine(),
    };

    private Socket ConnectMachine()
    {
        foreach (var type in (ReadOnlySpan<SocketType>)[SocketType.Dgram, SocketType.Stream])
        {
            foreach (var path in _localPaths)
            {
                try
                {
                    return ConnectUnix(path, type);
                }
                catch (SyslogException)
                {
                    // the next place it may be
                }
            }
        }
        throw new SyslogException("Unix syslog delivery error");
    }

    private static Socket ConnectUnix(string path, SocketType type)
    {
        var socket = new Socket(AddressFamily.Unix, type, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return socket;
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            socket.Dispose();
            throw new SyslogException($"dial unix {path}: connect: {Reason(exception)}", exception);
        }
    }

    private Socket ConnectNetwork(SocketType type, ProtocolType protocol)
    {
        var colon = _address.LastIndexOf(':');
        if (colon < 0)
            throw new SyslogException($"dial {_scheme}: address {_address}: missing port in address");
        if (!ushort.TryParse(_address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            throw new SyslogException($"dial {_scheme}: address {_address[(colon + 1)..]}: invalid port");
        var host = _address[..colon].Trim('[', ']');

        Socket? socket = null;
        try
        {
            var addresses = host.Length == 0 ? [IPAddress.Loopback] : Dns.GetHostAddresses(host);
            var address = addresses.FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork) ?? addresses[0];
            socket = new Socket(address.AddressFamily, type, protocol);
            socket.Connect(address, port);
            return socket;
        }
        catch (SocketException exception)
        {
            socket?.Dispose();
            throw new SyslogException($"dial {_scheme} {_address}: connect: {Reason(exception)}", exception);
        }
    }

    private static string Reason(Exception exception) => exception is SocketException socketException ? ErrorText.SocketReason(socketException) : exception.Message;
}
