using NATS.Server.Auth;
using NATS.Server.Core.Protocol;
using Xunit;

namespace NATS.Server.UnitTests.Auth;

public sealed class UserLabelsTests
{
    [Theory]
    [InlineData("", "", "", "", "", "User \"N/A\"", "authentication error")]
    [InlineData("", "u", "", "u", "user:u", "User \"u\"", "authentication error - User \"u\"")]
    [InlineData("", "", "t", "[REDACTED]", "token", "Token \"[REDACTED]\"", "authentication error - Token \"[REDACTED]\"")]
    [InlineData("", "u", "t", "u", "user:u", "User \"u\"", "authentication error - User \"u\"")]
    [InlineData("N", "u", "t", "N", "nkey:N", "Nkey \"N\"", "authentication error - Nkey \"N\"")]
    public void A_client_is_named_after_its_credentials(
        string nkey, string user, string token, string monitoring, string prefix, string sentence, string rejection)
    {
        ConnectOptions options = ConnectOptions.Default with { Nkey = nkey, User = user, AuthToken = token };

        Assert.Equal(monitoring, UserLabels.ForMonitoring(options));
        Assert.Equal(prefix, UserLabels.ForLogPrefix(options));
        Assert.Equal(sentence, UserLabels.ForSentence(options));
        Assert.Equal(rejection, UserLabels.ForRejection(options));
    }
}
