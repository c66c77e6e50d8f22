using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;
using NATS.Server.InteropTests.OperatorMode;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;
using Xunit;

namespace NATS.Server.InteropTests.SystemEvents;

/// <summary>Events of clients that are known by tokens.</summary>
public sealed class TokenEventsTests
{
    [Fact]
    public async Task Clients_with_tokens_are_told_of_like_by_the_reference()
    {
        var setup = new OperatorSetup();
        NkeyPair signer = setup.NewKey(NkeyRole.Account);
        AccountSetup account = setup.AddAccount("Sales", claims => claims with { SigningKeys = new Dictionary<string, SigningKeyScope?>(StringComparer.Ordinal) { [signer.ToString()] = null } });
        AccountSetup system = setup.AddAccount("SYS");
        UserSetup tagged = account.AddUser("joe", claims => claims with { Tags = ["team:red", "eu"] });
        UserSetup signed = account.AddUser("sam", claims => claims, signer);
        UserSetup stranger = account.AddUser("stranger") with { Key = setup.NewKey(NkeyRole.User) };
        await OperatorPlay.CompareAsync(setup.Configuration(system), system, async play =>
        {
            await using RawClient admin = await play.LoginAsync(system.AddUser("admin"));
            await admin.SendAsync("SUB $SYS.ACCOUNT.*.CONNECT 1\r\nSUB $SYS.ACCOUNT.*.DISCONNECT 2\r\nSUB $SYS.SERVER.*.CLIENT.AUTH.ERR 3\r\n");
            await admin.PingAsync();
            foreach (UserSetup user in (UserSetup[])[tagged, signed])
            {
                await using (await play.LoginAsync(user)) await NoteAsync(play, admin, "connect");
                await NoteAsync(play, admin, "disconnect");
            }

            await using RawClient refused = await play.DialAsync(stranger, ",\"name\":\"x\"");
            await refused.ReadToCloseAsync();
            await NoteAsync(play, admin, "refused");
        });
    }

    private static async Task NoteAsync(OperatorPlay play, RawClient client, string what)
    {
        string line = await client.ReadLineAsync();
        while (!line.StartsWith("MSG ", StringComparison.Ordinal)) line = await client.ReadLineAsync();
        string[] words = line.Split(' ');
        play.Note(what, (words[1].Contains(".SERVER.", StringComparison.Ordinal) ? "server" : words[1]) + " " + EventShape.Of(await client.ReadExactlyAsync(int.Parse(words[^1]))));
        await client.ExpectAsync("\r\n");
    }
}
