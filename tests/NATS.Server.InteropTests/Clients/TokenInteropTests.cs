using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using NATS.Server.Core.Jwt;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;
using Xunit;

namespace NATS.Server.InteropTests.Clients;

/// <summary>The official JavaScript library verifies and reads the tokens that are made here.</summary>
public sealed class TokenInteropTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Tokens_made_here_are_read_there()
    {
        var owner = new OperatorSetup(claims => claims with { SystemAccount = "", AssertServerVersion = "2.0.0" });
        AccountSetup account = owner.AddAccount("A", claims => claims with { Tags = ["t:a"], Exports = [new ClaimExport { Subject = "q.>", Kind = ExportKind.Service, TokenRequired = true }] });
        AccountSetup importer = owner.AddAccount("I");
        string[] tokens = [owner.Token, account.Token, account.AddUser("U <&>").Token, account.Activate(importer, "q.x", ExportKind.Service)];

        JsonNode[] read = await DecodeAsync([.. tokens, tokens[2][..^4] + "AAAA"]);
        for (int i = 0; i < tokens.Length; i++)
        {
            string json = Encoding.UTF8.GetString(Base64Text.TryDecode(tokens[i].Split('.')[1])!);
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(json), read[i]), $"{json} was read as {read[i].ToJsonString()}");
        }

        Assert.NotNull(read[^1]["error"]);
    }

    private static async Task<JsonNode[]> DecodeAsync(string[] tokens)
    {
        if (NodePackages.Missing is { } missing) throw new SkippedTestException(missing);
        using Process program = Process.Start(new ProcessStartInfo("node", [Path.Combine(NodePackages.Folder, "tokens.mjs")])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var deadline = new CancellationTokenSource(Timeout);
        try
        {
            Task<string> output = program.StandardOutput.ReadToEndAsync(deadline.Token);
            Task<string> errors = program.StandardError.ReadToEndAsync(deadline.Token);
            foreach (string token in tokens) await program.StandardInput.WriteLineAsync(token.AsMemory(), deadline.Token);
            program.StandardInput.Close();
            JsonNode[] answers = [.. (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
            Assert.True(answers.Length == tokens.Length, await errors);
            return answers;
        }
        finally
        {
            if (!program.HasExited) program.Kill(entireProcessTree: true);
        }
    }
}
