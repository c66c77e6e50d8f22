using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Clients;

/// <summary>The official JavaScript client sees no difference between the reference and our server.</summary>
public sealed class JavaScriptClientTests
{
    [Theory]
    [InlineData("publish-subscribe")]
    [InlineData("two-connections")]
    [InlineData("binary-payload")]
    [InlineData("large-payload")]
    [InlineData("queue-group")]
    [InlineData("request")]
    [InlineData("request-many")]
    [InlineData("no-responders")]
    [InlineData("headers")]
    [InlineData("unsubscribe-after-max")]
    [InlineData("drain")]
    [InlineData("no-echo")]
    [InlineData("server-info")]
    [InlineData("max-payload")]
    [InlineData("many-subscriptions")]
    [InlineData("service-discovery")]
    [InlineData("inbox-prefix")]
    public Task Client_sees_the_same_of_both_servers(string scenario) => Program().CompareAsync(scenario, ClientConfig.Open);

    [Fact]
    public Task Client_authenticates_by_user_and_password() => Program().CompareAsync("user-password", ClientConfig.UserAndPassword);

    [Fact]
    public Task Client_authenticates_by_token() => Program().CompareAsync("token", ClientConfig.Token);

    [Fact]
    public Task Client_authenticates_by_nkey() => Program().CompareAsync("nkey", ClientConfig.Nkey);

    [Fact]
    public Task Client_is_told_of_permission_violations() => Program().CompareAsync("permissions", ClientConfig.Permissions);

    [Fact]
    public Task Client_may_respond_to_what_it_was_asked() => Program().CompareAsync("allow-responses", ClientConfig.Permissions);

    [Fact]
    public Task Client_reconnects_to_a_restarted_server_and_subscribes_again()
    {
        List<ServerProcess> successors = [];
        return RunAsync();

        async Task RunAsync()
        {
            try
            {
                await Program().CompareAsync("reconnect", reactions: new Dictionary<string, Func<ServerProcess, Task>>(StringComparer.Ordinal) { ["restart"] = RestartAsync });
            }
            finally
            {
                foreach (ServerProcess successor in successors) await successor.DisposeAsync();
            }
        }

        async Task RestartAsync(ServerProcess server)
        {
            await server.StopAsync();
            ServerProcess successor = await ServerProcess.StartAsync(
                server.Executable, new ServerProcessOptions { RandomPort = false, Arguments = ["-a", "127.0.0.1", "-p", server.Port.ToString()] });
            lock (successors) successors.Add(successor);
        }
    }

    [Fact]
    public Task Client_is_told_of_a_lame_duck() => Program().CompareAsync(
        "lame-duck",
        ClientConfig.Open,
        new Dictionary<string, Func<ServerProcess, Task>>(StringComparer.Ordinal)
        {
            ["lame duck"] = server =>
            {
                server.Signal("USR2");
                return Task.CompletedTask;
            },
        });

    internal static ClientProgram Program(IReadOnlyDictionary<string, string>? environment = null)
    {
        if (NodePackages.Missing is { } missing) throw new SkippedTestException(missing);
        return new ClientProgram("node", Path.Combine(NodePackages.Folder, "scenarios.mjs"))
        {
            Environment = environment ?? new Dictionary<string, string>(StringComparer.Ordinal),
        };
    }
}
