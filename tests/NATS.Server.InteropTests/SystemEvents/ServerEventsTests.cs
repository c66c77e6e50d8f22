using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.SystemEvents;

/// <summary>What the system account is told of the server itself.</summary>
public sealed class ServerEventsTests
{
    // Of the whole server: its own subscriptions, and what it sent of JSON that differs in length.
    private static readonly string[] OfServer = ["subscriptions", "bytes", "msgs"];

    [Theory]
    [InlineData("")]
    [InlineData("server_tags: [x, \"y:z\"]\nserver_metadata: {one: two}\nfeature_flags: {js_ack_fc_v2: true}\n")]
    [InlineData("jetstream: {store_dir: \"$FOLDER/js\", domain: dom, max_mem: 1M, max_file: 2M}\n")]
    public async Task Statistics_are_told_like_by_the_reference(string more)
    {
        await using SystemPair pair = await SystemPair.StartAsync(SystemPair.Accounts + more);
        await pair.CompareAsync(async peer =>
        {
            SystemClient system = await peer.ConnectAsync("s");
            await peer.ConnectAsync("a");
            await system.SubscribeAsync("$SYS.SERVER.*.STATSZ");

            // Told by itself: the first three times within four seconds.
            SystemMessage told = await system.ReadAsync();
            return SystemPeer.WithoutId(system, told.Subject) + EventShape.Of(told.Text, OfServer);
        });
    }

    [Fact]
    public async Task Statistics_are_told_to_everybody_when_nobody_in_particular_asks()
    {
        await using SystemPair pair = await SystemPair.StartAsync();
        await pair.CompareAsync(async peer =>
        {
            SystemClient system = await peer.ConnectAsync("s");
            await system.SubscribeAsync("$SYS.SERVER.*.STATSZ");
            await system.PublishAsync("$SYS.REQ.SERVER.PING");
            await system.PublishAsync($"$SYS.REQ.SERVER.{system.ServerId}.STATSZ");
            IReadOnlyList<SystemMessage> told = await system.ReadAsync(2);
            return string.Join(Environment.NewLine, told.Select(message => EventShape.Of(message.Text, OfServer)));
        });
    }

    [Fact]
    public async Task The_end_is_told_like_by_the_reference()
    {
        await using SystemPair pair = await SystemPair.StartAsync();
        await pair.CompareAsync(async peer =>
        {
            SystemClient system = await peer.ConnectAsync("s");
            await system.SubscribeAsync("$SYS.SERVER.*.SHUTDOWN", "$SYS.ACCOUNT.>");
            SystemClient other = await peer.ConnectAsync("a");
            await system.ReadAsync(2);
            peer.Process.Signal("INT");
            string seen = SystemPeer.Describe(system, await system.ReadAsync(1));
            Assert.Equal("", await system.Raw.ReadToCloseAsync());
            await other.Raw.ReadToCloseAsync();
            return seen;
        });
    }

    [Fact]
    public async Task Lame_duck_mode_is_told_like_by_the_reference()
    {
        await using SystemPair pair = await SystemPair.StartAsync(SystemPair.Accounts);
        await pair.CompareAsync(async peer =>
        {
            SystemClient system = await peer.ConnectAsync("s");
            await system.SubscribeAsync("$SYS.SERVER.*.LAMEDUCK");
            peer.Process.Signal("USR2");
            return SystemPeer.Describe(system, await system.ReadAsync(1));
        });
    }
}
