using System.Text;
using NATS.Server.Testing;
using NATS.Server.Testing.Transcripts;
using Xunit;

namespace NATS.Server.InteropTests.Auth;

/// <summary>The verdicts of <c>permission-verdicts.txt</c>, asked of both servers: the record stays true, and ours follows it.</summary>
public sealed class PermissionVerdictTests(PermissionVerdictTests.Servers servers) : IClassFixture<PermissionVerdictTests.Servers>
{
    private static readonly IReadOnlyList<VerdictCase> Cases = VerdictCase.Load();

    public static TheoryData<string, int, string> Rows
    {
        get
        {
            var rows = new TheoryData<string, int, string>();
            foreach (string server in ServerPair.Names)
            {
                for (int i = 0; i < Cases.Count; i++) rows.Add(server, i, $"{Cases[i].Permissions}, line {Cases[i].Line}");
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task The_user_is_told_what_was_recorded(string server, int index, string what)
    {
        Assert.NotEmpty(what);
        VerdictCase verdict = Cases[index];
        int port = (await servers.StartedAsync(server)).Port;
        await using RawClient user = await RawClient.HandshakeAsync(port, Connect(VerdictCase.UserOf(verdict.Permissions)));
        await using RawClient other = await RawClient.HandshakeAsync(port, Connect("free"));

        var received = new StringBuilder();
        foreach ((bool isUser, string sent) in verdict.Sent)
        {
            await (isUser ? user : other).SendAsync(sent);
            if (!isUser) await other.PingAsync();
            received.Append(await user.PingAsync());
        }

        // The next case must not find subscriptions of this one.
        await user.SendAsync(string.Concat(Enumerable.Range(1, 5).Select(sid => $"UNSUB {sid}\r\n")));
        await user.PingAsync();
        IEnumerable<string> lines = received.ToString().Split("\r\n").Where(line => line.Length > 0 && line != "PONG").Order(StringComparer.Ordinal);
        Assert.Equal(verdict.Received, lines);
    }

    private static string Connect(string user) => $$"""CONNECT {"verbose":false,"pedantic":false,"user":"{{user}}","pass":"p"}""" + "\r\n";

    public sealed class Servers() : ServerPair(Configuration())
    {
        private static string Configuration()
        {
            var config = new StringBuilder("authorization { users: [\n{ user: free, password: p }\n");
            foreach (string permissions in Cases.Select(verdict => verdict.Permissions).Distinct())
            {
                config.Append($"{{ user: {VerdictCase.UserOf(permissions)}, password: p, permissions: {{ {permissions} }} }}\n");
            }

            return config.Append("] }\n").ToString();
        }
    }

    /// <summary>One block of the record. What is sent and received are bytes, one per character.</summary>
    private sealed record VerdictCase(string Permissions, int Line, IReadOnlyList<(bool IsUser, string Text)> Sent, IReadOnlyList<string> Received)
    {
        /// <summary>A user name for each set of permissions.</summary>
        public static string UserOf(string permissions) =>
            "u" + Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(permissions)), 0, 6);

        public static IReadOnlyList<VerdictCase> Load()
        {
            string[] lines = File.ReadAllLines(Repository.PathOf("tests", "NATS.Server.InteropTests", "Auth", "permission-verdicts.txt"));
            var cases = new List<VerdictCase>();
            string permissions = "";
            for (int i = 0; i < lines.Length; i++)
            {
                if (lines[i].StartsWith("permissions ", StringComparison.Ordinal)) permissions = lines[i]["permissions ".Length..];
                if (lines[i] is not ['>' or '+', ..]) continue;
                string[] block = [.. lines.Skip(i).TakeWhile(line => line.Length > 0)];
                cases.Add(new VerdictCase(
                    permissions,
                    i + 1,
                    [.. block.Where(line => line[0] != '<').Select(line => (line[0] == '>', TranscriptScript.Unescape(Latin1(line[2..]))))],
                    [.. block.Where(line => line.StartsWith("< ", StringComparison.Ordinal)).Select(line => Latin1(line[2..]))]));
                i += block.Length;
            }

            return cases;
        }

        private static string Latin1(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
    }
}
