using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Delivery;
using NATS.Server.Sessions;

namespace NATS.Server.SystemEvents;

/// <summary>
/// Answers what the server is asked in the system account. Thread-safe: a request is copied out of its batch, and answered by the pool, one after the
/// other. At <see cref="MaxQueued"/> further ones are dropped, and whoever asked times out.
/// </summary>
internal sealed partial class ServerRequests
{
    public const int MaxQueued = 1024;

    private readonly ServerContext _server;
    private readonly ServerStamp _stamp;
    private readonly SerialQueue<SystemRequest> _queue;

    public ServerRequests(ServerContext server, ServerStamp stamp)
    {
        _server = server;
        _stamp = stamp;
        _queue = new SerialQueue<SystemRequest>(MaxQueued, Answer);
    }

    /// <summary>Requests that wait to be answered.</summary>
    public int Queued => _queue.Count;

    /// <summary>Begins to answer what comes to a subject.</summary>
    public Subscription Subscribe(InternalClient client, RequestRoute route)
    {
        return client.Subscribe(Encoding.UTF8.GetBytes(route.Subject), Enqueue);

        void Enqueue(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer)
        {
            if (route.NeedsReply && !message.HasReply) return;
            string subject = Encoding.UTF8.GetString(message.Subject);
            string account = AskingAccount(DeliveryContext.Of(loop).Current.Hop.Origin, client);
            var request = new SystemRequest(
                subject, message.Reply.ToArray(), message.Headers.ToArray(), message.Payload.ToArray(), account, client, route.Handler);
            if (!_queue.TryEnqueue(request) && _server.MayLog("$SYS requests")) Log.Dropped(_server.Logger, subject);
        }
    }

    /// <summary>The account whose import the request came by: the last one, in a chain of imports. Without any it is the system account itself.</summary>
    private static string AskingAccount(in RequestOrigin origin, InternalClient client)
    {
        if (origin.Service is not { } service) return origin.Client?.Account.Name ?? client.Account.Name;
        var json = new Utf8JsonReader(service);
        return json.Read() ? json.GetString() ?? "" : "";
    }

    private void Answer(SystemRequest request)
    {
        if (_server.IsShuttingDown) return;
        try
        {
            RequestOutcome outcome = request.Handler(request);
            if (outcome.IsSilent || request.Reply.Length == 0) return;
            AnswerEncoding encoding = outcome is { HasEnvelope: true, ErrorCode: 0 } ? AnswerEncodings.Accepted(request.Headers) : AnswerEncoding.None;
            ReadOnlyMemory<byte> answer = AnswerEncodings.Encode(encoding, Write(outcome));
            request.Client.Publish(request.Reply, default, AnswerEncodings.HeadersOf(encoding), answer.Span);
        }
        catch (Exception problem)
        {
            // Whatever is wrong with one request, the next one is answered.
            Log.Failed(_server.Logger, request.Subject, problem);
        }
    }

    private ReadOnlyMemory<byte> Write(RequestOutcome outcome)
    {
        var answer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(answer, EventJson.Options))
        {
            if (!outcome.HasEnvelope)
            {
                outcome.Write!(json);
                json.Flush();
                return answer.WrittenMemory;
            }

            json.WriteStartObject();
            _stamp.Write(json);
            if (outcome.Write is { } write)
            {
                json.WritePropertyName("data"u8);
                write(json);
            }

            if (outcome.ErrorCode != 0)
            {
                json.WriteStartObject("error"u8);
                json.WriteNumber("code"u8, outcome.ErrorCode);
                json.WriteString("description"u8, outcome.Error);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return answer.WrittenMemory;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Too many requests to the server wait to be answered, dropped one on {Subject}")]
        public static partial void Dropped(ILogger logger, string subject);

        [LoggerMessage(Level = LogLevel.Error, Message = "A request on {Subject} could not be answered")]
        public static partial void Failed(ILogger logger, string subject, Exception problem);
    }
}
