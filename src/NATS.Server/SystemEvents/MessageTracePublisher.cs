using System.Buffers;
using System.Text;
using System.Text.Json;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Delivery;
using NATS.Server.Sessions;
using NATS.Server.Tracing;

namespace NATS.Server.SystemEvents;

/// <summary>
/// Publishes traces of messages in the publisher's account, if somebody is there to get them, in the batch of the message: who gets both gets the message
/// first. Thread-safe.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="stamp">Says which server it is.</param>
/// <param name="engine">Lends contexts.</param>
internal sealed class MessageTracePublisher(ServerContext server, ServerStamp stamp, IConnectionEngine engine) : IMessageTraceSink
{
    public void Publish(LoopContext loop, Account account, MessageTrace trace)
    {
        byte[] subject = Encoding.UTF8.GetBytes(trace.Destination);
        if (server.Accounts.System is null || !account.HasInterest(subject)) return;
        var json = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(json, EventJson.Options))
        {
            writer.WriteStartObject();
            stamp.Write(writer);
            trace.Write(writer);
            writer.WriteEndObject();
        }

        AnswerEncoding encoding = AnswerEncodings.Accepted(trace.AcceptedEncodings);
        ReadOnlyMemory<byte> payload = AnswerEncodings.Encode(encoding, json.WrittenMemory);
        new InternalClient(account, engine).Publish(loop, subject, reply: default, AnswerEncodings.HeadersOf(encoding), payload.Span);
    }
}
