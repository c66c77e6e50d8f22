using System.Net.Security;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Tls;

/// <summary>Every way in which a connection can begin, against both servers: what clients are told, who gets in, what the log says.</summary>
public sealed partial class TlsModeTests(TestCertificates certificates) : IClassFixture<TestCertificates>
{
    private const string Users = "authorization { user: u, password: p }";

    [Theory]
    [InlineData("", "")]
    [InlineData("verify: true, ca_file: \"$CA\"", "")]
    [InlineData("verify: true, ca_file: \"$BOTH\"", "")]
    [InlineData("verify: true, ca_file: \"$INTERMEDIATE\"", "")]
    [InlineData("ca_file: \"$CA\"", "")]
    [InlineData("verify_and_map: true, ca_file: \"$CA\"", "")]
    [InlineData("verify: true, ca_file: \"$CA\", pinned_certs: [\"$PIN\"]", "")]
    [InlineData("pinned_certs: [\"$PIN\"]", "")]
    [InlineData("", "allow_non_tls: true")]
    [InlineData("handshake_first: true", "")]
    [InlineData("handshake_first: true", "allow_non_tls: true")]
    [InlineData("handshake_first: auto", "")]
    [InlineData("handshake_first: \"400ms\"", "allow_non_tls: true")]
    [InlineData("", Users)]
    public async Task Both_servers_treat_every_client_alike(string inTls, string more)
    {
        string config = $"debug: true\n{more}\n" + certificates.Config(inTls
            .Replace("$CA", certificates.CaFile, StringComparison.Ordinal)
            .Replace("$BOTH", certificates.BothCaFile, StringComparison.Ordinal)
            .Replace("$INTERMEDIATE", certificates.IntermediateFile, StringComparison.Ordinal)
            .Replace("$PIN", certificates.Client.Pin, StringComparison.Ordinal));
        var options = new ServerProcessOptions { Config = config };
        await using ServerProcess reference = await ReferenceServer.StartAsync(options);
        await using ServerProcess ours = await OurServer.StartAsync(options);
        bool waits = inTls.Contains("handshake_first: true", StringComparison.Ordinal);
        Assert.Equal(await DescribeAsync(reference, waits), await DescribeAsync(ours, waits));
    }

    /// <param name="server">One of the two.</param>
    /// <param name="waits">The server says nothing before the handshake, so that clients that wait for it only end with its patience.</param>
    private async Task<string> DescribeAsync(ServerProcess server, bool waits)
    {
        var text = new StringBuilder();
        foreach (string line in server.Log.Where(static line => line.Contains("TLS", StringComparison.Ordinal))) text.AppendLine(line[line.IndexOf('[', 5)..]);
        (string Name, IssuedCertificate? Certificate)[] clients =
        [
            ("anonymous", null), ("client", certificates.Client), ("second", certificates.SecondClient), ("strange", certificates.StrangeClient),
            ("for servers", certificates.ClientForServersOnly), ("without usage", certificates.ClientWithoutUsage), ("expired", certificates.ExpiredClient),
            ("chained", certificates.ChainedClient),
        ];
        text.AppendLine("plain: " + await ConnectAsync(server, static _ => Task.CompletedTask));
        foreach ((string name, IssuedCertificate? certificate) in waits ? [] : clients)
        {
            text.AppendLine(name + ": " + await ConnectAsync(server, client => UpgradeAsync(client, certificate)));
        }

        text.AppendLine("first: " + await ConnectFirstAsync(server));
        if (waits) return text.ToString();
        text.AppendLine("old: " + await ConnectAsync(
            server, static client => client.UpgradeAsync(configure: static options => options.EnabledSslProtocols = SslProtocols.Tls12)));
        return text.ToString();
    }

    private static Task UpgradeAsync(RawClient client, IssuedCertificate? certificate) => client.UpgradeAsync(certificate?.Certificate);

    private static async Task<string> ConnectAsync(ServerProcess server, Func<RawClient, Task> begin)
    {
        int from = server.Log.Count;
        string seen = "";
        await using (RawClient client = await RawClient.ConnectAsync(server.Port))
        {
            try
            {
                seen = Flags(await client.ReadLineAsync());
                await begin(client);
                seen += await TalkAsync(client);
            }
            catch (Exception exception) when (exception is AuthenticationException or IOException)
            {
                seen += " refused";
            }
        }

        return $"{seen}: {await ReasonAsync(server, from)}";
    }

    private static async Task<string> ConnectFirstAsync(ServerProcess server)
    {
        int from = server.Log.Count;
        string seen = "";
        await using (RawClient client = await RawClient.ConnectAsync(server.Port))
        {
            try
            {
                // A server that does not wait for the handshake has sent INFO, which is no answer to one.
                await client.UpgradeAsync();
                seen = Flags(await client.ReadLineAsync()) + await TalkAsync(client);
            }
            catch (Exception exception) when (exception is AuthenticationException or IOException)
            {
                // How far the client came before it saw INFO is a matter of chance, and so is what the server makes of it.
                await server.WaitForLogAsync("connection closed: ", from);
                return "refused";
            }
        }

        return $"{seen}: {await ReasonAsync(server, from)}";
    }

    private static async Task<string> TalkAsync(RawClient client)
    {
        await client.SendAsync("CONNECT {\"verbose\":false,\"protocol\":1,\"user\":\"u\",\"pass\":\"p\"}\r\nPING\r\n");
        string info = await client.ReadUntilAsync("PONG\r\n") + await client.ReadUntilAsync("\r\n");
        return " in " + Flags(info[info.IndexOf("INFO", StringComparison.Ordinal)..]);
    }

    private static string Flags(string info)
    {
        using JsonDocument document = JsonDocument.Parse(info["INFO ".Length..]);
        return string.Join(' ', document.RootElement.EnumerateObject().Where(static x => x.Name.StartsWith("tls", StringComparison.Ordinal)).Select(static x => x.ToString()));
    }

    private static async Task<string> ReasonAsync(ServerProcess server, int from)
    {
        string closed = await server.WaitForLogAsync("connection closed: ", from);
        string? error = server.Log.Skip(from).FirstOrDefault(static line => line.Contains("handshake error", StringComparison.Ordinal));
        string reason = closed[(closed.IndexOf("closed: ", StringComparison.Ordinal) + 8)..];
        // Which of two timers of the reference ends a silent handshake is a matter of chance; one of them says nothing.
        if (error?.EndsWith("i/o timeout", StringComparison.Ordinal) == true) error = null;
        return error is null ? reason : $"{reason}; {Varying().Replace(error[error.IndexOf("TLS", StringComparison.Ordinal)..], "")}";
    }

    [GeneratedRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]+Z")]
    private static partial Regex Varying();
}
