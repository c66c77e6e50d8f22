using Xunit;

namespace NATS.Server.InteropTests.Clients;

/// <summary>The C client's JetStream and key-value calls see no difference between the reference and our server.</summary>
public sealed class JetStreamCClientTests
{
    private static readonly CSource Source = new("jetstream");

    [Theory]
    [InlineData("manage")]
    [InlineData("messages")]
    [InlineData("publish")]
    [InlineData("publish-async")]
    [InlineData("consumers")]
    [InlineData("pull")]
    [InlineData("push")]
    [InlineData("ordered")]
    [InlineData("queue-group")]
    [InlineData("key-value")]
    [InlineData("key-value-watch")]
    public async Task Client_sees_the_same_of_both_servers(string scenario) =>
        await new ClientProgram(Source.Path).CompareAsync(scenario, await JetStreamServers.MissingFromOursAsync(), JetStreamServers.Plain);
}
