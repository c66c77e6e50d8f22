using System.Net;
using System.Text;
using NATS.Server.Host.ProcessFiles;
using NATS.Server.Testing;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Host.ProcessFiles;

public sealed class PortsFileTests : IDisposable
{
    private static readonly IPAddress[] Addresses = [IPAddress.Loopback, IPAddress.IPv6Loopback, new IPAddress(IPAddress.Parse("fe80::1").GetAddressBytes(), 4)];

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Lists_the_URLs_of_each_listener() => Assert.Equal(
        """{"nats":["nats://127.0.0.1:4222"],"monitoring":["http://[::1]:8222"]}""",
        Render(new IPEndPoint(IPAddress.Loopback, 4222), new IPEndPoint(IPAddress.IPv6Loopback, 8222)));

    [Fact]
    public void A_listener_on_all_addresses_is_listed_once_per_address_without_scopes() => Assert.Equal(
        """{"nats":["nats://127.0.0.1:4222","nats://[::1]:4222","nats://[fe80::1]:4222"]}""",
        Render(new IPEndPoint(IPAddress.Any, 4222), monitoring: null));

    [Fact]
    public void With_TLS_the_addresses_say_so() => Assert.Equal(
        """{"nats":["tls://127.0.0.1:4222"],"monitoring":["https://127.0.0.1:8222"]}""",
        Encoding.UTF8.GetString(PortsFile.Render(
            new IPEndPoint(IPAddress.Loopback, 4222),
            new IPEndPoint(IPAddress.Loopback, 8222),
            () => Addresses,
            schemes: PortsFileSchemes.Of(new ServerOptions { Tls = new TlsOptions(), HttpsPort = 8222 }))));

    [Fact]
    public void Where_TLS_is_not_required_the_address_does_not_ask_for_it() =>
        Assert.Equal("nats", PortsFileSchemes.Of(new ServerOptions { Tls = new TlsOptions(), AllowNonTls = true }).Client);

    [Fact]
    public void A_server_without_listeners_has_an_empty_object() => Assert.Equal("{}", Render(client: null, monitoring: null));

    [Fact]
    public void Is_named_after_executable_and_process_and_can_be_removed()
    {
        var file = new PortsFile("nats-server");
        Assert.Null(file.Write(_folder.Path, new IPEndPoint(IPAddress.Loopback, 4222), monitoring: null));
        var path = Path.Combine(_folder.Path, $"nats-server_{Environment.ProcessId}.ports");
        Assert.Equal("""{"nats":["nats://127.0.0.1:4222"]}""", File.ReadAllText(path));
        Assert.Null(file.Delete(_folder.Path));
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void Trouble_names_the_file()
    {
        var file = new PortsFile("nats-server");
        var folder = Path.Combine(_folder.Path, "none");
        Assert.Equal($"open {file.PathIn(folder)}: no such file or directory", file.Write(folder, client: null, monitoring: null));
        Assert.Equal($"remove {file.PathIn(folder)}: no such file or directory", file.Delete(folder));
    }

    public void Dispose() => _folder.Dispose();

    private static string Render(IPEndPoint? client, IPEndPoint? monitoring) => Encoding.UTF8.GetString(PortsFile.Render(client, monitoring, () => Addresses));
}
