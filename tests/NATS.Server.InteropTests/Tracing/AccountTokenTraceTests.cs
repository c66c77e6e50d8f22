using System.Globalization;
using NATS.Server.Core.Jwt;
using NATS.Server.InteropTests.OperatorMode;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;
using Xunit;

namespace NATS.Server.InteropTests.Tracing;

/// <summary>The claim <c>trace</c> of an account's token, at the start and when a new token takes it away.</summary>
public sealed class AccountTokenTraceTests
{
    private const string Traced = "NATS/1.0\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n";

    [Fact]
    public async Task Destination_of_a_token_is_in_force_until_a_new_token_says_otherwise()
    {
        var owner = new OperatorSetup();
        AccountSetup system = owner.AddAccount("SYS");
        AccountSetup account = owner.AddAccount("A", claims => claims with { Trace = new TraceDestination("traces.here", 100) });
        string traced = account.Token;
        string untraced = account.Reissue(claims => claims with { Trace = null });
        string config = $$"""
            operator: {{owner.Token}}
            system_account: {{system.Id}}
            resolver: { type: full, dir: "$FOLDER/jwt" }
            resolver_preload: { {{system.Id}}: {{system.Token}} }
            """;
        await OperatorPlay.CompareAsync(config, system, async play =>
        {
            await play.RequestAsync("push", "$SYS.REQ.CLAIMS.UPDATE", traced);
            await using RawClient client = await play.LoginAsync(account.AddUser("U"));
            await client.SendAsync("SUB traces.* 1\r\n");
            await client.PingAsync();
            await PublishAsync(client);
            string head = await client.ReadUntilAsync("\r\n");
            while (!head.Contains("MSG ", StringComparison.Ordinal)) head = await client.ReadUntilAsync("\r\n");
            string[] words = head.Trim().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            play.Note(words[1], TraceText.Normalise(await client.ReadExactlyAsync(int.Parse(words[^1], CultureInfo.InvariantCulture))));

            await play.RequestAsync("push", "$SYS.REQ.CLAIMS.UPDATE", untraced);
            await PublishAsync(client);
            await client.SendAsync("PUB traces.end 3\r\nend\r\n");
            play.Note("without", (await client.ReadUntilAsync("end\r\n")).Replace("PING\r\n", "", StringComparison.Ordinal).Trim());
        });
    }

    private static Task PublishAsync(RawClient client) => client.SendAsync($"HPUB foo {Traced.Length} {Traced.Length + 1}\r\n{Traced}x\r\n");
}
