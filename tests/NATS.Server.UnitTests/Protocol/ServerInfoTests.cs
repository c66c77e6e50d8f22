using System.Buffers;
using System.Text;
using NATS.Server.Core.Protocol;
using Xunit;

namespace NATS.Server.UnitTests.Protocol;

public sealed class ServerInfoTests
{
    // Recorded from nats-server 2.15.1 started with: -a 127.0.0.1 -p 45222 -n 'a<b>&"c'
    private static readonly string RecordedLine = OneLine(
        """
        INFO {"server_id":"NCATICMXWV5T6QZSAONUDPOFHELMXNWBPWOGDTMRF5MCUWTMXTSWXD64","server_name":"a\u003cb\u003e\u0026\"c","version":"2.15.1",
        "proto":1,"go":"go1.27.2","host":"127.0.0.1","port":45222,"headers":true,"max_payload":1048576,"client_id":5,"client_ip":"127.0.0.1",
        "api_lvl":5,"xkey":"XBGA3QXFINS4FWOAJDF5KZHNCM4Z7N64GKKARI752RYAMH5XOX6W3AR6"}
        """);

    private static readonly ServerInfo Plain = new()
    {
        ServerId = "NCATICMXWV5T6QZSAONUDPOFHELMXNWBPWOGDTMRF5MCUWTMXTSWXD64",
        ServerName = "a<b>&\"c",
        Runtime = "go1.27.2",
        Host = "127.0.0.1",
        Port = 45222,
        Headers = true,
        MaxPayload = 1048576,
        ApiLevel = 5,
        XKey = "XBGA3QXFINS4FWOAJDF5KZHNCM4Z7N64GKKARI752RYAMH5XOX6W3AR6",
    };

    [Fact]
    public void An_info_line_has_the_bytes_of_the_reference()
    {
        byte[] line = (Plain with { ClientId = 5, ClientIp = "127.0.0.1" }).ToInfoLine();

        Assert.Equal(RecordedLine, Encoding.UTF8.GetString(line));
    }

    [Fact]
    public void A_prepared_line_receives_the_fields_of_the_connection()
    {
        byte[] line = Plain.Prepare().ToInfoLine(5, "127.0.0.1", "");

        Assert.Equal(RecordedLine, Encoding.UTF8.GetString(line));
    }

    [Theory]
    [InlineData(0UL, "", "")]
    [InlineData(7UL, "", "")]
    [InlineData(0UL, "::1", "")]
    [InlineData(0UL, "", "abc")]
    [InlineData(18446744073709551615UL, "10.0.0.1", "q9-_aZ")]
    public void A_prepared_line_equals_the_line_rendered_at_once(ulong clientId, string clientIp, string nonce)
    {
        ServerInfo info = Plain with { Cluster = "C1", ConnectUrls = ["a:1"] };

        byte[] prepared = info.Prepare().ToInfoLine(clientId, clientIp, nonce);

        Assert.Equal((info with { ClientId = clientId, ClientIp = clientIp, Nonce = nonce }).ToInfoLine(), prepared);
    }

    [Fact]
    public void A_prepared_line_is_free_of_the_connection_fields_of_its_record()
    {
        byte[] line = (Plain with { ClientId = 9, ClientIp = "1.1.1.1", Nonce = "old" }).Prepare().ToInfoLine(5, "127.0.0.1", "");

        Assert.Equal(RecordedLine, Encoding.UTF8.GetString(line));
    }

    [Fact]
    public void All_fields_are_written_in_the_order_of_the_reference()
    {
        var info = new ServerInfo
        {
            ServerId = "N1",
            ServerName = "n",
            Version = "2.15.1",
            GitCommit = "abc",
            Runtime = "r",
            Host = "h",
            Port = 1,
            Headers = true,
            AuthRequired = true,
            TlsRequired = true,
            TlsVerify = true,
            TlsAvailable = true,
            MaxPayload = 2,
            JetStream = true,
            Ip = "ip",
            ClientId = 3,
            ClientIp = "cip",
            Nonce = "no",
            Cluster = "cl",
            ClusterDynamic = true,
            Domain = "d",
            ConnectUrls = ["a:1", "b:2"],
            WebSocketConnectUrls = ["w:1"],
            LameDuckMode = true,
            Compression = "s2_fast",
            ConnectInfo = true,
            RemoteAccount = "$G",
            IsSystemAccount = true,
            ApiLevel = 5,
            XKey = "X1",
        };

        string line = Encoding.UTF8.GetString(info.ToInfoLine());

        Assert.Equal(
            OneLine(
                """
                INFO {"server_id":"N1","server_name":"n","version":"2.15.1","proto":1,"git_commit":"abc","go":"r","host":"h","port":1,"headers":true,
                "auth_required":true,"tls_required":true,"tls_verify":true,"tls_available":true,"max_payload":2,"jetstream":true,"ip":"ip",
                "client_id":3,"client_ip":"cip","nonce":"no","cluster":"cl","cluster_dynamic":true,"domain":"d","connect_urls":["a:1","b:2"],
                "ws_connect_urls":["w:1"],"ldm":true,"compression":"s2_fast","connect_info":true,"remote_account":"$G","acc_is_sys":true,
                "api_lvl":5,"xkey":"X1"}
                """),
            line);
    }

    [Fact]
    public void Fields_without_an_omission_rule_are_written_when_empty()
    {
        var info = new ServerInfo { ServerId = "", ServerName = "", Version = "", Proto = 0 };

        string line = Encoding.UTF8.GetString(info.ToInfoLine());

        Assert.Equal(
            OneLine("""INFO {"server_id":"","server_name":"","version":"","proto":0,"go":"","host":"","port":0,"headers":false,"max_payload":0}"""),
            line);
    }

    [Theory]
    [InlineData("a\tb\nc\rd\be\ff", """a\tb\nc\rd\be\ff""")]
    [InlineData("\u0000\u0001\u001f\u007f", "\\u0000\\u0001\\u001f\u007f")]
    [InlineData("'/+`=", "'/+`=")]
    [InlineData("\u2028\u2029", """\u2028\u2029""")]
    [InlineData("äß漢😀", "äß漢😀")]
    [InlineData("\\\"", "\\\\\\\"")]
    public void Texts_are_escaped_as_the_reference_does(string name, string expected)
    {
        string line = Encoding.UTF8.GetString((Plain with { ServerName = name }).ToInfoLine());

        Assert.Contains("\"server_name\":\"" + expected + "\",", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lone_surrogate_becomes_an_escaped_replacement_character()
    {
        string line = Encoding.UTF8.GetString((Plain with { ServerName = "a\ud800b" }).ToInfoLine());

        Assert.Contains("\"server_name\":\"a\\ufffdb\",", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_is_appended_to_what_the_buffer_holds()
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write("+OK\r\n"u8);

        Plain.Prepare().WriteTo(buffer, 5, "127.0.0.1", "");

        Assert.Equal("+OK\r\n" + RecordedLine, Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    private static string OneLine(string text) => text.Replace("\n", "", StringComparison.Ordinal) + " \r\n";
}
