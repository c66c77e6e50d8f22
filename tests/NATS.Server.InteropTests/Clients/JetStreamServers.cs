using System.Text.Json;
using NATS.Server.Testing;

namespace NATS.Server.InteropTests.Clients;

/// <summary>Thread-safe. The servers with JetStream that the scenarios of the clients need, and whether ours has it.</summary>
internal static class JetStreamServers
{
    /// <summary>What a build without JetStream says to a configuration with it.</summary>
    private const string Refusal = "JetStream is not built yet";

    private static readonly SemaphoreSlim Asking = new(1);
    private static bool _isKnown;
    private static string? _whatOursLacks;

    /// <summary>One store per server, the same limits on every machine, and a name that transcripts may hold.</summary>
    public static ServerProcessOptions Plain { get; } = new()
    {
        Config = """
            server_name: test
            jetstream { store_dir: "$FOLDER/js", max_memory_store: 256MB, max_file_store: 1GB }
            """,
    };

    /// <summary>In a domain: account A with limits, B without, C without JetStream.</summary>
    public static ServerProcessOptions Accounts { get; } = new()
    {
        Config = """
            server_name: test
            jetstream { store_dir: "$FOLDER/js", max_memory_store: 256MB, max_file_store: 1GB, domain: hub }
            accounts {
              A { jetstream: { max_mem: 10MB, max_file: 20MB, max_streams: 2, max_consumers: 3 }, users: [ { user: a, password: a } ] }
              B { jetstream: enabled, users: [ { user: b, password: b } ] }
              C { users: [ { user: c, password: c } ] }
            }
            """,
    };

    /// <summary>Why scenarios cannot be compared with our server; null once its INFO says that it has JetStream.</summary>
    public static async Task<string?> MissingFromOursAsync()
    {
        await Asking.WaitAsync();
        try
        {
            if (!_isKnown) _whatOursLacks = await FindWhatOursLacksAsync();
            _isKnown = true;
            return _whatOursLacks;
        }
        finally
        {
            Asking.Release();
        }
    }

    private static async Task<string?> FindWhatOursLacksAsync()
    {
        const string seen = "; the scenario saw the same twice of the reference";
        ServerProcess server;
        try
        {
            server = await OurServer.StartAsync(Plain);
        }
        catch (InvalidOperationException refused) when (refused.Message.Contains(Refusal, StringComparison.Ordinal))
        {
            return "our server says: " + Refusal + seen;
        }

        await using (server)
        {
            await using RawClient client = await RawClient.ConnectAsync(server.Port);
            string info = await client.ReadLineAsync();
            using JsonDocument said = JsonDocument.Parse(info["INFO ".Length..]);
            return said.RootElement.TryGetProperty("jetstream", out JsonElement flag) && flag.ValueKind == JsonValueKind.True
                ? null
                : "our server does not announce JetStream in INFO" + seen;
        }
    }
}
