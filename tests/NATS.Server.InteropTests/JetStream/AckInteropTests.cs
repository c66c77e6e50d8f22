using System.Text;
using System.Text.Json;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.InteropTests.Storage;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>What acknowledgements are to the real server.</summary>
public sealed class AckInteropTests
{
    private const string Config = "jetstream { store_dir: $FOLDER/js }";

    [Theory]
    [InlineData("", "")]
    [InlineData("", "feature_flags { js_ack_fc_v2: true }")]
    [InlineData("domain: hub", "feature_flags { js_ack_fc_v2: true }")]
    public async Task Reply_subjects_of_the_reference_are_written_as_they_were_read(string jetStream, string extra)
    {
        await using ServerProcess server = await ReferenceServer.StartAsync(
            new ServerProcessOptions { Config = $"jetstream {{ store_dir: $FOLDER/js, {jetStream} }}\n{extra}" });
        await using JetStreamScript script = await JetStreamScript.ConnectAsync(server);
        await CreateAsync(script, "\"ack_policy\":\"explicit\"");
        for (int i = 0; i < 3; i++) await script.RequestAsync("orders", "payload");
        List<string> replies = await script.FetchAsync("S", "C", 3);
        AckReplyFormat format = extra.Length == 0 ? AckReplyFormat.First("S", "C") : AckReplyFormat.Second(jetStream.Length == 0 ? null : "hub", "$G", "S", "C");
        for (ulong i = 1; i <= 3; i++)
        {
            byte[] subject = Encoding.UTF8.GetBytes(replies[(int)i - 1]);
            Assert.True(AckReply.TryParse(subject, out AckReply reply));
            Assert.Equal((1UL, i, i, 3 - i), (reply.Deliveries, reply.StreamSequence, reply.ConsumerSequence, reply.Pending));
            byte[] again = new byte[format.MaximumLength];
            Assert.Equal(subject, again[..format.Write(reply, again)]);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("+ACK")]
    [InlineData("+OK")]
    [InlineData("+ack")]
    [InlineData("+ACK ")]
    [InlineData("-NAK")]
    [InlineData("-NAKED")]
    [InlineData("-nak")]
    [InlineData("-NAK 1h")]
    [InlineData("-NAK1h")]
    [InlineData("-NAK 3600")]
    [InlineData("-NAK\u00a01h")]
    [InlineData("-NAK {\"delay\":3600000000000}")]
    [InlineData("-NAK {\"DELAY\":3600000000000}")]
    [InlineData("-NAK {\"del\\u0061y\":3600000000000}")]
    [InlineData("-NAK {\"delay\":\"1h\"}")]
    [InlineData("-NAK {\"delay\":36e11}")]
    [InlineData("-NAK {\"delay\":3600000000000} x")]
    [InlineData("-NAK {\"delay\":3600000000000,\"delay\":null}")]
    [InlineData("+WPI")]
    [InlineData("+WPI ")]
    [InlineData("+NXT")]
    [InlineData("+TERM")]
    [InlineData("+TERMINATED")]
    [InlineData("+term")]
    [InlineData("whatever")]
    public async Task Payloads_mean_the_same_to_the_reference(string payload)
    {
        await using ServerProcess server = await ReferenceServer.StartAsync(new ServerProcessOptions { Config = Config });
        await using JetStreamScript script = await JetStreamScript.ConnectAsync(server);
        await CreateAsync(script, "\"ack_policy\":\"explicit\"");
        await script.AskAsync("orders", "payload", "NATS/1.0\r\nA: b\r\n\r\n");
        string reply = (await script.FetchAsync("S", "C", 1))[0];
        string bytes = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(payload));
        (AckKind kind, NakDelay delay) = Read(payload);

        // A request for more would be answered by the next message, which there is none of.
        if (kind == AckKind.Next) await script.SendAsync(reply, bytes);
        else await script.AskEmptyAsync(reply, bytes);

        JsonElement info = await script.RequestAsync("$JS.API.CONSUMER.INFO.S.C", "");
        bool isDone = kind is AckKind.Ack or AckKind.Next or AckKind.Term;
        Assert.Equal(isDone ? 0 : 1, info.GetProperty("num_ack_pending").GetInt32());
        bool isRedelivered = kind == AckKind.Nak && delay != NakDelay.Given;
        List<string> answers = await script.AskForManyAsync("$JS.API.CONSUMER.MSG.NEXT.S.C", """{"batch":2,"no_wait":true}""");
        Assert.Equal(isRedelivered ? 2 : 1, answers.Count);
    }

    private static (AckKind Kind, NakDelay Delay) Read(string payload)
    {
        AckPayload read = AckPayload.Parse(Encoding.UTF8.GetBytes(payload));
        return (read.Kind, read.ReadDelay(out _));
    }

    private static async Task CreateAsync(JetStreamScript script, string consumer)
    {
        await script.RequestAsync("$JS.API.STREAM.CREATE.S", """{"name":"S","subjects":["orders"]}""");
        await script.RequestAsync("$JS.API.CONSUMER.CREATE.S.C", $$$"""{"stream_name":"S","config":{"durable_name":"C",{{{consumer}}}}}""");
    }
}
