using NATS.Server.Options;
using NATS.Server.ServerTests.Hosting;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.ServerTests.Tracing;

/// <summary>What traces say in situations that cannot be brought about alike in two servers.</summary>
public sealed class MessageTraceTests
{
    private const string Connect = "CONNECT {\"verbose\":false,\"headers\":true}\r\n";
    private const string Traced = "NATS/1.0\r\nNats-Trace-Dest: trace\r\n\r\n";

    private static readonly ServerOptions Options = Embedded.Options with { NoSystemAccount = false };

    [Theory]
    [MemberData(nameof(Embedded.Engines), MemberType = typeof(Embedded))]
    public async Task A_slow_subscriber_that_is_not_waited_for_is_told(ConnectionEngineKind engine)
    {
        await using NatsServer server = await Embedded.StartAsync(Options with { Engine = engine, NoFastProducerStall = true });
        await using RawClient slow = await server.ConnectAsync(Connect);
        await slow.SendAsync("SUB foo 1\r\n");
        await slow.PingAsync();
        await using RawClient listener = await server.ConnectAsync(Connect);
        await listener.SendAsync("SUB trace 1\r\n");
        await listener.PingAsync();
        await using RawClient publisher = await server.ConnectAsync(Connect);
        string body = new('b', 256 * 1024);
        string message = $"HPUB foo {Traced.Length} {Traced.Length + body.Length}\r\n{Traced}{body}\r\n";
        string trace;
        int sent = 0;
        do
        {
            await publisher.SendAsync(message);
            await listener.ReadUntilAsync("\"events\":[");
            trace = await listener.ReadUntilAsync("]}\r\n");
            sent++;
        }
        while (!trace.Contains("\"error\":\"Not delivered because fast producer not stalled and consumer is slow\"", StringComparison.Ordinal) && sent < 400);
        Assert.InRange(sent, 2, 399);
    }

    [Fact]
    public async Task Without_a_system_account_nothing_is_told_and_what_is_only_traced_goes_nowhere()
    {
        await using NatsServer server = await Embedded.StartAsync(Embedded.Options);
        await using RawClient client = await server.ConnectAsync(Connect);
        string only = Traced.Replace("\r\n\r\n", "\r\nNats-Trace-Only: true\r\n\r\n", StringComparison.Ordinal);
        await client.SendAsync($"SUB trace 1\r\nSUB foo 2\r\nHPUB foo {only.Length} {only.Length + 2}\r\n{only}hi\r\nHPUB foo {Traced.Length} {Traced.Length + 2}\r\n{Traced}ho\r\n");
        Assert.Equal($"HMSG foo 2 {Traced.Length} {Traced.Length + 2}\r\n{Traced}ho\r\n", (await client.PingAsync()).Replace("PONG\r\n", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Part_of_the_messages_of_a_sampled_trace_is_traced_and_the_others_are_marked()
    {
        await using NatsServer server = await Embedded.StartAsync(Options with
        {
            Accounts = [new AccountOptions { Name = "A", TraceDestination = "trace", TraceSampling = 50, Users = [new UserOptions { Username = "a", Password = "p", Account = "A" }] }],
        });
        await using RawClient client = await server.ConnectAsync("CONNECT {\"verbose\":false,\"headers\":true,\"user\":\"a\",\"pass\":\"p\"}\r\n");
        await client.SendAsync("SUB trace 1\r\nSUB foo 2\r\n");
        const string parent = "NATS/1.0\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n";
        const int count = 1000;
        for (int i = 0; i < count; i++) await client.SendAsync($"HPUB foo {parent.Length + 2} {parent.Length + 4}\r\n{parent}\r\nhi\r\n");
        await client.PingAsync();
        int traced = CountOf(client.Received, "\"events\":[");
        Assert.InRange(traced, 350, 650);
        Assert.Equal(count - traced, CountOf(client.Received, parent + "Nats-Trace-Dest: trace disabled\r\n\r\nhi"));
        Assert.Equal(traced, CountOf(client.Received, parent + "\r\nhi"));
    }

    private static int CountOf(string text, string part) => text.Split(part).Length - 1;
}
