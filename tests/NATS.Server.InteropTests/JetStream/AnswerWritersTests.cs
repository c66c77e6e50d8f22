using NATS.Server.Testing;
using System.Text;
using Xunit;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>What the reference answers, read and written again by our writers: byte for byte the same.</summary>
public sealed class AnswerWritersTests
{
    [Theory]
    [InlineData("api.txt")]
    [InlineData("json.txt")]
    [InlineData("streams.txt")]
    [InlineData("consumers.txt")]
    public async Task Our_writers_write_what_the_reference_writes(string file)
    {
        IReadOnlyList<ApiScenario> scenarios = ApiScenario.Read(file);
        string accounts = string.Join('\n', scenarios.Select((_, i) => $"S{i} {{ users: [{{ user: s{i}, password: p }}], jetstream: enabled }}"));
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Config = $"jetstream {{ store_dir: $FOLDER/js, domain: hub }}\naccounts {{ {accounts} }}" });
        List<string> differences = [];
        for (int i = 0; i < scenarios.Count; i++)
        {
            string connect = $$"""{"verbose":false,"headers":true,"user":"s{{i}}","pass":"p"}""";
            await using ApiClient client = await ApiClient.ConnectAsync(server, _ => connect);
            foreach (ApiRequest request in scenarios[i].Requests)
            {
                if (request.IsSilent)
                {
                    await client.AskInVainAsync(request.Subject, request.Payload, request.Level);
                    continue;
                }

                byte[] answer = await client.AskAsync(request.Subject, request.Payload, request.Level);
                string expected = Encoding.UTF8.GetString(answer);
                string actual = AnswerRewriter.Rewrite(request.Subject, answer);
                if (expected != actual) differences.Add($"{scenarios[i].Name}: {request.Line}\n  reference: {expected}\n  ours:      {actual}");
            }
        }

        Assert.True(differences.Count == 0, $"{differences.Count} differences\n{string.Join('\n', differences)}");
    }
}
