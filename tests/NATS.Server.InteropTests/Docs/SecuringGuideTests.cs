using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;
using NATS.Server.Core.Security;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Docs;

/// <summary>What docs/SECURING.md promises of its configurations, on both servers.</summary>
public sealed partial class SecuringGuideTests(TestCertificates certificates) : IClassFixture<TestCertificates>
{
    private const string Violation = "-ERR 'Authorization Violation'";
    private const string Alice = "\"user\":\"alice\",\"pass\":\"alice-password\"";

    public static TheoryData<string> Servers => ["reference", "ours"];

    public static TheoryData<string, string> Everywhere
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (string name in SecuringGuide.Configurations.Keys)
            {
                rows.Add(name, "reference");
                rows.Add(name, "ours");
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task Every_configuration_starts_a_server(string name, string server)
    {
        await using ServerProcess process = await StartAsync(name, server);
        Assert.True(process.Port > 0);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task One_password_lets_in_who_knows_it(string server)
    {
        await using ServerProcess process = await StartAsync("one-password", server);
        await AcceptsAsync(process, Alice);
        await RefusesAsync(process, "\"user\":\"alice\",\"pass\":\"alice\"");
        await RefusesAsync(process, "");
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Users_may_do_what_they_need_and_no_more(string server)
    {
        await using ServerProcess process = await StartAsync("users", server);
        await using RawClient archive = await AcceptsAsync(process, "\"user\":\"archive\",\"pass\":\"backup-password\"");
        await archive.SendAsync("SUB sensors.> archivers 1\r\nSUB other 2\r\n");
        Assert.Contains("-ERR 'Permissions Violation for Subscription to \"other\"'", await archive.PingAsync());
        await using RawClient sensor = await AcceptsAsync(process, "\"user\":\"sensor\",\"pass\":\"alice-password\"");
        await sensor.SendAsync("PUB sensors.a 1\r\nx\r\nPUB other 1\r\nx\r\n");
        Assert.Contains("-ERR 'Permissions Violation for Publish to \"other\"'", await sensor.PingAsync());
        Assert.Contains("MSG sensors.a 1 1", await archive.ReadUntilAsync("x\r\n"));

        await using RawClient clock = await AcceptsAsync(process, "\"user\":\"clock\",\"pass\":\"tick\"");
        await clock.SendAsync("SUB time.now 1\r\n");
        await clock.PingAsync();
        await using RawClient asker = await AcceptsAsync(process, "\"user\":\"asker\",\"pass\":\"tock\"");
        await asker.SendAsync("SUB _INBOX.a 1\r\nPUB time.now _INBOX.a 0\r\n\r\n");
        await clock.ReadUntilAsync("MSG time.now 1 _INBOX.a 0\r\n\r\n");
        await clock.SendAsync("PUB _INBOX.a 2\r\n12\r\nPUB _INBOX.a 2\r\n13\r\n");
        Assert.Contains("Permissions Violation for Publish to \"_INBOX.a\"", await clock.PingAsync());
        Assert.DoesNotContain("13", await asker.ReadUntilAsync("12\r\n") + await asker.PingAsync());
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task An_nkey_proves_itself_by_a_signature(string server)
    {
        await using ServerProcess process = await StartAsync("nkeys", server);
        await AcceptsAsync(process, nonce => Signed("SUAJIKLVCAHZS3KTH5IV4G7ZCU7VMV2OUPUQGLMVL4XF2EQR45JQV4PULU", nonce));
        await RefusesAsync(process, nonce => Signed("SUACGJBDMKLDSX3ISH7ACZJYSZCSJEFHJFKII3WACS6KY4WFU3AYDRCBTE", nonce));
        await RefusesAsync(process, _ => Signed("SUAJIKLVCAHZS3KTH5IV4G7ZCU7VMV2OUPUQGLMVL4XF2EQR45JQV4PULU", "another nonce"));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Passwords_travel_encrypted(string server)
    {
        await using ServerProcess process = await StartAsync("tls", server);
        await using RawClient client = await RawClient.ConnectAsync(process.Port);
        Assert.Contains("\"tls_required\":true", await client.ReadLineAsync());
        await client.UpgradeAsync();
        await client.SendAsync($"CONNECT {{{Alice},\"verbose\":false}}\r\n");
        await client.PingAsync();
        await using RawClient plain = await RawClient.ConnectAsync(process.Port);
        await plain.ReadLineAsync();
        await plain.SendAsync($"CONNECT {{{Alice}}}\r\n");
        Assert.DoesNotContain("PONG", await plain.ReadToCloseAsync());
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task A_certificate_names_the_user(string server)
    {
        await using ServerProcess process = await StartAsync("certificates", server);
        using X509Certificate2 billing = IssueFor("billing@example.com");
        await using RawClient client = await RawClient.ConnectAsync(process.Port);
        await client.ReadLineAsync();
        await client.UpgradeAsync(billing);
        await client.SendAsync("CONNECT {\"verbose\":false}\r\nPUB invoices.1 1\r\nx\r\nPUB other 1\r\nx\r\n");
        string answer = await client.PingAsync();
        Assert.Contains("Permissions Violation for Publish to \"other\"", answer);
        Assert.DoesNotContain("invoices", answer);

        using X509Certificate2 other = IssueFor("joe@example.com");
        await using RawClient stranger = await RawClient.ConnectAsync(process.Port);
        await stranger.ReadLineAsync();
        await stranger.UpgradeAsync(other);
        await stranger.SendAsync("CONNECT {\"verbose\":false}\r\n");
        Assert.StartsWith(Violation, await stranger.ReadToCloseAsync());
    }

    private X509Certificate2 IssueFor(string email)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=client", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddEmailAddress(email);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 issued = request.Create(certificates.Authority, now.AddDays(-1), now.AddDays(10), RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Accounts_share_what_they_export_and_nothing_else(string server)
    {
        await using ServerProcess process = await StartAsync("accounts", server);
        await using RawClient shop = await AcceptsAsync(process, "\"user\":\"shop\",\"pass\":\"alice-password\"");
        await using RawClient stats = await AcceptsAsync(process, "\"user\":\"stats\",\"pass\":\"backup-password\",\"headers\":true,\"no_responders\":true");
        await stats.SendAsync("SUB > 1\r\n");
        await stats.PingAsync();
        await shop.SendAsync("SUB prices.get 1\r\nPUB orders.secret 1\r\na\r\nPUB orders.created 1\r\nb\r\n");
        await shop.PingAsync();
        string received = await stats.ReadUntilAsync("b\r\n");
        Assert.Contains("MSG shop.orders.created 1 1", received);
        Assert.DoesNotContain("secret", received);

        await stats.SendAsync("UNSUB 1\r\nSUB _INBOX.q 2\r\nPUB shop.prices _INBOX.q 1\r\n?\r\n");
        Match request = Request().Match(await shop.ReadUntilAsync("?\r\n"));
        Assert.StartsWith("_R_.", request.Groups["reply"].Value);
        await shop.SendAsync($"PUB {request.Groups["reply"].Value} 2\r\n42\r\n");
        Assert.Contains("MSG _INBOX.q 2 2", await stats.ReadUntilAsync("42\r\n"));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Until_the_callout_service_answers_only_itself_gets_in(string server)
    {
        await using ServerProcess process = await StartAsync("callout", server);
        await using RawClient service = await AcceptsAsync(process, "\"user\":\"callout\",\"pass\":\"tell\"");
        await service.SendAsync("SUB $SYS.REQ.USER.AUTH 1\r\n");
        await service.PingAsync();
        await using RawClient client = await RawClient.ConnectAsync(process.Port);
        await client.ReadLineAsync();
        await client.SendAsync($"CONNECT {{{Alice}}}\r\nPING\r\n");

        // Encrypted, so that the password is not to be seen.
        Assert.Contains("xkv1", await service.ReadUntilAsync("xkv1"));
        Assert.DoesNotContain("alice", service.Received);
        Assert.DoesNotContain("PONG", client.Received);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task In_operator_mode_a_token_and_a_signature_make_a_user(string server)
    {
        await using ServerProcess process = await StartAsync("operator", server);
        const string token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJhdWQiOiJOQVRTIiwibmFtZSI6ImFsaWNlIiwic3ViIjoiVUFVTEdUV1RPSlpHUkZPQVpDQVpVQ1ZGVTVaMkJXVDJYNU9LUUZPWEVLR1VXVzJZMlpOUVNVQjUiLCJuYXRzIjp7ImRhdGEiOi0xLCJwYXlsb2FkIjotMSwic3VicyI6LTEsInB1YiI6eyJhbGxvdyI6WyJvcmRlcnMuPiJdfSwic3ViIjp7ImFsbG93IjpbIm9yZGVycy4-IiwiX0lOQk9YLj4iXX0sInR5cGUiOiJ1c2VyIiwidmVyc2lvbiI6Mn0sImlzcyI6IkFBRTVOVzU1NTRMMkxNUDJGN0tDNTNPR1lPS05PNFRGQk9ZS1ZPTldSNFMyN0JXR0tXWlpONldHIiwiaWF0IjoxNzk1MzA4MzY4LCJqdGkiOiJMQ2pIZnZUZzl5UE5UTjBuc0ZaUU40bWIrVVJuZGpwbThVQ0h3TFZ2MUxWL1FESSt0Nk1IcDczVDhjcXR0NVZ6WmMwQlFxbHg2N1M3djM2MmVpK2RTQT09In0.9UTVnBAioeJp8hsId9Qu6c4FZGF7B84fiipXvfHV5elFu9EeaJNySJh34F_vrgLPq517mgh2_02QGjcktOhbAA";
        const string seed = "SUAFWNCNMKBJFPM3B4H7MTV5ZOZ53LMVT2VLNM2FEZJUZIIYJUBYECMPI4";
        await using RawClient alice = await AcceptsAsync(process, nonce => $"\"jwt\":\"{token}\",{Signature(seed, nonce)}");
        await alice.SendAsync("SUB orders.a 1\r\nSUB other 2\r\n");
        Assert.Contains("Permissions Violation for Subscription to \"other\"", await alice.PingAsync());
        await RefusesAsync(process, nonce => $"\"jwt\":\"{token}\",{Signature("SUACGJBDMKLDSX3ISH7ACZJYSZCSJEFHJFKII3WACS6KY4WFU3AYDRCBTE", nonce)}");
        await RefusesAsync(process, Alice);
    }

    private Task<ServerProcess> StartAsync(string name, string server)
    {
        var options = new ServerProcessOptions
        {
            Config = SecuringGuide.Configurations[name]
                .Replace("\"./jwt\"", "\"$FOLDER/jwt\"", StringComparison.Ordinal)
                .Replace("\"server-cert.pem\"", $"\"{certificates.Server.CertFile}\"", StringComparison.Ordinal)
                .Replace("\"server-key.pem\"", $"\"{certificates.Server.KeyFile}\"", StringComparison.Ordinal)
                .Replace("\"ca.pem\"", $"\"{certificates.CaFile}\"", StringComparison.Ordinal),
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["CLOCK_PASSWORD"] = "tick",
                ["ASKER_PASSWORD"] = "tock",
                ["CALLOUT_PASSWORD"] = "tell",
            },
        };
        return server == "reference" ? ReferenceServer.StartAsync(options) : OurServer.StartAsync(options);
    }

    private static Task<RawClient> AcceptsAsync(ServerProcess process, string credentials) => AcceptsAsync(process, _ => credentials);

    private static async Task<RawClient> AcceptsAsync(ServerProcess process, Func<string, string> credentials)
    {
        RawClient client = await ConnectAsync(process, credentials);
        await client.PingAsync();
        return client;
    }

    private static Task RefusesAsync(ServerProcess process, string credentials) => RefusesAsync(process, _ => credentials);

    private static async Task RefusesAsync(ServerProcess process, Func<string, string> credentials)
    {
        await using RawClient client = await ConnectAsync(process, credentials);
        Assert.StartsWith(Violation, await client.ReadToCloseAsync());
    }

    private static async Task<RawClient> ConnectAsync(ServerProcess process, Func<string, string> credentials)
    {
        RawClient client = await RawClient.ConnectAsync(process.Port);
        using JsonDocument info = JsonDocument.Parse((await client.ReadLineAsync())["INFO ".Length..]);
        string nonce = info.RootElement.TryGetProperty("nonce", out JsonElement found) ? found.GetString()! : "";
        await client.SendAsync($"CONNECT {{\"verbose\":false{(credentials(nonce) is { Length: > 0 } more ? "," + more : "")}}}\r\n");
        return client;
    }

    private static string Signed(string seed, string nonce)
    {
        Assert.True(NkeyPair.TryParseSeed(seed, out NkeyPair? pair));
        return $"\"nkey\":\"{pair}\",{Signature(seed, nonce)}";
    }

    private static string Signature(string seed, string nonce)
    {
        Assert.True(NkeyPair.TryParseSeed(seed, out NkeyPair? pair));
        return $"\"sig\":\"{Convert.ToBase64String(pair.Sign(System.Text.Encoding.ASCII.GetBytes(nonce)))}\"";
    }

    [GeneratedRegex(@"MSG prices\.get 1 (?<reply>\S+) 1\r\n")]
    private static partial Regex Request();
}
