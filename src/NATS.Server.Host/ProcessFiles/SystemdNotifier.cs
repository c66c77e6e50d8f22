using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace NATS.Server.Host.ProcessFiles;

/// <summary>Tells systemd (<c>Type=notify</c>, <c>notify-reload</c>) how far this process is, over the datagram socket it names. Thread-safe; never throws.</summary>
/// <param name="socketPath">The value of NOTIFY_SOCKET: a path, or <c>@name</c> in the abstract namespace; null or empty: nobody asked.</param>
/// <param name="time">The clock that stamps a reload.</param>
internal sealed class SystemdNotifier(string? socketPath, TimeProvider time)
{
    /// <summary>The notifier of this process.</summary>
    public static SystemdNotifier FromEnvironment(TimeProvider time) => new(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"), time);

    /// <summary>Start or reload is complete.</summary>
    public void Ready() => Send("READY=1");

    public void Stopping() => Send("STOPPING=1");

    /// <summary>A reload begins; <see cref="Ready"/> ends it. systemd wants the monotonic time, to tell this reload from an earlier one.</summary>
    public void Reloading()
    {
        var microseconds = (Int128)time.GetTimestamp() * 1_000_000 / time.TimestampFrequency;
        Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={microseconds}"));
    }

    private void Send(string state)
    {
        if (string.IsNullOrEmpty(socketPath))
            return;
        try
        {
            var path = socketPath.StartsWith('@') ? "\0" + socketPath[1..] : socketPath;
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(state), new UnixDomainSocketEndPoint(path));
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException or PlatformNotSupportedException)
        {
            // The supervisor is gone or named a socket that is none: serving clients does not depend on it.
        }
    }
}
