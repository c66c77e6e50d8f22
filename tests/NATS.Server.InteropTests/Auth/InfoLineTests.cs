using System.Text.RegularExpressions;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Auth;

/// <summary>INFO byte for byte: order, blanks, escapes; only values that belong to one run or one build are masked.</summary>
public sealed partial class InfoLineTests
{
    [Theory]
    [InlineData("")]
    [InlineData("server_name: \"a<b>&\\\"c\\\\\\x7f\u00e4\u2028\ud83d\ude00'/\"")]
    [InlineData("server_name: \"\\x01\\x08\\x0c\\n\\r\\t\\x1f\"")]
    [InlineData("max_payload: 12345")]
    [InlineData("client_advertise: \"example.org\"")]
    [InlineData("client_advertise: \"[::1]:4555\"")]
    [InlineData("authorization { user: u, password: p }")]
    [InlineData("authorization { token: t }")]
    [InlineData("authorization { password: p }")]
    [InlineData("authorization { users: [] }")]
    [InlineData("no_auth_user: u\nauthorization { users: [ { user: u, password: p } ] }")]
    public async Task Both_lines_have_the_same_bytes(string config)
    {
        var options = new ServerProcessOptions { Config = config };
        await using ServerProcess reference = await ReferenceServer.StartAsync(options);
        await using ServerProcess ours = await OurServer.StartAsync(options);

        Assert.Equal(await GreetingAsync(reference), await GreetingAsync(ours));
        Assert.Equal(await ConnectInfoAsync(reference), await ConnectInfoAsync(ours));
    }

    private static async Task<string> GreetingAsync(ServerProcess server)
    {
        await using RawClient client = await RawClient.ConnectAsync(server.Port);
        return Mask(await client.ReadUntilAsync("\r\n"));
    }

    private static async Task<string> ConnectInfoAsync(ServerProcess server)
    {
        await using RawClient client = await RawClient.ConnectAsync(server.Port);
        await client.ReadUntilAsync("\r\n");
        await client.SendAsync("CONNECT {\"verbose\":false,\"protocol\":1,\"user\":\"u\",\"pass\":\"p\",\"auth_token\":\"t\"}\r\n");
        await client.PingAsync();
        return Mask(await client.ReadUntilAsync("\r\n"));
    }

    private static string Mask(string line)
    {
        string masked = Varying().Replace(line, "\"$1\":?");

        // Without a configured name it is the id.
        return ServerName().Replace(masked, "\"server_name\":?");
    }

    [GeneratedRegex("\"(server_id|version|go|git_commit|xkey|port|client_id)\":(\"[^\"]*\"|[0-9]+)")]
    private static partial Regex Varying();

    [GeneratedRegex("\"server_name\":\"N[A-Z2-7]{55}\"")]
    private static partial Regex ServerName();
}
