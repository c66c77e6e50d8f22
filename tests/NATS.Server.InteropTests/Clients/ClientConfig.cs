using NATS.Server.Testing;

namespace NATS.Server.InteropTests.Clients;

/// <summary>The servers that the scenarios of the clients need.</summary>
internal static class ClientConfig
{
    public static ServerProcessOptions Open { get; } = new();

    public static ServerProcessOptions UserAndPassword { get; } = new() { Arguments = ["--user", "a", "--pass", "secret"] };

    public static ServerProcessOptions Token { get; } = new() { Arguments = ["--auth", "tok"] };

    public static ServerProcessOptions Nkey { get; } = new() { Config = $"authorization {{ users: [ {{ nkey: {CalloutService.Pair(Core.Security.NkeyRole.User, 1)} }} ] }}" };

    public static ServerProcessOptions Permissions { get; } = new()
    {
        Config = """
            authorization {
              users: [
                { user: a, password: a, permissions: { publish: { deny: forbidden }, subscribe: { deny: forbidden } } }
                { user: service, password: s, permissions: { subscribe: q, allow_responses: true } }
              ]
            }
            """,
    };
}
