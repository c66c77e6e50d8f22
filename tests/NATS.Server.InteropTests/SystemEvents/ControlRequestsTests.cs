using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.SystemEvents;

/// <summary>Requests that make a server do something.</summary>
public sealed class ControlRequestsTests
{
    [Fact]
    public async Task A_client_is_kicked_like_by_the_reference()
    {
        await using SystemPair pair = await SystemPair.StartAsync();
        await pair.CompareAsync(async peer =>
        {
            SystemClient system = await peer.ConnectAsync("s");
            await system.SubscribeAsync("$SYS.ACCOUNT.*.DISCONNECT");
            SystemClient victim = await peer.ConnectAsync("a");
            string subject = $"$SYS.REQ.SERVER.{system.ServerId}.KICK";
            string seen = Describe(system, await system.AskAsync(subject, "{}"));
            seen += Describe(system, await system.AskAsync(subject, ""));
            seen += Describe(system, await system.AskAsync(subject, "{\"cid\":\"x\"}"));
            seen += Describe(system, await system.AskAsync(subject, $"{{\"cid\":{victim.Id},\"server_name\":\"other\"}}"));
            seen += Describe(system, await system.AskAsync(subject, "{\"cid\":99999,\"domain\":7}"));
            await system.PublishAsync(subject, $"{{\"cid\":{victim.Id}}}");
            await system.Raw.PingAsync();
            await victim.Raw.PingAsync();
            seen += Describe(system, await system.AskAsync(subject, $"{{\"cid\":{victim.Id}}}"));
            await victim.Raw.ReadToCloseAsync();
            return seen;
        });
    }

    [Fact]
    public async Task The_reason_of_a_kick_is_told()
    {
        await using SystemPair pair = await SystemPair.StartAsync();
        await pair.CompareAsync(async peer =>
        {
            SystemClient system = await peer.ConnectAsync("s");
            await system.SubscribeAsync("$SYS.ACCOUNT.*.DISCONNECT");
            SystemClient victim = await peer.ConnectAsync("a");
            await system.Raw.SendAsync($"SUB ANSWER x\r\nPUB $SYS.REQ.SERVER.{system.ServerId}.KICK ANSWER {$"{{\"cid\":{victim.Id}}}".Length}\r\n{{\"cid\":{victim.Id}}}\r\n");
            return SystemPeer.Describe(system, await system.ReadAsync(2));
        });
    }

    [Fact]
    public async Task One_client_is_told_that_the_server_goes()
    {
        await using SystemPair pair = await SystemPair.StartAsync();
        await pair.CompareAsync(async peer =>
        {
            SystemClient system = await peer.ConnectAsync("s");
            SystemClient told = await peer.ConnectAsync("a");
            SystemClient deaf = await peer.ConnectAsync("a", ",\"protocol\":0");
            string subject = $"$SYS.REQ.SERVER.{system.ServerId}.LDM";
            string seen = Describe(system, await system.AskAsync(subject, $"{{\"cid\":{told.Id}}}"));
            seen += (await told.Raw.ReadUntilAsync("\"ldm\":true")).Contains("INFO ", StringComparison.Ordinal);
            seen += Describe(system, await system.AskAsync(subject, $"{{\"cid\":{deaf.Id}}}"));
            seen += Describe(system, await system.AskAsync(subject, "{\"cid\":99999}"));
            return seen + Describe(system, await system.AskAsync(subject, "{"));
        });
    }

    [Fact]
    public async Task A_server_reloads_when_it_is_asked_to()
    {
        await using SystemPair pair = await SystemPair.StartAsync();
        await pair.CompareAsync(async peer =>
        {
            SystemClient system = await peer.ConnectAsync("s");
            SystemClient client = await peer.ConnectAsync("a");
            string subject = $"$SYS.REQ.SERVER.{system.ServerId}.RELOAD";
            string seen = Describe(system, await system.AskAsync(subject, "{\"server_name\":\"other\"}"));
            peer.Process.WriteConfig(SystemPair.Accounts.Replace("user: a, password: a", "user: a, password: changed", StringComparison.Ordinal));
            seen += Describe(system, await system.AskAsync(subject));
            string end = await client.Raw.ReadToCloseAsync();
            seen += end[end.IndexOf("-ERR", StringComparison.Ordinal)..];
            peer.Process.WriteConfig(SystemPair.Accounts + "no_such_option: 1\n");
            IReadOnlyList<SystemMessage> refused = await system.AskAsync(subject);
            return seen + refused.Count + refused[0].Text.Contains("\"code\":500,\"description\":", StringComparison.Ordinal) + refused[0].Text.Contains("no_such_option", StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_server_without_configuration_file_does_not_reload()
    {
        // Without a file there is no system account to log in to: the embedded server tells the same.
        await using NatsServer server = await NatsServer.StartAsync(new Options.ServerOptions
        {
            Host = "127.0.0.1",
            Port = Options.ServerOptions.RandomPort,
            Accounts = [new Options.AccountOptions { Name = "$SYS", Users = [new Options.UserOptions { Username = "s", Password = "s", Account = "$SYS" }] }],
        });
        await using SystemClient system = await SystemClient.ConnectAsync(server.ClientEndPoint!.Port, "s");
        SystemMessage answer = Assert.Single(await system.AskAsync($"$SYS.REQ.SERVER.{system.ServerId}.RELOAD"));
        Assert.Contains("\"error\":{\"code\":500,\"description\":\"can only reload config when a file is provided using -c or --config\"}", answer.Text, StringComparison.Ordinal);
    }

    private static string Describe(SystemClient client, IReadOnlyList<SystemMessage> answers) => $"{answers.Count} {SystemPeer.Describe(client, answers)}";
}
