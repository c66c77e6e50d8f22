using System.Text;
using System.Text.Json;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;
using NATS.Server.Monitoring;
using NATS.Server.Options;
using NATS.Server.ServerTests.Hosting;
using NATS.Server.ServerTests.OperatorMode;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;
using Xunit;
using static NATS.Server.ServerTests.OperatorMode.OperatorServer;
using ExportKind = NATS.Server.Core.Jwt.ExportKind;

namespace NATS.Server.ServerTests.Advisories;

/// <summary>What the reference once got wrong about tokens; each test has the name of the advisory, or of the fix in its history.</summary>
public sealed class TokenAdvisoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly OperatorSetup _operator = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Advisory_2026_23_an_issuer_key_of_any_length_ends_in_a_violation()
    {
        AccountSetup account = _operator.AddAccount("A");
        UserSetup user = account.AddUser("U");
        await using OperatorServer server = await StartAsync(_operator);
        foreach (int length in (int[])[0, 1, 2, 5, 8, 31, 55, 57, 64, 500])
        {
            string issuer = length <= account.Id.Length ? account.Id[..length] : account.Id + new string('A', length - account.Id.Length);
            Assert.Equal(Violation, await server.AnswerAsync(user with { Token = Edit(user.Token, account.Key, claims => claims["iss"] = issuer) }));
        }

        // Short keys whose checksum is good.
        foreach (int size in (int[])[0, 1, 16, 31, 33])
        {
            byte[] raw = [(byte)('A' - 'A' << 3), .. new byte[size], 0, 0];
            ushort crc = 0;
            foreach (byte b in raw.AsSpan(0, raw.Length - 2))
            {
                crc ^= (ushort)(b << 8);
                for (int bit = 0; bit < 8; bit++) crc = (ushort)((crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1);
            }

            raw[^2] = (byte)crc;
            raw[^1] = (byte)(crc >> 8);
            Assert.Equal(Violation, await server.AnswerAsync(user with { Token = Edit(user.Token, account.Key, claims => claims["iss"] = Base32.Encode(raw)) }));
        }

        Assert.Equal(Pong, await server.AnswerAsync(user));
    }

    [Fact]
    public async Task CVE_2020_26521_fields_that_are_missing_null_or_of_another_kind_let_nobody_in_and_end_nothing()
    {
        AccountSetup account = _operator.AddAccount("A");
        UserSetup user = account.AddUser("U");
        var log = new LogLines();
        await using OperatorServer server = await StartAsync(_operator, services: new NatsServerServices { LoggerFactory = log });
        string[] values = ["null", "1", "-1", "1e400", "\"x\"", "[]", "{}", "[null]", "{\"a\":null}", "true", "[[[[]]]]"];
        foreach (string field in (string[])["iss", "sub", "iat", "jti", "name", "nats", "exp", "nbf", "aud"])
        {
            await TryAsync(user.Token, claims => claims.Remove(field));
            foreach (string value in values) await TryAsync(user.Token, claims => claims[field] = JsonDocument.Parse(value).RootElement);
        }

        foreach (string field in (string[])["pub", "sub", "resp", "src", "times", "times_location", "subs", "data", "payload", "bearer_token", "allowed_connection_types", "tags", "type", "version", "issuer_account"])
        {
            foreach (string value in values)
            {
                await TryAsync(user.Token, claims =>
                {
                    Dictionary<string, object?> nats = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(((JsonElement)claims["nats"]!).GetRawText())!.ToDictionary(static x => x.Key, static x => (object?)x.Value);
                    nats[field] = JsonDocument.Parse(value).RootElement;
                    claims["nats"] = nats;
                });
            }
        }

        Assert.Empty(log.Exceptions);
        Assert.Equal(Pong, await server.AnswerAsync(user));

        async Task TryAsync(string token, Action<Dictionary<string, object?>> edit)
        {
            string answer = await server.AnswerAsync(user with { Token = Edit(token, account.Key, edit) });
            Assert.True(answer is Violation or Pong, answer);
        }
    }

    [Fact]
    public async Task CVE_2020_26892_tokens_that_are_over_let_nobody_in_and_those_that_end_take_their_clients_with_them()
    {
        AccountSetup account = _operator.AddAccount("A");
        await using OperatorServer server = await StartAsync(_operator);
        Assert.Equal(Violation, await server.AnswerAsync(account.AddUser("over", claims => claims with { Expires = _operator.Now - 1 })));
        long end = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 2;
        await using RawClient client = await server.LoginAsync(account.AddUser("ends", claims => claims with { Expires = end }));
        Assert.Equal("-ERR 'User Authentication Expired'\r\n", await client.ReadToCloseAsync());
        Assert.InRange(DateTimeOffset.UtcNow, DateTimeOffset.FromUnixTimeSeconds(end), DateTimeOffset.FromUnixTimeSeconds(end + 5));
    }

    [Fact]
    public async Task CVE_2021_3127_an_activation_for_another_account_or_subject_or_by_a_stranger_imports_nothing()
    {
        AccountSetup exporter = _operator.AddAccount("E", static claims => claims with { Exports = [new ClaimExport { Subject = "news.>", Kind = ExportKind.Stream, TokenRequired = true }] });
        AccountSetup other = _operator.AddAccount("other");
        AccountSetup importer = _operator.AddAccount("I");
        await using OperatorServer server = await StartAsync(_operator, new ResolverOptions(ResolverKind.Full) { Directory = _folder.Path });
        string[] tokens =
        [
            "", "x",
            exporter.Activate(other, "news.>", ExportKind.Stream),
            exporter.Activate(importer, "weather.>", ExportKind.Stream),
            exporter.Activate(importer, "news.>", ExportKind.Service),
            other.Activate(importer, "news.>", ExportKind.Stream),
            exporter.Activate(importer, "news.>", ExportKind.Stream, signer: other.Key),
            exporter.Activate(importer, "news.>", ExportKind.Stream, claims => claims with { Expires = _operator.Now - 1 }),
        ];
        long later = 1;
        await using RawClient publisher = await server.LoginAsync(exporter.AddUser("E"));
        foreach (string token in tokens.Append(exporter.Activate(importer, "news.>", ExportKind.Stream)))
        {
            await server.PushAsync(importer.Reissue(claims => claims with { Imports = [new ClaimImport { Account = exporter.Id, Subject = "news.>", Kind = ExportKind.Stream, Token = token }] }, later++));
            await using RawClient client = await server.LoginAsync(importer.AddUser("I"));
            await client.SendAsync("SUB news.> 1\r\n");
            await client.PingAsync();
            await publisher.SendAsync("PUB news.a 2\r\nhi\r\n");
            await publisher.PingAsync();
            bool isGood = later == tokens.Length + 2;
            Assert.Equal(isGood ? "MSG news.a 1 2\r\nhi\r\nPONG\r\n" : "PONG\r\n", await client.PingAsync());
        }
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("/etc/passwd")]
    [InlineData("..\\outside")]
    [InlineData("A\0B")]
    [InlineData("")]
    public void CVE_2022_28357_only_public_keys_become_names_of_files(string name)
    {
        using var directory = new NATS.Server.OperatorMode.JwtDirectory(
            new NATS.Server.OperatorMode.JwtDirectoryOptions(Path.Combine(_folder.Path, "jwt")) { AllowsDelete = true }, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        string token = _operator.AddAccount("A").Token;
        Assert.Throws<NATS.Server.OperatorMode.ResolverException>(() => directory.Save(name, token));
        Assert.Throws<NATS.Server.OperatorMode.ResolverException>(() => directory.SaveIfNewer(name, token));
        Assert.Throws<NATS.Server.OperatorMode.ResolverException>(() => directory.Load(name));
        Assert.Throws<NATS.Server.OperatorMode.ResolverException>(() => directory.Delete(name));
        Assert.Throws<NATS.Server.OperatorMode.ResolverException>(() => directory.Merge($"{name}|{token}"));
        Assert.Equal(["jwt"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(static path => Path.GetFileName(path)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_folder.Path, "jwt")));
    }

    // Another server's tokens are stored under the account they are about, and only if they are tokens.
    [Fact]
    public void What_another_server_sends_is_kept_only_if_it_is_a_token_of_that_account()
    {
        using var directory = new NATS.Server.OperatorMode.JwtDirectory(
            new NATS.Server.OperatorMode.JwtDirectoryOptions(_folder.Path), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        AccountSetup one = _operator.AddAccount("A");
        AccountSetup other = _operator.AddAccount("B");
        Assert.Throws<NATS.Server.OperatorMode.ResolverException>(() => directory.Merge($"{one.Id}|garbage"));
        Assert.Throws<NATS.Server.OperatorMode.ResolverException>(() => directory.Merge($"{one.Id}|{other.Token}"));
        Assert.Equal(0, directory.Count);
        directory.Merge($"{one.Id}|{one.Token}");
        Assert.Equal(one.Token, directory.Load(one.Id));
    }

    [Fact]
    public async Task Fix_daeabd2fc_limits_beyond_32_bits_do_not_turn_into_others()
    {
        const long huge = (1L << 32) + 1;
        AccountSetup account = _operator.AddAccount("A", static claims => claims with { Limits = claims.Limits with { Connections = huge, Subscriptions = huge, Payload = huge } });
        UserSetup user = account.AddUser("U", static claims => claims with { Rights = claims.Rights with { Payload = huge, Subscriptions = huge } });
        await using OperatorServer server = await StartAsync(_operator);
        await using RawClient first = await server.LoginAsync(user);
        await using RawClient second = await server.LoginAsync(user);
        await first.SendAsync($"SUB a 1\r\nSUB b 2\r\nPUB a 100\r\n{new string('x', 100)}\r\n");
        Assert.StartsWith("MSG a 1 100\r\n", await first.PingAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fix_b118e07f5_monitoring_shows_no_bearer_token()
    {
        AccountSetup account = _operator.AddAccount("A");
        UserSetup bearer = account.AddUser("U", static claims => claims with { Rights = claims.Rights with { IsBearer = true } });
        var log = new LogLines();
        await using OperatorServer server = await StartAsync(_operator, services: new NatsServerServices { LoggerFactory = log });
        await using RawClient client = await server.LoginAsync(bearer);
        Connz connz = server.Server.Monitor.Connz(new ConnzOptions { Auth = true, Subscriptions = true });
        Assert.Equal(bearer.Id, connz.Connections!.Single().AuthorizedUser);
        string signature = bearer.Token[(bearer.Token.LastIndexOf('.') + 1)..];
        Assert.DoesNotContain(signature, JsonSerializer.Serialize(connz), StringComparison.Ordinal);
        Assert.DoesNotContain(log.All, line => line.Contains(signature, StringComparison.Ordinal));
    }

    /// <summary>Changes what a token says and signs it anew.</summary>
    private static string Edit(string token, NkeyPair signer, Action<Dictionary<string, object?>> edit)
    {
        string[] parts = token.Split('.');
        var claims = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(Base64Text.TryDecode(parts[1])!)!.ToDictionary(static x => x.Key, static x => (object?)x.Value);
        edit(claims);
        string signed = $"{parts[0]}.{Base64Text.Encode(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        return $"{signed}.{Base64Text.Encode(signer.Sign(Encoding.ASCII.GetBytes(signed)))}";
    }
}
