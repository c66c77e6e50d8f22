using System.Net.Sockets;
using System.Text;
using NATS.Server.Host.ProcessFiles;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.Host.ProcessFiles;

public sealed class SystemdNotifierTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);

    [Fact]
    public void Tells_each_state_in_a_datagram()
    {
        var path = Path.Combine(_folder.Path, "notify");
        using var supervisor = Bind(path);
        var notifier = new SystemdNotifier(path, _time);
        notifier.Ready();
        notifier.Stopping();
        Assert.Equal("READY=1", Receive(supervisor));
        Assert.Equal("STOPPING=1", Receive(supervisor));
    }

    [Fact]
    public void A_reload_is_stamped_with_monotonic_microseconds()
    {
        var path = Path.Combine(_folder.Path, "notify");
        using var supervisor = Bind(path);
        var expected = (Int128)_time.GetTimestamp() * 1_000_000 / _time.TimestampFrequency;
        new SystemdNotifier(path, _time).Reloading();
        Assert.Equal($"RELOADING=1\nMONOTONIC_USEC={expected}", Receive(supervisor));
    }

    [Fact]
    public void An_at_sign_is_the_abstract_namespace()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the abstract namespace is Linux's");
        var name = $"nats-test-{Guid.NewGuid():n}";
        using var supervisor = Bind("\0" + name);
        new SystemdNotifier("@" + name, _time).Ready();
        Assert.Equal("READY=1", Receive(supervisor));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/no/such/socket")]
    public void Without_a_supervisor_nothing_happens(string? path)
    {
        var notifier = new SystemdNotifier(path, _time);
        notifier.Ready();
        notifier.Reloading();
        notifier.Stopping();
    }

    public void Dispose() => _folder.Dispose();

    private static Socket Bind(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
        socket.Bind(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static string Receive(Socket socket)
    {
        var buffer = new byte[256];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }
}
