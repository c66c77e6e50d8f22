using System.Buffers;
using System.Text;
using NATS.Server.Accounts;
using NATS.Server.Delivery;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Delivery;

public sealed class RequestInfoTests
{
    private const string Info = "Nats-Request-Info: {\"acc\":\"A\",\"rtt\":7}\r\n";

    private static readonly ClientIdentity Client = new()
    {
        Account = new Account("A"),
        Start = new DateTimeOffset(2026, 11, 22, 1, 2, 3, 450, TimeSpan.Zero),
        Host = "127.0.0.1",
        Id = 9,
        User = "u",
        Name = "n<\"",
        Language = "go",
        Version = "1",
        Jwt = "ey",
        IssuerKey = "AK",
        NameTag = "tag",
        Tags = ["x", "y"],
    };

    // CVE-2026-33223: whatever a client sends under the name, in whatever spelling and however hidden, no responder sees.
    [Theory]
    [InlineData("NATS/1.0\r\n\r\n", "NATS/1.0\r\n")]
    [InlineData("NATS/1.0\r\nA: b\r\n\r\n", "NATS/1.0\r\nA: b\r\n")]
    [InlineData("NATS/1.0\r\nNats-Request-Info: x\r\n\r\n", "NATS/1.0\r\n")]
    [InlineData("NATS/1.0\r\nnats-request-info: x\r\nA: b\r\nNATS-REQUEST-INFO:y\r\nNats-Request-Info: z\r\n\r\n", "NATS/1.0\r\nA: b\r\n")]
    [InlineData("NATS/1.0\r\nNats-Request-Info : x\r\n Nats-Request-Info: y\r\n\tnats-Request-info\t: y\r\n\r\n", "NATS/1.0\r\n")]
    [InlineData("NATS/1.0\r\nA: b\nNats-Request-Info: x\r\nC: d\r\n\r\n", "NATS/1.0\r\nA: b\nC: d\r\n")]
    [InlineData("NATS/1.0\r\nA: b\nNats-Request-Info: x\r\n\r\n", "NATS/1.0\r\nA: b\n\r\n")]
    [InlineData("NATS/1.0\r\nA: b\r\n\r\nNats-Request-Info: x\r\n\r\n", "NATS/1.0\r\nA: b\r\n")]
    [InlineData("NATS/1.0\nNats-Request-Info: x\n\n", "NATS/1.0\n\r\n")]
    [InlineData("NATS/1.0\r\nA: b", "NATS/1.0\r\nA: b\r\n")]
    [InlineData("NATS/1.0\r\nNats-Request-Info: x", "NATS/1.0\r\n")]
    [InlineData("NATS/1.0\r\nNats-Request-Infos: x\r\nX-Nats-Request-Info: y\r\n\r\n", "NATS/1.0\r\nNats-Request-Infos: x\r\nX-Nats-Request-Info: y\r\n")]
    [InlineData("NATS/1.0 100 Idle\r\nA: b\r\n\r\n", "NATS/1.0 100 Idle\r\nA: b\r\n")]
    [InlineData("NATS/1.0", "NATS/1.0\r\n")]
    [InlineData("", "NATS/1.0\r\n")]
    public void What_a_client_says_of_itself_is_replaced(string headers, string kept)
    {
        var origin = new RequestOrigin(Client, 7, IsDetailed: false, NamesServer: false, Service: null);
        Assert.Equal(kept + Info + "\r\n", Write(headers, origin));
    }

    [Fact]
    public void Details_are_told_when_they_are_shared()
    {
        var origin = new RequestOrigin(Client, 7, IsDetailed: true, NamesServer: false, Service: "\"B\""u8.ToArray());
        Assert.Equal(
            "{\"start\":\"2026-11-22T01:02:03.45Z\",\"host\":\"127.0.0.1\",\"id\":9,\"acc\":\"A\",\"svc\":\"B\",\"user\":\"u\",\"name\":\"n\\u003c\\\"\",\"lang\":\"go\","
            + "\"ver\":\"1\",\"rtt\":7,\"server\":\"S\",\"jwt\":\"ey\",\"issuer_key\":\"AK\",\"name_tag\":\"tag\",\"tags\":[\"x\",\"y\"],\"kind\":\"Client\",\"client_type\":\"nats\"}",
            Json(origin));
    }

    [Fact]
    public void The_server_can_be_named_without_details() =>
        Assert.Equal("{\"acc\":\"A\",\"rtt\":7,\"server\":\"S\"}", Json(new RequestOrigin(Client, 7, IsDetailed: false, NamesServer: true, Service: null)));

    [Fact]
    public void An_unknown_round_trip_is_left_out() => Assert.Equal("{\"acc\":\"A\"}", Json(new RequestOrigin(Client, 0, IsDetailed: false, NamesServer: false, Service: null)));

    [Fact]
    public void A_batch_needs_to_know_its_own_reply_subject()
    {
        var origin = new RequestOrigin(Client, 0, IsDetailed: false, NamesServer: false, Service: null);
        Assert.Contains("{\"acc\":\"A\",\"reply\":\"inbox.1.$FI\"}", Write("", origin, "inbox.1.$FI"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_server_itself_says_nothing_but_lets_nobody_else_say_it() => Assert.Equal("NATS/1.0\r\n\r\n", Write("NATS/1.0\r\nNats-Request-Info: x\r\n\r\n", default));

    [Fact]
    public void A_request_over_two_borders_names_the_client_and_the_account_between()
    {
        var world = new ServiceWorld(
            new AccountOptions { Name = "C", Exports = [new ExportOptions(ExportKind.Service, "svc")] },
            new AccountOptions { Name = "B", Exports = [new ExportOptions(ExportKind.Service, "mid")], Imports = [new ImportOptions(ExportKind.Service, "C", "svc") { To = "mid" }] },
            new AccountOptions { Name = "A", Imports = [new ImportOptions(ExportKind.Service, "B", "mid")] });
        ServicePeer responder = world.Peer("C", "svc");
        world.Publish("A", "mid", "inbox", "NATS/1.0\r\nNats-Request-Info: {\"acc\":\"EVIL\"}\r\nA: b\r\n\r\n", "x", new KnownClient(Client));
        Assert.Equal("NATS/1.0\r\nA: b\r\nNats-Request-Info: {\"acc\":\"A\",\"svc\":\"B\",\"rtt\":5}\r\n\r\n", Assert.Single(responder.Received).Headers);
    }

    private static string Write(string headers, in RequestOrigin origin, string reply = "inbox.1")
    {
        var output = new ArrayBufferWriter<byte>();
        RequestInfo.Write(Encoding.Latin1.GetBytes(headers), origin, "\"S\""u8.ToArray(), Encoding.Latin1.GetBytes(reply), output);
        return Encoding.Latin1.GetString(output.WrittenSpan);
    }

    private static string Json(in RequestOrigin origin)
    {
        var output = new ArrayBufferWriter<byte>();
        RequestInfo.WriteJson(origin, "\"S\""u8.ToArray(), default, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
