using System.Security.Authentication;
using System.Text;
using System.Text.RegularExpressions;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Tls;

/// <summary>Clients whose authority is asked, against both servers: who gets in, and what the log says.</summary>
public sealed partial class OcspPeerInteropTests : IAsyncDisposable
{
    private readonly OcspAuthority _authority = new();
    private readonly OcspHttpResponder _responder = new();
    private readonly IssuedCertificate _client;

    public OcspPeerInteropTests() => _client = _authority.Issue("client", _responder.Address);

    public async ValueTask DisposeAsync()
    {
        await _responder.DisposeAsync();
        _authority.Dispose();
    }

    [Theory]
    [InlineData("verify: true")]
    [InlineData("verify: true, warn_only: true")]
    [InlineData("verify: true, unknown_is_good: true")]
    [InlineData("verify: true, allow_when_ca_unreachable: true")]
    [InlineData("verify: false")]
    public async Task Both_servers_judge_clients_alike(string peer)
    {
        var options = new ServerProcessOptions
        {
            Config = $$"""
                ocsp_cache: false
                tls {
                  cert_file: "{{_authority.Server.CertFile}}"
                  key_file: "{{_authority.Server.KeyFile}}"
                  ca_file: "{{_authority.CaFile}}"
                  verify: true
                  ocsp_peer { {{peer}} }
                }
                """,
        };
        await using ServerProcess reference = await ReferenceServer.StartAsync(options);
        string expected = await DescribeAsync(reference);
        string question = _responder.LastRequest;
        await using ServerProcess ours = await OurServer.StartAsync(options);
        Assert.Equal(expected, await DescribeAsync(ours));
        Assert.Equal(question, _responder.LastRequest);
    }

    [Fact]
    public async Task Both_tell_the_system_account_of_a_refused_client()
    {
        var options = new ServerProcessOptions
        {
            Config = $$"""
                server_name: S
                ocsp_cache: false
                accounts { $SYS { users: [{user: s, password: s}] } }
                tls {
                  cert_file: "{{_authority.Server.CertFile}}"
                  key_file: "{{_authority.Server.KeyFile}}"
                  ca_file: "{{_authority.CaFile}}"
                  verify: true
                  ocsp_peer { verify: true }
                }
                """,
        };
        await using ServerProcess reference = await ReferenceServer.StartAsync(options);
        string expected = await DescribeEventsAsync(reference);
        await using ServerProcess ours = await OurServer.StartAsync(options);
        Assert.Equal(expected, await DescribeEventsAsync(ours));
    }

    private async Task<string> DescribeEventsAsync(ServerProcess server)
    {
        Answer(new OcspAnswerShape { Status = 0 });
        await using RawClient system = await RawClient.ConnectAsync(server.Port);
        await system.ReadLineAsync();
        await system.UpgradeAsync(_client.Certificate);
        await system.SendAsync("CONNECT {\"verbose\":false,\"user\":\"s\",\"pass\":\"s\"}\r\nSUB $SYS.SERVER.*.OCSP.> 1\r\n");
        await system.PingAsync();
        Answer(new OcspAnswerShape { Status = 1 });
        Assert.Equal("refused", (await ConnectAsync(server)).Split('\n')[0]);
        var seen = new StringBuilder();
        for (int i = 0; i < 2; i++)
        {
            string[] words = (await system.ReadLineAsync()).Split(' ');
            seen.Append(words[1][words[1].IndexOf("OCSP", StringComparison.Ordinal)..]).AppendLine(SystemEvents.EventShape.Of(await system.ReadExactlyAsync(int.Parse(words[^1]))));
            await system.ExpectAsync("\r\n");
        }

        return seen.ToString();
    }

    private async Task<string> DescribeAsync(ServerProcess server)
    {
        var text = new StringBuilder();
        foreach (int status in (int[])[0, 1, 2])
        {
            Answer(new OcspAnswerShape { Status = status });
            text.AppendLine($"{status}: {await ConnectAsync(server)}");
        }

        Answer(new OcspAnswerShape { Status = 0, Signer = _authority.Delegate });
        text.AppendLine("delegate: " + await ConnectAsync(server));
        Answer(new OcspAnswerShape { Status = 0, Signer = _authority.Server.Certificate });
        text.AppendLine("no delegate: " + await ConnectAsync(server));
        Answer(new OcspAnswerShape { Status = 0, NextUpdate = DateTimeOffset.UtcNow.AddHours(-1) });
        text.AppendLine("old: " + await ConnectAsync(server));
        Answer(new OcspAnswerShape { Status = 0, ThisUpdate = DateTimeOffset.UtcNow.AddHours(1) });
        text.AppendLine("of tomorrow: " + await ConnectAsync(server));
        _responder.Body = OcspAuthority.Failure(3);
        text.AppendLine("later: " + await ConnectAsync(server));
        _responder.Status = 503;
        text.AppendLine("unreachable: " + await ConnectAsync(server));
        _responder.Status = 200;
        return text.ToString();
    }

    private void Answer(OcspAnswerShape shape) => _responder.Body = _authority.Answer(_client.Certificate, shape);

    /// <summary>How it ended for the client, and what was logged meanwhile.</summary>
    private async Task<string> ConnectAsync(ServerProcess server)
    {
        int from = server.Log.Count;
        string end;
        try
        {
            await using RawClient client = await RawClient.ConnectAsync(server.Port);
            await client.ReadLineAsync();
            await client.UpgradeAsync(_client.Certificate);
            await client.SendAsync(RawClient.QuietConnect);
            await client.PingAsync();

            // Logs arrive later than answers: what this line provokes stands behind all that the handshake logged.
            await client.SendAsync("NO SUCH OPERATION\r\n");
            await server.WaitForLogAsync("Client parser ERROR", from);
            end = "connected";
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException or InvalidOperationException or Xunit.Sdk.XunitException)
        {
            await server.WaitForLogAsync("TLS handshake error", from);
            end = "refused";
        }

        // The reference tells of its cache after it has begun to accept.
        IEnumerable<string> lines = server.Log.Skip(from)
            .Where(static line => line.Contains("OCSP", StringComparison.Ordinal) && !line.Contains("cache online", StringComparison.Ordinal))
            .Select(static line => Changing().Replace(line, ""));
        return string.Join("\n  ", lines.Prepend(end));
    }

    [GeneratedRegex(@"^\[\d+\] \S+ \S+ |127\.0\.0\.1:\d+ - |cid:\d+ - ")]
    private static partial Regex Changing();
}
