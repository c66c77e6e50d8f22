using NATS.Server.Core.Jwt;
using Xunit;

namespace NATS.Server.UnitTests.Jwt;

/// <summary>Every field that the official JavaScript library writes is read.</summary>
public sealed class GoldenTokenTests
{
    private static readonly ClaimValidator Validator = new(1_750_000_000, static _ => TimeZoneInfo.Utc);

    [Fact]
    public void Operators_are_read()
    {
        OperatorClaims claims = Decode<OperatorClaims>(GoldenTokens.Operator);

        Assert.Equal("O", claims.Name);
        Assert.Equal("NATS", claims.Audience);
        Assert.Equal(GoldenTokens.OperatorKey, claims.Subject);
        Assert.Equal(GoldenTokens.OperatorKey, claims.Issuer);
        Assert.Equal(1_900_000_000, claims.Expires);
        Assert.Single(claims.SigningKeys);
        Assert.Equal(GoldenTokens.ImporterKey, claims.SystemAccount);
        Assert.Equal("2.10.0", claims.AssertServerVersion);
        Assert.Equal("https://host/jwt/v1", claims.AccountServerUrl);
        Assert.Equal(["nats://localhost:4222"], claims.OperatorServiceUrls);
        Assert.True(claims.StrictSigningKeyUsage);
        Assert.Equal("", Validator.Validate(claims).ToString());
    }

    [Fact]
    public void Accounts_are_read()
    {
        AccountClaims claims = Decode<AccountClaims>(GoldenTokens.Account);

        Assert.Equal(GoldenTokens.AccountKey, claims.Subject);
        Assert.Equal(GoldenTokens.OperatorKey, claims.Issuer);
        Assert.Equal(["t:1", "u:2"], claims.Tags);
        AccountLimits limits = claims.Limits;
        Assert.Equal((100, -1, 1024, 5, 6, 7, 8), (limits.Subscriptions, limits.Data, limits.Payload, limits.Imports, limits.Exports, limits.Connections, limits.LeafNodeConnections));
        Assert.True(limits.WildcardExports && limits.DisallowBearer && limits.IsJetStreamEnabled);
        JetStreamLimits tier = limits.Tiers["R1"];
        Assert.Equal((1, 2, 3, 4, 5, 6, 7, true), (tier.MemoryStorage, tier.DiskStorage, tier.Streams, tier.Consumers, tier.MaxAckPending, tier.MemoryMaxStreamBytes, tier.DiskMaxStreamBytes, tier.MaxBytesRequired));
        Assert.True(claims.Revocations.IsRevoked("U", 1_600_000_000));
        Assert.True(claims.Revocations.IsRevoked(GoldenTokens.UserKey, 1_700_000_001));
        Assert.False(claims.Revocations.IsRevoked(GoldenTokens.UserKey, 1_700_000_002));
        Assert.Equal(["p"], claims.DefaultPermissions.Publish.Allow);
        Assert.Equal([new WeightedDestination("n.$1", 40), new WeightedDestination("o.$1", 60, "c")], claims.Mappings["m.*"]);
        Assert.Equal([GoldenTokens.UserKey], claims.Authorization.AuthUsers);
        Assert.Equal(["*"], claims.Authorization.AllowedAccounts);
        Assert.Equal(new TraceDestination("tr", 25), claims.Trace);
        Assert.Equal(("owner", "desc", "https://info/"), (claims.ClusterTraffic, claims.Description, claims.InfoUrl));
        Assert.Equal("", Validator.Validate(claims).ToString());
    }

    [Fact]
    public void Exports_are_read()
    {
        AccountClaims claims = Decode<AccountClaims>(GoldenTokens.Account);

        ClaimExport service = claims.Exports[0];
        Assert.Equal(("q", "q.*", ExportKind.Service, true, "Stream", 5_000_000_000, 2UL), (service.Name, service.Subject, service.Kind, service.TokenRequired, service.ResponseType, service.ResponseThresholdNs, service.AccountTokenPosition));
        Assert.Equal(new ClaimLatency(0, "lat"), service.Latency);
        Assert.True(service.Revocations.IsRevoked(GoldenTokens.ImporterKey, 1_699_999_999));
        ClaimExport stream = claims.Exports[1];
        Assert.Equal((ExportKind.Stream, true, "d", "https://x.y/z"), (stream.Kind, stream.Advertise, stream.Description, stream.InfoUrl));
    }

    [Fact]
    public void Scoped_signing_keys_are_read()
    {
        AccountClaims claims = Decode<AccountClaims>(GoldenTokens.Account);

        Assert.Equal(2, claims.SigningKeys.Count);
        SigningKeyScope scope = Assert.Single(claims.SigningKeys.Values, value => value is not null)!;
        Assert.Equal((GoldenTokens.SigningKey, "r", "x"), (scope.Key, scope.Role, scope.Description));
        Assert.Equal(["a.{{name()}}"], scope.Template.Permissions.Publish.Allow);
        Assert.Equal(new ClaimResponsePermission(2, 1000), scope.Template.Permissions.Responses);
        Assert.Equal([new TimeRange("08:00:00", "17:00:00")], scope.Template.Times);
        Assert.Null(scope.Refuse(Decode<UserClaims>(GoldenTokens.ScopedUser)));
        Assert.NotNull(scope.Refuse(Decode<UserClaims>(GoldenTokens.User)));
        Assert.True(claims.DidSign(Decode<UserClaims>(GoldenTokens.ScopedUser)));
    }

    [Fact]
    public void Users_are_read()
    {
        UserClaims claims = Decode<UserClaims>(GoldenTokens.User);

        UserRights rights = claims.Rights;
        Assert.Equal(["a.>"], rights.Permissions.Publish.Allow);
        Assert.Equal(["a.b"], rights.Permissions.Publish.Deny);
        Assert.Equal(["c", "d queue"], rights.Permissions.Subscribe.Allow);
        Assert.Equal(new ClaimResponsePermission(3, 60_000_000_000), rights.Permissions.Responses);
        Assert.Equal((10, 20, 30, true, true, "UTC"), (rights.Subscriptions, rights.Data, rights.Payload, rights.IsBearer, rights.IsProxyRequired, rights.TimeZone));
        Assert.Equal(["WEBSOCKET"], rights.AllowedConnectionTypes);
        Assert.Equal(["192.168.0.0/16"], rights.Sources);
        Assert.Equal(["x:y"], claims.Tags);
        Assert.Equal((1_900_000_000, 1_500_000_000), (claims.Expires, claims.NotBefore));
        Assert.Equal("", Validator.Validate(claims).ToString());
    }

    [Fact]
    public void Activations_responses_and_generic_tokens_are_read()
    {
        ActivationClaims activation = Decode<ActivationClaims>(GoldenTokens.Activation);
        Assert.Equal(("q.x", ExportKind.Service, GoldenTokens.ImporterKey), (activation.ImportSubject, activation.ImportKind, activation.Subject));
        Assert.Equal("no", Decode<AuthorizationResponseClaims>(GoldenTokens.Response).Error);
        Assert.True(JwtToken.TryDecodeGeneric(GoldenTokens.Generic, out GenericClaims? generic, out string? error), error);
        Assert.Equal("[\"x\"]", generic.Data["accounts"].GetRawText());
    }

    private static T Decode<T>(string token)
        where T : ClaimSet
    {
        Assert.True(JwtToken.TryDecode(token, out T? claims, out string? error), error);
        return claims;
    }
}
