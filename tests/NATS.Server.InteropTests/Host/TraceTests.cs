using System.Text.RegularExpressions;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Host;

/// <summary>The same session traced by both servers.</summary>
public sealed partial class TraceTests
{
    private const string Connect = """CONNECT {"verbose":true,"pedantic":true,"headers":true,"user":"joe","pass":"secret","auth_token":"tok","name":"n","lang":"go","version":"1.2"}""";

    [Theory]
    [InlineData("-V")]
    [InlineData("-DV")]
    [InlineData("-DV", "--max_traced_msg_len", "3")]
    [InlineData("-D")]
    [InlineData("-DV=false")]
    public async Task A_session_is_traced_as_by_the_reference(params string[] flags)
    {
        var reference = await TraceAsync(ReferenceServer.Path, flags);
        Assert.Equal(flags[0] is "-V" or "-DV", reference.Contains("[TRC] CLIENT - \"v1.2:go:n\" - \"$G/user:joe\" - <<- [PING]"));
        Assert.DoesNotContain(reference, line => line.Contains("secret", StringComparison.Ordinal));
        Assert.Equal(reference, await TraceAsync(OurServer.Path, flags));
    }

    [Theory]
    [InlineData("trace: true")]
    [InlineData("trace_headers: true")]
    [InlineData("trace: true, debug: true, max_traced_msg_len: 2")]
    public async Task A_session_is_traced_as_the_configuration_asks(string configuration)
    {
        var reference = await TraceAsync(ReferenceServer.Path, [], configuration);
        Assert.Contains(reference, line => line.Contains("MSG_PAYLOAD", StringComparison.Ordinal));
        Assert.Equal(reference, await TraceAsync(OurServer.Path, [], configuration));
    }

    private static async Task<IReadOnlyList<string>> TraceAsync(string executable, string[] flags, string? configuration = null)
    {
        await using var server = await ServerProcess.StartAsync(executable, new ServerProcessOptions { Arguments = flags, Config = configuration });
        await server.WaitForLogAsync("Server is ready");
        var start = server.Log.Count;
        await using (var client = await RawClient.ConnectAsync(server.Port))
        {
            await client.ReadLineAsync();
            await SendAsync(client, Connect, "+OK");
            await SendAsync(client, "SUB foo 1", "+OK");
            await SendAsync(client, "SUB bar q 2", "+OK");
            await SendAsync(client, "PUB foo reply 5\r\nhello", "hello");
            await SendAsync(client, "HPUB foo 12 14\r\nNATS/1.0\r\n\r\nhi", "hi");
            await SendAsync(client, "PUB foo 3\r\n\u00ff\0\"", "\u00ff\0\"");
            await SendAsync(client, "PUB nobody 0\r\n", "+OK");
            await SendAsync(client, "SUB foo..bar 3", "-ERR 'Invalid Subject'");
            await SendAsync(client, "PING", "PONG");
        }
        Assert.Equal(0, await server.StopAsync());
        // The reference's system account traces too, a slow machine is pinged, and the last words depend on who closes first.
        return [.. server.Log.Skip(start)
            .Select(CommandRun.WithoutStamp)
            .Where(line => !line.Contains(" SYSTEM - ", StringComparison.Ordinal) && !line.EndsWith("->> [PING]", StringComparison.Ordinal) && !line.EndsWith("Ping Timer", StringComparison.Ordinal))
            .TakeWhile(line => !line.Contains("Client connection closed", StringComparison.Ordinal) && !line.Contains("DELSUB", StringComparison.Ordinal) && !line.Contains("Trapped", StringComparison.Ordinal))
            .Select(line => Client().Replace(line, "CLIENT"))];
    }

    private static async Task SendAsync(RawClient client, string text, string lastLine)
    {
        await client.SendAsync(text + "\r\n");
        string line;
        do
        {
            line = await client.ReadLineAsync();
        }
        while (!line.TrimEnd().Equals(lastLine, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"127\.0\.0\.1:\d+ - cid:\d+")]
    private static partial Regex Client();
}
