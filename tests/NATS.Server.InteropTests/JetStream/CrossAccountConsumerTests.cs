using Xunit;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>Clients of consumers in another account, by service and stream imports: they hear what they hear from the reference.</summary>
public sealed class CrossAccountConsumerTests
{
    private const string Config = """
        accounts {
          JS { jetstream: enabled, users: [{ user: js, password: p }], exports: [
            { service: "$JS.API.CONSUMER.MSG.NEXT.S.C", response_type: stream }
            { service: "$JS.API.CONSUMER.INFO.S.C" }
            { service: "$JS.ACK.S.*.>" }
            { service: "$JS.FC.S.>" }
            { stream: "deliver.>" }
            { service: "s.>" }
          ] }
          U { users: [{ user: u, password: p }], imports: [
            { service: { account: JS, subject: "$JS.API.CONSUMER.MSG.NEXT.S.C" }, to: "pull.here" }
            { service: { account: JS, subject: "$JS.API.CONSUMER.INFO.S.C" }, to: "info.here" }
            { service: { account: JS, subject: "$JS.ACK.S.C.>" } }
            { service: { account: JS, subject: "$JS.ACK.S.P.>" } }
            { service: { account: JS, subject: "$JS.FC.S.>" } }
            { stream: { account: JS, subject: "deliver.>" }, to: "from.js.>" }
            { service: { account: JS, subject: "s.>" }, to: "put.>" }
          ] }
        }
        """;

    [Fact]
    public Task Pulls_go_through_imports() => ConsumerScript.CompareAsync(Config, ["js", "u"], async scripts =>
    {
        (ConsumerScript js, ConsumerScript user) = (scripts[0], scripts[1]);
        await js.AskAsync("STREAM.CREATE.S", """{"name":"S","subjects":["s.>"],"storage":"memory"}""");
        await js.AskAsync("CONSUMER.CREATE.S.C", """{"stream_name":"S","config":{"durable_name":"C","ack_policy":"explicit"}}""");
        await user.SendAsync("SUB in.> in|SUB done.> done|");
        await user.PublishAsync("put.x", "hello", "NATS/1.0|A: b||");
        await user.PublishAsync("put.y", "you");
        await js.WaitAsync("CONSUMER.INFO.S.C", "\"num_pending\":2,");
        await user.SendAsync("PUB pull.here in.1 1|3|");
        await user.ExpectAsync(2);
        await user.SendAsync("PUB {ack:0} done.1 4|+ACK|");
        await user.ExpectAsync(1);
        await user.SendAsync("PUB {ack:1} in.2 4|+NXT|PUB $JS.ACK.S.C.1.98.98.1.0 done.fence 4|+WPI|");
        await user.ExpectAsync(1);
        await js.AskAsync("CONSUMER.INFO.S.C");

        // The first request takes its third message, then the next one of the second.
        await user.PublishAsync("put.z", "z");
        await user.ExpectAsync(1, "in s.z");
        await user.PublishAsync("put.z", "zz");
        await user.ExpectAsync(1, "in s.z");
        foreach (string body in (string[])["""{"batch":3,"expires":300000000,"idle_heartbeat":100000000}""", """{"batch":x}""", """{"batch":1,"no_wait":true}"""])
        {
            await user.SendAsync($"PUB pull.here in.3 {body.Length}|{body}|");
            await user.ExpectAsync(1, "in in.3  NATS/1.0 40");
        }

        await user.SendAsync("PUB {ack:-1} done.2 4|-NAK|PUB pull.here in.4 1|1|");
        await user.ExpectAsync(2, "in s.z");
        await js.AskAsync("CONSUMER.INFO.S.C");
        await js.AskAsync("CONSUMER.DELETE.S.C");
        await user.SendAsync("PUB pull.here in.5 1|1|");
        await user.ExpectAsync(1);
    });

    [Fact]
    public Task A_stream_import_of_everything_brings_messages_and_no_requests()
    {
        const string config = """
            accounts {
              A { jetstream: enabled, users: [{ user: a, password: p }], exports: [{ stream: ">" }] }
              B { jetstream: enabled, users: [{ user: b, password: p }], imports: [{ stream: { account: A, subject: ">" } }] }
            }
            """;
        return ConsumerScript.CompareAsync(config, ["a", "b"], async scripts =>
        {
            (ConsumerScript exporter, ConsumerScript importer) = (scripts[0], scripts[1]);
            await importer.AskAsync("STREAM.CREATE.S", """{"name":"S","subjects":["s.>"],"storage":"memory"}""");
            await exporter.SendAsync("PUB s.a 5|hello|");
            await importer.WaitAsync("STREAM.INFO.S", "\"messages\":1,");

            // What the exporter asks of its JetStream, that of the importer does not do.
            await exporter.AskAsync("STREAM.CREATE.X", """{"name":"X","subjects":["x.>"],"storage":"memory"}""");
            await exporter.AskAsync("STREAM.PURGE.S");
            await exporter.AskAsync("STREAM.DELETE.S");
            await exporter.AskAsync("STREAM.NAMES");
            await importer.AskAsync("STREAM.NAMES");
            await importer.AskAsync("STREAM.INFO.S");
        });
    }

    [Fact]
    public Task Pushes_go_through_imports() => ConsumerScript.CompareAsync(Config, ["js", "u"], async scripts =>
    {
        (ConsumerScript js, ConsumerScript user) = (scripts[0], scripts[1]);
        await js.AskAsync("STREAM.CREATE.S", """{"name":"S","subjects":["s.>"],"storage":"memory"}""");
        await user.SendAsync("SUB from.js.me push|SUB done.> done|");
        foreach (string subject in (string[])["put.x", "put.y", "put.z"]) await user.PublishAsync(subject, subject);
        await js.AskAsync(
            "CONSUMER.CREATE.S.P",
            """{"stream_name":"S","config":{"durable_name":"P","ack_policy":"explicit","deliver_subject":"deliver.me","flow_control":true,"idle_heartbeat":60000000000}}""");
        await user.ExpectAsync(3);
        for (int i = 0; i < 3; i++)
        {
            await user.SendAsync($"PUB {{ack:{i}}} done.{i} 4|+ACK|");
            await user.ExpectAsync(1);
        }

        await js.AskAsync("CONSUMER.INFO.S.P");
        foreach (int count in (int[])[1, 2, 1])
        {
            // The window is asked for behind the second.
            await js.PublishAsync("s.big", new string('b', 900_000));
            await user.ExpectAsync(count);
        }

        await js.AskAsync("CONSUMER.INFO.S.P");
    });
}
