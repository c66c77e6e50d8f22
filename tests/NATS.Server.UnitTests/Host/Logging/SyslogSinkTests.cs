using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using NATS.Server.Host.Logging;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.Host.Logging;

public sealed class SyslogSinkTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _trouble = [];

    [Fact]
    public void The_machines_log_is_the_first_datagram_socket_that_is_there()
    {
        var path = Path.Combine(_folder.Path, "log");
        using var daemon = Bind(new UnixDomainSocketEndPoint(path), SocketType.Dgram);
        using var sink = Open(SyslogTarget.MachineAt(Path.Combine(_folder.Path, "none"), path));
        sink.Write(LogLevel.Information, "one");
        sink.Write(LogLevel.Error, "two");
        Assert.Equal($"<29>Nov 21 12:00:00 tag[{Environment.ProcessId}]: one\n", Receive(daemon));
        Assert.Equal($"<27>Nov 21 12:00:00 tag[{Environment.ProcessId}]: two\n", Receive(daemon));
    }

    [Fact]
    public void A_udp_URL_gets_a_datagram_a_line()
    {
        using var daemon = Bind(new IPEndPoint(IPAddress.Loopback, 0), SocketType.Dgram);
        using var sink = Open(Target($"udp://127.0.0.1:{((IPEndPoint)daemon.LocalEndPoint!).Port}"));
        sink.Write(LogLevel.Warning, "one");
        Assert.Equal($"<4>2026-11-21T12:00:00Z {Environment.MachineName} tag[{Environment.ProcessId}]: one\n", Receive(daemon));
    }

    [Fact]
    public void A_tcp_URL_gets_lines_and_after_a_lost_connection_a_new_one()
    {
        using var daemon = Bind(new IPEndPoint(IPAddress.Loopback, 0), SocketType.Stream);
        daemon.Listen();
        using var sink = Open(Target($"tcp://localhost:{((IPEndPoint)daemon.LocalEndPoint!).Port}/ignored"));
        using (var first = daemon.Accept())
        {
            sink.Write(LogLevel.Information, "one");
            Assert.EndsWith(": one\n", Receive(first), StringComparison.Ordinal);
            first.LingerState = new LingerOption(enable: true, 0); // a reset, so that the next send fails
        }

        using var second = Eventually.NotNull(
            () =>
            {
                sink.Write(LogLevel.Information, "again");
                return daemon.Poll(TimeSpan.FromMilliseconds(10), SelectMode.SelectRead) ? daemon.Accept() : null;
            },
            "a second connection");
        Assert.Contains(": again\n", Receive(second), StringComparison.Ordinal);
    }

    [Fact]
    public void A_unix_URL_is_a_stream()
    {
        var path = Path.Combine(_folder.Path, "stream");
        using var daemon = Bind(new UnixDomainSocketEndPoint(path), SocketType.Stream);
        daemon.Listen();
        using var sink = Open(Target("unix://" + path));
        using var connection = daemon.Accept();
        sink.Write(LogLevel.Information, "one");
        Assert.Equal($"<5>Nov 21 12:00:00 tag[{Environment.ProcessId}]: one\n", Receive(connection));
    }

    [Fact]
    public void What_waits_is_sent_before_the_sink_is_closed()
    {
        using var daemon = Bind(new IPEndPoint(IPAddress.Loopback, 0), SocketType.Stream);
        daemon.Listen();
        using (var sink = Open(Target($"tcp://127.0.0.1:{((IPEndPoint)daemon.LocalEndPoint!).Port}")))
        {
            for (var i = 0; i < 1000; i++)
                sink.Write(LogLevel.Information, "line");
        }
        using var connection = daemon.Accept();
        using var reader = new StreamReader(new NetworkStream(connection));
        Assert.Equal(1000, reader.ReadToEnd().Count(c => c == '\n'));
    }

    [Fact]
    public void A_daemon_that_is_gone_is_told_once_and_not_to_the_caller()
    {
        var path = Path.Combine(_folder.Path, "log");
        var sink = default(SyslogSink);
        using (Bind(new UnixDomainSocketEndPoint(path), SocketType.Dgram))
            sink = Open(SyslogTarget.MachineAt(path));
        File.Delete(path);
        sink.Write(LogLevel.Information, "one");
        sink.Write(LogLevel.Information, "two");
        sink.Dispose();
        Assert.Equal("syslog cannot be reached, lines are lost: Unix syslog delivery error", Assert.Single(_trouble));
    }

    [Fact]
    public void Lost_lines_are_counted_when_the_daemon_is_back()
    {
        var path = Path.Combine(_folder.Path, "log");
        var sink = default(SyslogSink);
        using (Bind(new UnixDomainSocketEndPoint(path), SocketType.Dgram))
            sink = Open(SyslogTarget.MachineAt(path));
        File.Delete(path);
        sink.Write(LogLevel.Information, "lost");
        Eventually.True(() => _trouble.Count == 1, "the loss is noticed");
        using var daemon = Bind(new UnixDomainSocketEndPoint(path), SocketType.Dgram);
        sink.Write(LogLevel.Information, "back");
        Assert.EndsWith(": back\n", Receive(daemon), StringComparison.Ordinal);
        Assert.EndsWith(": 1 log lines were lost\n", Receive(daemon), StringComparison.Ordinal);
        sink.Dispose();
    }

    [Theory]
    [InlineData("foo://x", "error invalid network type: \"foo\"")]
    [InlineData("localhost:514", "error invalid network type: \"localhost\"")]
    [InlineData("localhost", "error invalid network type: \"\"")]
    public void Other_URLs_are_refused(string url, string reason)
    {
        Assert.False(SyslogTarget.TryParse(url, out _, out var error));
        Assert.Equal(reason, error);
    }

    [Theory]
    [InlineData("udp://localhost", "dial udp: address localhost: missing port in address")]
    [InlineData("tcp://localhost:70000", "dial tcp: address 70000: invalid port")]
    [InlineData("tcp://127.0.0.1:1", "dial tcp 127.0.0.1:1: connect: connection refused")]
    [InlineData("unix:///no/such/socket", "dial unix /no/such/socket: connect: no such file or directory")]
    public void An_address_that_cannot_be_reached_fails_the_start(string url, string reason) =>
        Assert.Equal(reason, Assert.Throws<SyslogException>(() => Open(Target(url))).Message);

    public void Dispose() => _folder.Dispose();

    private static Socket Bind(EndPoint endPoint, SocketType type)
    {
        var socket = new Socket(endPoint.AddressFamily, type, ProtocolType.Unspecified) { ReceiveTimeout = (int)Deadline.TotalMilliseconds };
        socket.Bind(endPoint);
        return socket;
    }

    private static string Receive(Socket socket)
    {
        socket.ReceiveTimeout = (int)Deadline.TotalMilliseconds;
        var buffer = new byte[64 * 1024];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }

    private static SyslogTarget Target(string url)
    {
        Assert.True(SyslogTarget.TryParse(url, out var target, out _));
        return target;
    }

    private SyslogSink Open(SyslogTarget target) => new(target, "tag", _time, text =>
    {
        lock (_trouble)
            _trouble.Add(text);
    });
}
