using NATS.Server.Testing;

namespace NATS.Server.InteropTests.Tools;

/// <summary>What the servers are that tools look at: accounts with and without JetStream, a stream and its consumer, clients that have done something.</summary>
internal static class ToolSetUp
{
    /// <summary>Numbers of the process, and such as count what the server does for itself.</summary>
    public static readonly string[] Figures =
    [
        "subscriptions", "num_subscriptions", "total", "bytes", "msgs", "in_msgs", "in_bytes", "out_msgs", "out_bytes", "in_client_msgs", "in_client_bytes", "out_client_msgs",
        "out_client_bytes", "total_connections", "pending", "in_progress", "active", "ack_wait_remaining", "duration", "level",
    ];

    /// <summary>The configuration of one of the two servers.</summary>
    public static string Config(string store) => $$"""
        server_name: S
        jetstream: { store_dir: "{{store}}", max_memory_store: 64MB, max_file_store: 1GB }
        accounts {
          $SYS { users: [ { user: s, password: s } ] }
          A { jetstream: enabled, users: [ { user: a, password: a } ] }
          B { users: [ { user: b, password: b } ] }
        }

        """;

    /// <summary>What a client of A does: a stream, a consumer, and two messages of which one is delivered.</summary>
    public static async Task FillAsync(RawClient client)
    {
        await client.SendAsync("SUB filled.* f\r\n");
        await AskAsync("STREAM.CREATE.ORDERS", "{\"name\":\"ORDERS\",\"subjects\":[\"orders.>\"],\"storage\":\"file\",\"max_bytes\":100000}");
        await AskAsync("CONSUMER.CREATE.ORDERS.worker", "{\"stream_name\":\"ORDERS\",\"config\":{\"durable_name\":\"worker\",\"ack_policy\":\"explicit\",\"description\":\"works\"}}");
        for (int sequence = 1; sequence <= 2; sequence++)
        {
            await client.SendAsync("PUB orders.new filled.ack 5\r\nhello\r\n");
            await client.ReadUntilAsync($"\"seq\":{sequence}}}");
        }

        await client.SendAsync("PUB $JS.API.CONSUMER.MSG.NEXT.ORDERS.worker filled.next 1\r\n1\r\n");
        await client.ReadUntilAsync("$JS.ACK.");
        await client.SendAsync("UNSUB f\r\n");
        await client.PingAsync();

        async Task AskAsync(string subject, string request)
        {
            await client.SendAsync($"PUB $JS.API.{subject} filled.api {request.Length}\r\n{request}\r\n");
            await client.ReadUntilAsync("\"type\":");
            await client.PingAsync();
        }
    }

    /// <summary>What a client of B does: subscriptions, and more messages than anybody else.</summary>
    public static async Task TalkAsync(RawClient client)
    {
        await client.SendAsync("SUB quotes.* 1\r\nSUB quotes.eur desk 2\r\n");
        for (int message = 0; message < 3; message++) await client.SendAsync("PUB quotes.eur 20\r\n01234567890123456789\r\n");
        await client.PingAsync();
    }
}
