using System.Text;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Auth;

/// <summary>What both servers make of unusual CONNECTs. The user that a text is decoded to shows how it was read.</summary>
public sealed class ConnectLeniencyTests(ConnectLeniencyTests.Servers servers) : IClassFixture<ConnectLeniencyTests.Servers>
{
    private const string Ok = "+OK\r\nPONG\r\n";
    private const string Quiet = "PONG\r\n";
    private const string Violation = "-ERR 'Authorization Violation'\r\n";
    private const string BadProtocol = "-ERR 'invalid client protocol'\r\n";
    private const string NoHeaders = "-ERR 'no responders requires headers support'\r\n";
    private const string Closed = "";

    // Bytes, one per character.
    private static readonly (string Json, string Answer)[] Cases =
    [
        ("{\"user\":\"plain\"}", Ok),
        ("{\"user\":\"plain\",\"verbose\":false}", Quiet),
        ("{\"USER\":\"plain\",\"VERBOSE\":false}", Quiet),
        ("{\"u\\u0073er\":\"plain\"}", Ok),
        ("{\"u\\u0053ER\":\"plain\"}", Ok),
        ("{\"user\":\"none\",\"user\":\"plain\"}", Ok),
        ("{\"user\":\"plain\",\"USER\":\"none\"}", Violation),
        ("{\"user\":\"plain\",\"user\":null}", Ok),
        ("{\"user\":\"plain\",\"verbose\":null,\"echo\":null,\"protocol\":null,\"import\":null}", Ok),
        ("{\"u\u00c5\u00bfer\":\"plain\"}", Ok),
        ("{\"user\":\"plain\",\"pa\u00c5\u00bfs\":\"p\",\"ver\u00c5\u00bfion\":\"v\"}", Violation),
        ("{\"user\":\"plain\",\"headers\":true,\"No_Responders\":true}", Ok),
        ("{\"user\":\"plain\",\"no_responders\":true}", NoHeaders),
        ("{\"user\":\"plain\",\"NoResponders\":true,\"no-responders\":true}", Ok),
        ("{\"user\":\"\u00c3\u00a4\"}", Ok),
        ("{\"user\":\"\\u00e4\"}", Ok),
        ("{\"user\":\"\\u00E4\"}", Ok),
        ("{\"user\":\"\u00e4\"}", Ok),
        ("{\"user\":\"\\ud83d\\ude00\"}", Ok),
        ("{\"user\":\"\u00f0\u009f\u0098\u0080\"}", Ok),
        ("{\"user\":\"\\ud800\"}", Ok),
        ("{\"user\":\"\u00ff\"}", Ok),
        ("{\"user\":\"\\ud800\\ud800\"}", Ok),
        ("{\"user\":\"\u00ff\u00fe\"}", Ok),
        ("{\"user\":\"\u00e2\u0082\"}", Ok),
        ("{\"user\":\"\u00ed\u00a0\u0080x\"}", Ok),
        ("{\"user\":\"\\ud800\\u0041\"}", Ok),
        ("{\"user\":\"\\ud800A\"}", Ok),
        ("{\"user\":\"\\ud800\\n\"}", Violation),
        ("{\"user\":\"a\\/b\"}", Ok),
        ("{\"user\":\"a/b\"}", Ok),
        ("{\"user\":\"tab\\there\"}", Ok),
        ("{\"user\":\"tab\there\"}", Closed),
        ("{\"user\":\"plain\",\"name\":\"\u007f\"}", Ok),
        ("{\"user\":\"plain\",\"name\":\"\u0001\"}", Closed),
        ("{\"user\":\"plain\",\"name\":\"\\x\"}", Closed),
        ("{\"user\":\"plain\",\"name\":\"\\u12\"}", Closed),
        ("{\"user\":\"plain\",\"name\":\"\\u00g0\"}", Closed),
        ("{\"user\":\"plain\",\"protocol\":0}", Ok),
        ("{\"user\":\"plain\",\"protocol\":-0}", Ok),
        ("{\"user\":\"plain\",\"protocol\":2}", BadProtocol),
        ("{\"user\":\"plain\",\"protocol\":-1}", BadProtocol),
        ("{\"user\":\"plain\",\"protocol\":4294967297}", BadProtocol),
        ("{\"user\":\"plain\",\"protocol\":9223372036854775807}", BadProtocol),
        ("{\"user\":\"plain\",\"protocol\":9223372036854775808}", Closed),
        ("{\"user\":\"plain\",\"protocol\":1.0}", Closed),
        ("{\"user\":\"plain\",\"protocol\":1e0}", Closed),
        ("{\"user\":\"plain\",\"protocol\":\"1\"}", Closed),
        ("{\"user\":\"plain\",\"protocol\":true}", Closed),
        ("{\"user\":\"plain\",\"verbose\":\"false\"}", Closed),
        ("{\"user\":\"plain\",\"verbose\":0}", Closed),
        ("{\"user\":\"plain\",\"headers\":1}", Closed),
        ("{\"user\":1}", Closed),
        ("{\"user\":true}", Closed),
        ("{\"user\":{}}", Closed),
        ("{\"user\":[\"plain\"]}", Closed),
        ("{\"user\":\"plain\",\"name\":1}", Closed),
        ("{\"user\":\"plain\",\"import\":{}}", Ok),
        ("{\"user\":\"plain\",\"import\":{\"allow\":[\"a\",null],\"deny\":null,\"x\":1}}", Ok),
        ("{\"user\":\"plain\",\"import\":[]}", Closed),
        ("{\"user\":\"plain\",\"import\":{\"allow\":\"a\"}}", Closed),
        ("{\"user\":\"plain\",\"export\":{\"DENY\":[1]}}", Closed),
        ("{\"user\":\"plain\",\"unknown\":{\"a\":[1,2,{\"b\":null}],\"user\":1},\"\":0}", Ok),
        ("{\"user\":\"plain\",\"unknown\":\"\u00ff\\ud800\",\"u\u00ffser\":1}", Ok),
        ("{\"user\":\"plain\",\"unknown\":1e999}", Ok),
        ("{\"user\":\"plain\",\"unknown\":01}", Closed),
        ("{\"user\":\"plain\",\"unknown\":1.}", Closed),
        ("{\"user\":\"plain\",\"unknown\":+1}", Closed),
        ("{\"user\":\"plain\",\"unknown\":NaN}", Closed),
        ("{\"user\":\"plain\",\"unknown\":nul}", Closed),
        ("{\"user\":\"plain\",\"account\":\"\",\"new_account\":false}", Ok),
        ("{\"user\":\"plain\",\"account\":\"x\"}", Violation),
        ("{\"user\":\"plain\",\"new_account\":true}", Violation),
        ("  \t{ \"user\" : \"plain\" }\t ", Ok),
        ("{\"user\":\"plain\"} x", Closed),
        ("{\"user\":\"plain\"}}", Closed),
        ("{\"user\":\"plain\"},", Closed),
        ("{\"user\":\"plain\"}\0", Closed),
        ("{\"user\":\"plain\",}", Closed),
        ("{\"user\":\"plain\"", Closed),
        ("{'user':'plain'}", Closed),
        ("{user:\"plain\"}", Closed),
        ("\u00ef\u00bb\u00bf{\"user\":\"plain\"}", Closed),
        ("/**/{\"user\":\"plain\"}", Closed),
        ("{}", Violation),
        ("null", Violation),
        ("[]", Closed),
        ("1", Closed),
        ("\"plain\"", Closed),
        ("", Closed),
    ];

    public static TheoryData<string, int, string> Rows
    {
        get
        {
            var rows = new TheoryData<string, int, string>();
            foreach (string server in ServerPair.Names)
            {
                for (int i = 0; i < Cases.Length; i++) rows.Add(server, i, Uri.EscapeDataString(Cases[i].Json));
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_connect_is_answered_as_recorded(string server, int index, string what)
    {
        Assert.NotNull(what);
        (string json, string answer) = Cases[index];
        await using RawClient client = await RawClient.ConnectAsync((await servers.StartedAsync(server)).Port);
        await client.ReadLineAsync();

        await client.SendAsync($"CONNECT {json}\r\nPING\r\n");

        string received = answer.EndsWith(Quiet, StringComparison.Ordinal) ? await client.ReadUntilAsync(Quiet) : await client.ReadToCloseAsync();
        Assert.Equal(answer, received);
    }

    [Theory]
    [InlineData("reference")]
    [InlineData("ours")]
    public async Task A_second_connect_keeps_what_it_does_not_mention(string server)
    {
        await using RawClient client = await RawClient.ConnectAsync((await servers.StartedAsync(server)).Port);
        await client.ReadLineAsync();

        await client.SendAsync("CONNECT {\"user\":\"plain\",\"echo\":false}\r\nSUB a 1\r\nPUB a 1\r\nx\r\nPING\r\n");
        await client.ExpectAsync("+OK\r\n+OK\r\n+OK\r\nPONG\r\n");
        await client.SendAsync("CONNECT {\"verbose\":false}\r\nSUB a 1\r\nPUB a 1\r\nx\r\nPING\r\n");
        await client.ExpectAsync("PONG\r\n");
        await client.SendAsync("CONNECT {\"echo\":true}\r\nSUB a 1\r\nPUB a 1\r\nx\r\nPING\r\n");
        await client.ExpectAsync("MSG a 1 1\r\nx\r\nPONG\r\n");
        await client.SendAsync("CONNECT {\"user\":\"other\"}\r\nPING\r\n");
        Assert.Equal(Violation, await client.ReadToCloseAsync());
    }

    public sealed class Servers() : ServerPair(Configuration())
    {
        private static string Configuration()
        {
            string[] names = ["plain", "\u00e4", "\ud83d\ude00", "\ufffd", "\ufffd\ufffd", "\ufffd\ufffd\ufffdx", "\ufffdA", "a/b", "tab\\there"];
            var config = new StringBuilder("authorization { users: [\n");
            foreach (string name in names) config.Append($"{{ user: \"{name}\", password: \"\" }}\n");
            return config.Append("{ user: other, password: secret }\n] }\n").ToString();
        }
    }
}
