using System.Diagnostics;
using System.Text.Json.Nodes;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.Clients;

/// <summary>Thread-safe. The official JavaScript implementation of nkeys, asked through a program.</summary>
internal static class NkeyPeer
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <summary>Asks all requests of one program, and returns its answers in their order.</summary>
    public static async Task<JsonNode[]> AskAsync(IEnumerable<JsonObject> requests)
    {
        if (NodePackages.Missing is { } missing) throw new SkippedTestException(missing);
        using Process program = Process.Start(new ProcessStartInfo("node", [Path.Combine(NodePackages.Folder, "nkeys.mjs")])
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
            int count = 0;
            foreach (JsonObject request in requests)
            {
                await program.StandardInput.WriteLineAsync(request.ToJsonString().AsMemory(), deadline.Token);
                count++;
            }

            program.StandardInput.Close();
            JsonNode[] answers = [.. (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
            Assert.True(answers.Length == count, await errors);
            return answers;
        }
        finally
        {
            if (!program.HasExited) program.Kill(entireProcessTree: true);
        }
    }
}
