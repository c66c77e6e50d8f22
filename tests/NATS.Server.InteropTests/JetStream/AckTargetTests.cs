using Xunit;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>Acknowledgements with every word and of every message, also of those that there are not: whether they are answered, what they change and what is told of them is the same on both servers.</summary>
public sealed class AckTargetTests
{
    private const string Fence = "PUB $JS.ACK.S.C.1.98.98.0.0 done.fence 4|+WPI|";

    private static readonly string[] Words = ["", "+ACK", "+OK", "-NAK", "-NAK {\"delay\":1000000000000}", "-NAK zzz", "+WPI", "+NXT", "+TERM", "+TERM why", "unknown"];

    // Deliveries, stream sequence and consumer sequence; eight messages are stored, five delivered, the first two acknowledged.
    private static readonly string[] Targets = ["1.99.99", "1.6.6", "1.6.4", "1.0.0", "1.0.3", "1.2.2", "1.3.77", "1.3.0", "1.3.1", "1.x.y", "7.3.3"];

    [Theory]
    [InlineData("explicit", "limits", false)]
    [InlineData("explicit", "interest", false)]
    [InlineData("explicit", "workqueue", false)]
    [InlineData("all", "limits", false)]
    [InlineData("all", "interest", false)]
    [InlineData("none", "limits", false)]
    [InlineData("explicit", "limits", true)]
    [InlineData("all", "limits", true)]
    [InlineData("flow_control", "limits", true)]
    public Task Acknowledgements_of_anything_do_what_they_do_in_the_reference(string policy, string retention, bool isPushed) => ConsumerScript.CompareAsync(async script =>
    {
        await script.SendAsync("SUB $JS.EVENT.ADVISORY.CONSUMER.MSG_NAKED.> nak|SUB $JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.> term|SUB $JS.EVENT.METRIC.> metric|SUB in in|SUB done.> done|");
        string stream = $"{{\"name\":\"S\",\"subjects\":[\"s\"],\"storage\":\"memory\",\"retention\":\"{retention}\"}}";
        string push = isPushed ? ",\"deliver_subject\":\"in\",\"flow_control\":true,\"idle_heartbeat\":60000000000" : "";
        string consumer = $"{{\"stream_name\":\"S\",\"config\":{{\"durable_name\":\"C\",\"ack_policy\":\"{policy}\",\"sample_freq\":\"100\"{push}}}}}";
        foreach (string target in Targets.Where(target => !IsForged(policy, isPushed, target)))
        {
            foreach (string word in Words)
            {
                foreach (string reply in (string[])["done.it ", ""])
                {
                    script.Note($"{target} '{word}' {reply}");
                    await script.AskAsync("STREAM.CREATE.S", stream);
                    await script.AskAsync("CONSUMER.CREATE.S.C", consumer);
                    if (isPushed) await PushAsync(script);
                    else await PullAsync(script);
                    await script.SendAsync($"PUB $JS.ACK.S.C.1.1.1.1.0 done.1 4|+ACK|PUB $JS.ACK.S.C.1.2.2.1.0 done.2 4|+ACK|{Fence}");
                    await script.ExpectAsync(1, "done.fence");
                    await script.SendAsync($"PUB $JS.ACK.S.C.{target}.1.0 {reply}{word.Length}|{word}|");
                    if (word == "+NXT" && reply.Length > 0) await script.ExpectAsync(1, "done ");
                    await script.SendAsync(Fence);
                    await script.ExpectAsync(1, "done.fence");
                    await script.AskAsync("CONSUMER.INFO.S.C");
                    await script.AskAsync("STREAM.INFO.S");
                    await script.AskAsync("STREAM.DELETE.S");
                }
            }
        }
    });

    // The reference counts what is left a little after it was stored.
    private static async Task PullAsync(ConsumerScript script)
    {
        for (int i = 0; i < 8; i++) await script.PublishAsync("s", "x");
        await script.WaitAsync("CONSUMER.INFO.S.C", "\"num_pending\":8,");
        await script.SendAsync("PUB $JS.API.CONSUMER.MSG.NEXT.S.C in 1|5|");
        await script.ExpectAsync(5);
    }

    private static async Task PushAsync(ConsumerScript script)
    {
        for (int i = 0; i < 5; i++)
        {
            await script.PublishAsync("s", "x");
            await script.ExpectAsync(1);
        }
    }

    // One for all with a number that was never given is taken as the last one that was: a difference that is meant.
    private static bool IsForged(string policy, bool isPushed, string target) => policy == "all" && (target == "1.3.77" || (isPushed && target is "1.99.99" or "1.6.6" or "1.6.4" or "1.x.y"));
}
