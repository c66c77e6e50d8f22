using System.Security.Cryptography;
using System.Text;
using NATS.Server.Core.Security;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Auth;

/// <summary>Hashes made by us, verified by the reference.</summary>
public sealed class BcryptInteropTests
{
    private static readonly string Long = new('x', 72);

    [Fact]
    public async Task The_reference_verifies_our_hashes()
    {
        string[] passwords = ["", "a", "secret", "p\u00e4ssw\u00f6rd \ud83d\ude00", "\u00ff\u00fe", Long[..71], Long, Long + "ignored"];
        var config = new StringBuilder("authorization { users: [\n");
        for (int i = 0; i < passwords.Length; i++)
        {
            string hash = Bcrypt.Hash(Encoding.UTF8.GetBytes(passwords[i]), Bcrypt.LowestCost + (i % 2), RandomNumberGenerator.GetBytes(Bcrypt.SaltLength));
            config.Append($"{{ user: u{i}, password: \"{string.Concat("$2", "abxy".AsSpan(i % 4, 1), hash.AsSpan(3))}\" }}\n");
        }

        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Config = config.Append("] }\n").ToString() });
        for (int i = 0; i < passwords.Length; i++)
        {
            Assert.Equal("+OK\r\n", await LogInAsync(server, $"u{i}", passwords[i]));
            Assert.Equal("-ERR 'Authorization Violation'\r\n", await LogInAsync(server, $"u{i}", "-" + passwords[i]));
        }

        Assert.Equal("+OK\r\n", await LogInAsync(server, "u7", Long));
    }

    private static async Task<string> LogInAsync(ServerProcess server, string user, string password)
    {
        await using RawClient client = await RawClient.ConnectAsync(server.Port);
        await client.ReadLineAsync();
        await client.SendAsync(Encoding.UTF8.GetBytes($$"""CONNECT {"user":"{{user}}","pass":"{{password}}"}""" + "\r\n"));
        return await client.ReadUntilAsync("\r\n");
    }
}
