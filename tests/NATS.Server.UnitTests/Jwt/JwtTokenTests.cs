using System.Text;
using System.Text.Json;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;
using NATS.Server.Testing.Jwt;
using Xunit;

namespace NATS.Server.UnitTests.Jwt;

public sealed class JwtTokenTests
{
    private readonly OperatorSetup _operator = new() { Now = 1_700_000_000 };

    [Fact]
    public void A_token_written_is_read_back()
    {
        AccountSetup account = _operator.AddAccount("A", claims => claims with { Tags = ["a:1"], Description = "<&>" });
        UserSetup user = account.AddUser("U", claims => claims with { Expires = 1_800_000_000 });

        Assert.True(JwtToken.TryDecode(account.Token, out AccountClaims? read, out string? error), error);
        Assert.Equal(("A", account.Id, _operator.Key.ToString(), 1_700_000_000, "<&>"), (read.Name, read.Subject, read.Issuer, read.IssuedAt, read.Description));
        Assert.True(JwtToken.TryDecode(user.Token, out UserClaims? claims, out error), error);
        Assert.Equal((account.Id, 1_800_000_000), (claims.Account, claims.Expires));
        Assert.Equal(JwtToken.IdOf(claims), claims.Id);
    }

    // The order and the omissions of the Go library: tools that compare texts or digests depend on them.
    [Fact]
    public void Fields_are_written_in_the_order_of_the_reference()
    {
        UserSetup user = _operator.AddAccount("A").AddUser("U", claims => claims with
        {
            Rights = claims.Rights with
            {
                Permissions = new ClaimPermissions(new PermissionList(["a"], []), new PermissionList([], ["b"]), new ClaimResponsePermission(1, 2)),
                Sources = ["10.0.0.0/8"],
                IsBearer = true,
            },
            Tags = ["t"],
        });
        string json = JsonOf(user.Token);

        string tail = json[json.IndexOf("\"nats\"", StringComparison.Ordinal)..];
        Assert.Equal(
            "\"nats\":" + """{"pub":{"allow":["a"]},"sub":{"deny":["b"]},"resp":{"max":1,"ttl":2},"src":["10.0.0.0/8"],"subs":-1,"data":-1,"payload":-1,"bearer_token":true,"tags":["t"],"type":"user","version":2}}""",
            tail);
        Assert.Matches("""^\{"jti":"[A-Z2-7]{52}","iat":1700000000,"iss":"A[A-Z2-7]{55}","name":"U","sub":"U[A-Z2-7]{55}","nats":""", json);
    }

    [Fact]
    public void An_account_is_written_in_the_order_of_the_reference()
    {
        AccountSetup account = _operator.AddAccount("A");
        string json = JsonOf(account.Token);
        Assert.EndsWith(
            ""","nats":{"limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,"exports":-1,"wildcards":true,"conn":-1,"leaf":-1},"default_permissions":{"pub":{},"sub":{}},"authorization":{},"type":"account","version":2}}""",
            json,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "expected 3 chunks")]
    [InlineData("a.b", "expected 3 chunks")]
    [InlineData("a.b.c.d", "expected 3 chunks")]
    [InlineData("*.b.c", "illegal base64 data in token")]
    [InlineData("a.b.c", "illegal base64 data in token")]
    [InlineData("AAAA.b.c", "malformed JSON in token")]
    public void What_is_no_token_is_refused(string token, string expected)
    {
        Assert.False(JwtToken.TryDecode(token, out ClaimSet? _, out string? error));
        Assert.Equal(expected, error);
    }

    [Theory]
    [InlineData("""{"typ":"JWS","alg":"ed25519-nkey"}""", "not supported type \"JWS\"")]
    [InlineData("""{"typ":"JWT","alg":"none"}""", "unexpected \"none\" algorithm")]
    [InlineData("""{"typ":"JWT","alg":"ed25519-nkey2"}""", "unexpected \"ed25519-nkey2\" algorithm")]
    [InlineData("""{"typ":"JWT"}""", "unexpected \"\" algorithm")]
    [InlineData("""{"typ":1}""", "json: typ is the number 1, not a string")]
    [InlineData("null", "not supported type \"\"")]
    public void Only_the_header_of_NATS_is_accepted(string header, string expected)
    {
        Assert.False(JwtToken.TryDecode(Signed(header, UserJson("{}"), _operator.NewKey(NkeyRole.Account)), out ClaimSet? _, out string? error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void Case_of_the_header_does_not_matter()
    {
        NkeyPair account = _operator.NewKey(NkeyRole.Account);
        Assert.True(JwtToken.TryDecode(Signed("""{"typ":"jwt","alg":"ED25519-NKEY"}""", UserJson("{}", account), account), out ClaimSet? _, out string? error), error);
    }

    [Fact]
    public void A_changed_token_is_refused()
    {
        string token = _operator.AddAccount("A").Token;
        string other = _operator.AddAccount("B").Token;
        string[] parts = token.Split('.');
        string forged = $"{parts[0]}.{other.Split('.')[1]}.{parts[2]}";

        Assert.False(JwtToken.TryDecode(forged, out ClaimSet? _, out string? error));
        Assert.Equal("claim failed V2 signature verification", error);
    }

    // An issuer key that is cut short must not reach the curve.
    [Theory]
    [InlineData("A")]
    [InlineData("AAAA")]
    [InlineData("")]
    [InlineData("UBKRWMYLOZJ7HJYOVVLBX4BOEFUOAGDWLSXKUDJST765ZKD6HHGR2N3")]
    public void A_damaged_issuer_is_refused(string issuer)
    {
        string json = $$"""{"iss":"{{issuer}}","sub":"x","nats":{"type":"user","version":2} }""";
        Assert.False(JwtToken.TryDecode(Signed(Header, json, _operator.NewKey(NkeyRole.Account)), out ClaimSet? _, out string? error));
        Assert.Equal("claim failed V2 signature verification", error);
    }

    [Fact]
    public void A_signer_of_the_wrong_role_is_refused()
    {
        NkeyPair user = _operator.NewKey(NkeyRole.User);
        Assert.False(JwtToken.TryDecode(Signed(Header, UserJson("{}", user), user), out ClaimSet? _, out string? error));
        Assert.Equal("unable to validate expected prefixes - [account]", error);
        Assert.Throws<ArgumentException>(() => JwtToken.Encode(new UserClaims { Subject = user.ToString() }, user, 1));
        Assert.Throws<ArgumentException>(() => JwtToken.Encode(new UserClaims { Subject = _operator.Key.ToString() }, _operator.NewKey(NkeyRole.Account), 1));
    }

    [Fact]
    public void A_token_over_the_limit_is_refused()
    {
        Assert.False(JwtToken.TryDecode(new string('a', JwtToken.MaxSize + 1), out ClaimSet? _, out string? error));
        Assert.Equal("token size 1048577 exceeds maximum of 1048576 bytes: token too large", error);
    }

    // Each field of each kind, null, absent or of every wrong type: an error or claims, never an exception.
    [Fact]
    public void No_type_of_any_field_throws()
    {
        string[] values = ["null", "true", "1", "-1", "1.5", "9223372036854775808", "\"x\"", "[]", "{}", "[null]", "[1]", "[{}]", "[[]]", "{\"a\":null}", "{\"a\":1}", "{\"a\":[null]}", "\"\\ud800\""];
        string[] common = ["aud", "exp", "jti", "iat", "name", "nbf", "sub", "tags", "type", "nats", "issuer_account"];
        string[] particular =
        [
            "pub", "sub", "resp", "src", "times", "times_location", "subs", "data", "payload", "bearer_token", "proxy_required", "allowed_connection_types",
            "issuer_account", "tags", "type", "version", "imports", "exports", "limits", "signing_keys", "revocations", "default_permissions", "mappings", "authorization",
            "trace", "cluster_traffic", "description", "info_url", "subject", "kind", "server_id", "user_nkey", "client_info", "connect_opts", "client_tls", "request_nonce",
            "account_server_url", "operator_service_urls", "system_account", "assert_server_version", "strict_signing_key_usage", "jwt", "error",
        ];
        string[] kinds = ["operator", "account", "user", "activation", "authorization_request", "authorization_response", "cluster", "server", "mine"];
        var validator = new ClaimValidator(1, static _ => null);
        int decoded = 0;
        foreach (string value in values)
        {
            foreach (string kind in kinds)
            {
                foreach (string field in common) Try($$"""{"{{field}}":{{value}},"nats":{"type":"{{kind}}","version":2} }""");
                foreach (string field in particular)
                {
                    Try($$"""{"nats":{"type":"{{kind}}","version":2,"{{field}}":{{value}} } }""");
                    Try($$"""{"type":"{{kind}}","nats":{"{{field}}":{{value}} } }""");
                }
            }
        }

        Assert.InRange(decoded, 1000, int.MaxValue);

        void Try(string json)
        {
            using JsonDocument document = JsonDocument.Parse(json);
            ClaimSet claims;
            try
            {
                claims = ClaimReader.Read(document.RootElement, out _);
            }
            catch (Exception problem) when (problem is ClaimFormatException or InvalidOperationException)
            {
                return;
            }

            decoded++;
            validator.Validate(claims).ToString();
        }
    }

    [Theory]
    [InlineData("""{"subs":9223372036854775808}""", "json: nats.subs is the number 9223372036854775808, not a whole number of 64 bits")]
    [InlineData("""{"pub":{"allow":"x"} }""", "json: nats.pub.allow is a string, not an array")]
    [InlineData("""{"version":3}""", "JWT was generated by a newer version ")]
    [InlineData("""{"version":0}""", "library supports version 2 or less - received 0")]
    public void Wrong_values_are_named(string nats, string expected)
    {
        NkeyPair account = _operator.NewKey(NkeyRole.Account);
        Assert.False(JwtToken.TryDecode(Signed(Header, UserJson(nats, account), account), out ClaimSet? _, out string? error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void Unknown_fields_are_passed_over()
    {
        NkeyPair account = _operator.NewKey(NkeyRole.Account);
        string json = UserJson("""{"new_field":{"a":[1,{"b":null}]},"pub":{"allow":["x"],"more":1} }""", account);
        Assert.True(JwtToken.TryDecode(Signed(Header, json, account), out UserClaims? user, out string? error), error);
        Assert.Equal(["x"], user.Rights.Permissions.Publish.Allow);
    }

    [Fact]
    public void Sources_may_be_one_text_with_commas()
    {
        NkeyPair account = _operator.NewKey(NkeyRole.Account);
        Assert.True(JwtToken.TryDecode(Signed(Header, UserJson("""{"src":"10.0.0.0/8, 2001:DB8::/32,"}""", account), account), out UserClaims? user, out _));
        Assert.Equal(["10.0.0.0/8", "2001:db8::/32"], user.Rights.Sources);
    }

    // Version 1 keeps type, tags and issuer account beside "nats", and signs the claims without the header.
    [Fact]
    public void Users_of_version_1_are_read()
    {
        NkeyPair account = _operator.NewKey(NkeyRole.Account);
        NkeyPair user = _operator.NewKey(NkeyRole.User);
        string json = $$"""{"iss":"{{account}}","sub":"{{user}}","type":"user","tags":["a"],"issuer_account":"{{account}}","nats":{"pub":{"allow":["x"]},"src":"10.0.0.0/8","bearer_token":true,"allowed_connection_types":["MQTT"]} }""";
        string claims = Base64Text.Encode(Encoding.UTF8.GetBytes(json));
        string header = Base64Text.Encode("""{"typ":"jwt","alg":"ed25519"}"""u8);
        string token = $"{header}.{claims}.{Base64Text.Encode(account.Sign(Encoding.ASCII.GetBytes(claims)))}";

        Assert.True(JwtToken.TryDecode(token, out UserClaims? read, out string? error), error);
        Assert.Equal(1, read.Version);
        Assert.Equal(["a"], read.Tags);
        Assert.Equal(account.ToString(), read.IssuerAccount);
        Assert.Equal((-1, -1, -1, true), (read.Rights.Subscriptions, read.Rights.Data, read.Rights.Payload, read.Rights.IsBearer));
        Assert.Empty(read.Rights.AllowedConnectionTypes);
        Assert.False(JwtToken.TryDecode(Signed("""{"typ":"jwt","alg":"ed25519"}""", json, account), out ClaimSet? _, out error));
        Assert.Equal("claim failed V1 signature verification", error);
    }

    [Fact]
    public void Accounts_of_version_1_are_read()
    {
        NkeyPair account = _operator.NewKey(NkeyRole.Account);
        string json = $$"""{"iss":"{{_operator.Key}}","sub":"{{account}}","type":"account","nats":{"limits":{"subs":-1,"conn":5,"mem_storage":9},"signing_keys":["{{account}}"],"exports":[{"subject":"a","type":"stream"}],"description":"no"} }""";
        string claims = Base64Text.Encode(Encoding.UTF8.GetBytes(json));
        string token = $"{Base64Text.Encode("""{"typ":"jwt","alg":"ed25519"}"""u8)}.{claims}.{Base64Text.Encode(_operator.Key.Sign(Encoding.ASCII.GetBytes(claims)))}";

        Assert.True(JwtToken.TryDecode(token, out AccountClaims? read, out string? error), error);
        Assert.Equal((5, 0, ""), (read.Limits.Connections, read.Limits.JetStream.MemoryStorage, read.Description));
        Assert.True(read.SigningKeys.ContainsKey(account.ToString()));
        Assert.Single(read.Exports);
    }

    // A file with a line end after the token is a token.
    [Fact]
    public void Line_ends_are_passed_over()
    {
        string token = _operator.AddAccount("A").Token;
        Assert.True(JwtToken.TryDecode(token + "\r\n", out ClaimSet? _, out string? error), error);
    }

    [Fact]
    public void A_decorated_token_is_found()
    {
        UserSetup user = _operator.AddAccount("A").AddUser("U");
        Assert.Equal(user.Token, DecoratedText.ExtractToken(user.Credentials));
        Assert.Equal(user.Token, DecoratedText.ExtractToken(user.Credentials.ReplaceLineEndings("\r\n")));
        Assert.Equal("plain", DecoratedText.ExtractToken("plain"));
    }

    private const string Header = """{"typ":"JWT","alg":"ed25519-nkey"}""";

    private static string UserJson(string nats, NkeyPair? issuer = null)
    {
        string fields = nats.Trim()[1..].Trim();
        string version = nats.Contains("version", StringComparison.Ordinal) ? "" : ",\"version\":2";
        return $$"""{"iss":"{{issuer}}","sub":"U","nats":{"type":"user"{{version}}{{(fields == "}" ? fields : "," + fields)}} }""";
    }

    private static string Signed(string header, string json, NkeyPair signer)
    {
        string signed = Base64Text.Encode(Encoding.UTF8.GetBytes(header)) + "." + Base64Text.Encode(Encoding.UTF8.GetBytes(json));
        return signed + "." + Base64Text.Encode(signer.Sign(Encoding.ASCII.GetBytes(signed)));
    }

    private static string JsonOf(string token) => Encoding.UTF8.GetString(Base64Text.TryDecode(token.Split('.')[1])!);
}
