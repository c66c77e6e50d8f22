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
