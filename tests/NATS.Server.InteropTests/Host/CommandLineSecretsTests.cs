using System.Text;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Host;

/// <summary>Secrets that come by the command line are neither logged, at any level, nor shown by monitoring, nor named when a command line is refused.</summary>
public sealed class CommandLineSecretsTests
{
    private const string Canary = "c4n4ry";

    [Theory]
    [InlineData("--user joe --pass c4n4ry", "\"user\":\"joe\",\"pass\":\"c4n4ry\"")]
    [InlineData("--user joe --pass c4n4ry", "\"user\":\"joe\",\"pass\":\"c4n4ry2\"")]
    [InlineData("--user c4n4ry --pass p", "\"user\":\"other\",\"pass\":\"p\"")]
    [InlineData("--auth c4n4ry", "\"auth_token\":\"c4n4ry\"")]
    [InlineData("--auth c4n4ry", "\"auth_token\":\"c4n4ry2\"")]
    public async Task A_running_server_tells_nobody(string flags, string credentials)
    {
        await using ServerProcess server = await OurServer.StartAsync(new ServerProcessOptions { Arguments = [.. flags.Split(' '), "-DV", "-m", "-1"] });
        await using RawClient client = await RawClient.ConnectAsync(server.Port);
        await client.ReadLineAsync();
        await client.SendAsync($"CONNECT {{\"verbose\":false,{credentials}}}\r\nPING\r\n");
        string answer = await client.ReadUntilAsync("\r\n");
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{server.MonitorPort}/") };
        var shown = new StringBuilder(answer);
        foreach (string path in (string[])["varz", "connz?auth=1&state=all", "subsz?subs=1", "healthz"])
        {
            shown.Append(await http.GetStringAsync(new Uri(path, UriKind.Relative)));
        }

        await server.StopAsync();
        Assert.Contains(server.Log, static line => line.Contains("CONNECT", StringComparison.Ordinal));
        Assert.DoesNotContain(Canary, shown.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, server.LogText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--routes nats://joe:c4n4ry@127.0.0.1:1")]
    [InlineData("--routes nats://c4n4ry@127.0.0.1:1")]
    [InlineData("--routes nats://joe:c4n4ry@127.0.0.1:none")]
    [InlineData("--cluster nats://joe:c4n4ry@127.0.0.1:-1 --routes nats://joe:c4n4ry@127.0.0.1:1")]
    [InlineData("--cluster nats://joe:c4n4ry@127.0.0.1:none")]
    [InlineData("--user joe --pass c4n4ry --auth c4n4ry -p none")]
    [InlineData("--pass c4n4ry --no_such_flag")]
    public async Task A_server_that_does_not_start_tells_nobody(string flags)
    {
        await using ServerProcess server = await ServerProcess.RunAsync(OurServer.Path, ["-a", "127.0.0.1", "-p", "-1", "-DV", .. flags.Split(' ')]);

        Assert.NotEmpty(server.Log);
        Assert.DoesNotContain("Server is ready", server.LogText(), StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, server.LogText(), StringComparison.Ordinal);
    }
}
