using Xunit;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>Streams and what becomes of their messages: what clients say to the real server and to ours, and what both say to them, has to be the same.</summary>
public sealed class StreamTranscriptTests
{
    [Theory]
    [InlineData("memory", "limits")]
    [InlineData("file", "limits")]
    [InlineData("file", "interest")]
    public Task Consumers_hear_of_what_rollups_take_away(string storage, string retention) => ConsumerScript.CompareAsync(script => RollUpAsync(script, storage, retention));

    private static async Task RollUpAsync(ConsumerScript script, string storage, string retention)
    {
        await script.AskAsync("STREAM.CREATE.S", $$"""{"name":"S","subjects":["s.>"],"storage":"{{storage}}","retention":"{{retention}}","allow_rollup_hdrs":true,"allow_atomic":true}""");
        foreach (string filter in (string[])["", "s.a", "s.b"])
        {
            string name = filter.Length == 0 ? "ALL" : filter[2..].ToUpperInvariant();
            string config = $$$"""{"stream_name":"S","config":{"durable_name":"{{{name}}}","ack_policy":"explicit","filter_subject":"{{{filter}}}"}}""";
            await script.AskAsync("CONSUMER.DURABLE.CREATE.S." + name, config);
        }

        await script.SendAsync("SUB in.> in|");
        foreach (string subject in (string[])["s.a", "s.b", "s.a", "s.c", "s.b", "s.a"]) await script.PublishAsync(subject, "x");
        foreach (string name in (string[])["ALL", "A", "B"])
        {
            await script.SendAsync($"PUB $JS.API.CONSUMER.MSG.NEXT.S.{name} in.{name} 1|2|");
            await script.ExpectAsync(2);
        }

        foreach (string rollup in (string[])["s.d sub", "s.a sub", "s.a sub", "s.b sub", "s.c all", "s.a all"])
        {
            await script.PublishAsync(rollup[..3], "r", $"NATS/1.0|Nats-Rollup: {rollup[4..]}||");
            await AskForInfoAsync(script);
        }

        await script.PublishAsync("s.a", "1", "NATS/1.0|Nats-Batch-Id: b|Nats-Batch-Sequence: 1|Nats-Rollup: sub||");
        await AskForInfoAsync(script);
        await script.PublishAsync("s.a", "2", "NATS/1.0|Nats-Batch-Id: b|Nats-Batch-Sequence: 2|Nats-Batch-Commit: 1||");
        await AskForInfoAsync(script);
        foreach (string name in (string[])["ALL", "A", "B"])
        {
            await script.SendAsync($"PUB $JS.API.CONSUMER.MSG.NEXT.S.{name} in.{name} 28|{{\"batch\":100,\"no_wait\":true}}|");
            await script.ExpectAsync(1, "404 No Messages");
        }

        await AskForInfoAsync(script);
    }

    private static async Task AskForInfoAsync(ConsumerScript script)
    {
        foreach (string name in (string[])["ALL", "A", "B"]) await script.AskAsync("CONSUMER.INFO.S." + name);
    }
}
