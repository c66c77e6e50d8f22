using Xunit;

namespace NATS.Server.InteropTests.Clients;

/// <summary>The C client sees no difference between the reference and our server.</summary>
public sealed class CClientTests
{
    private static readonly CSource Source = new("scenarios");

    [Theory]
    [InlineData("publish-subscribe")]
    [InlineData("request")]
    [InlineData("no-responders")]
    [InlineData("headers")]
    [InlineData("auto-unsubscribe")]
    [InlineData("queue-group")]
    [InlineData("many-messages")]
    [InlineData("max-payload")]
    [InlineData("drain")]
    [InlineData("no-echo")]
    [InlineData("server-info")]
    public Task Client_sees_the_same_of_both_servers(string scenario) => Program().CompareAsync(scenario, ClientConfig.Open);

    [Fact]
    public Task Client_authenticates_by_user_and_password() => Program().CompareAsync("credentials", ClientConfig.UserAndPassword);

    [Fact]
    public Task Client_authenticates_by_token() => Program().CompareAsync("token", ClientConfig.Token);

    [Fact]
    public Task Client_authenticates_by_nkey() => Program().CompareAsync("nkey", ClientConfig.Nkey);

    internal static ClientProgram Program(IReadOnlyDictionary<string, string>? environment = null) =>
        new(Source.Path) { Environment = environment ?? new Dictionary<string, string>(StringComparer.Ordinal) };
}
