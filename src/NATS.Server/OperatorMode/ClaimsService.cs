using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Delivery;
using NATS.Server.Options;

namespace NATS.Server.OperatorMode;

/// <summary>
/// Answers the claims subjects of the system account: tokens are brought, looked up, listed, deleted and exchanged with other servers. Requests are queued
/// and handled one after the other off the event loops; what exceeds the queue is dropped, and whoever asked times out.
/// </summary>
internal sealed partial class ClaimsService : IAsyncDisposable
{
    private const int MaxQueued = 1024;
    private const int AccountToken = 3;
    private const int OldAccountToken = 2;
    private static readonly byte[] PackQueue = "responder"u8.ToArray();
    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = GoJsonEncoder.Instance };

    private readonly InternalClient _client;
    private readonly ClaimsHandler _handler;
    private readonly Action<Utf8JsonWriter> _writeServer;
    private readonly ILogger _log;
    private readonly List<Subscription> _subscriptions = [];
    private readonly Channel<ClaimsRequest> _queue = Channel.CreateBounded<ClaimsRequest>(new BoundedChannelOptions(MaxQueued) { SingleReader = true });
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private ITimer? _exchange;

    /// <summary>Subscribes and begins to answer.</summary>
    /// <param name="client">Of the system account.</param>
    /// <param name="handler">Decides.</param>
    /// <param name="kind">Of the resolver: it says which subjects there are.</param>
    /// <param name="writeServer">Writes the field that says which server answers.</param>
    /// <param name="log">Of the server.</param>
    public ClaimsService(InternalClient client, ClaimsHandler handler, ResolverKind kind, Action<Utf8JsonWriter> writeServer, ILogger log)
    {
        _client = client;
        _handler = handler;
        _writeServer = writeServer;
        _log = log;
        Subscribe("$SYS.ACCOUNT.*.CLAIMS.UPDATE", ClaimsRequestKind.UpdateOfAccount, OldAccountToken);
        Subscribe("$SYS.REQ.ACCOUNT.*.CLAIMS.UPDATE", ClaimsRequestKind.UpdateOfAccount, AccountToken);
        if (kind is ResolverKind.Full or ResolverKind.Cache)
        {
            Subscribe("$SYS.REQ.CLAIMS.UPDATE", ClaimsRequestKind.Update);
            Subscribe("$SYS.REQ.CLAIMS.LIST", ClaimsRequestKind.List);
            Subscribe("$SYS.REQ.CLAIMS.DELETE", ClaimsRequestKind.Delete);
        }

        if (kind == ResolverKind.Full)
        {
            Subscribe("$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP", ClaimsRequestKind.LookUp, AccountToken);
            Subscribe(PackSubject, ClaimsRequestKind.Pack, queue: PackQueue);
        }

        _running = Task.Run(RunAsync);
    }

    private const string PackSubject = "$SYS.REQ.CLAIMS.PACK";

    /// <summary>Asks the other servers for what they have, every now and then.</summary>
    public void StartExchange(TimeProvider time, TimeSpan interval, string inbox)
    {
        Subscribe(inbox, ClaimsRequestKind.Packed);
        byte[] reply = Encoding.ASCII.GetBytes(inbox);
        _exchange = time.CreateTimer(_ => Publish(PackSubject, reply, _handler.Digest), null, interval, interval);
    }

    public async ValueTask DisposeAsync()
    {
        if (_exchange is not null) await _exchange.DisposeAsync().ConfigureAwait(false);
        foreach (Subscription subscription in _subscriptions) _client.Unsubscribe(subscription);
        _queue.Writer.TryComplete();
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private void Subscribe(string subject, ClaimsRequestKind kind, int accountToken = -1, byte[]? queue = null)
    {
        _subscriptions.Add(_client.Subscribe(Encoding.ASCII.GetBytes(subject), Enqueue, queue));

        void Enqueue(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer)
        {
            string account = accountToken < 0 ? "" : Encoding.UTF8.GetString(message.Subject).Split('.')[accountToken];
                        if (!_queue.Writer.TryWrite(new ClaimsRequest(kind, account, message.Reply.ToArray(), message.Payload.ToArray()))) Log.Dropped(_log, kind);
        }
    }

    private async Task RunAsync()
    {
        try
        {
            await foreach (ClaimsRequest request in _queue.Reader.ReadAllAsync(_stopping.Token).ConfigureAwait(false)) await AnswerAsync(request).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private async Task AnswerAsync(ClaimsRequest request)
    {
        try
        {
            switch (request.Kind)
            {
                case ClaimsRequestKind.UpdateOfAccount or ClaimsRequestKind.Update:
                    Respond(request, await _handler.UpdateAsync(request).ConfigureAwait(false));
                    break;
                case ClaimsRequestKind.Delete:
                    Respond(request, _handler.Delete(request));
                    break;
                case ClaimsRequestKind.List:
                    List(request);
                    break;
                case ClaimsRequestKind.LookUp:
                    if (request.Reply.Length > 0 && _handler.LookUp(request.Account) is { } token) Publish(request.Reply, [], Encoding.UTF8.GetBytes(token));
                    break;
                case ClaimsRequestKind.Pack:
                    Pack(request);
                    break;
                case ClaimsRequestKind.Packed:
                    _handler.Merge(request.Payload);
                    break;
            }
        }
        catch (Exception problem)
        {
            // Whatever a request does, the next one is answered.
            Log.Failed(_log, request.Kind, problem);
        }
    }

    private void Pack(ClaimsRequest request)
    {
        if (request.Reply.Length == 0) return;
        _handler.Pack(request.Payload, line => Publish(request.Reply, [], Encoding.UTF8.GetBytes(line)));
        Publish(request.Reply, [], []);
    }

    private void List(ClaimsRequest request)
    {
        if (request.Reply.Length == 0) return;
        IReadOnlyList<string> accounts = _handler.List();
        Log.Listed(_log, accounts.Count);
        Publish(request.Reply, [], Json(json =>
        {
            json.WriteStartArray("data");
            foreach (string account in accounts) json.WriteStringValue(account);
            json.WriteEndArray();
            _writeServer(json);
        }));
    }

    private void Respond(ClaimsRequest request, ClaimsOutcome outcome)
    {
        if (outcome.Error is null) Log.Done(_log, outcome.Account.Length > 0 ? $"{outcome.Message} - {outcome.Account}" : outcome.Message);
        else Log.Refused(_log, outcome.Account.Length > 0 ? $"{outcome.Message} - {outcome.Account} - {outcome.Error}" : $"{outcome.Message} - {outcome.Error}");
        if (request.Reply.Length == 0) return;
        Publish(request.Reply, [], Json(json =>
        {
            _writeServer(json);
            json.WriteStartObject(outcome.Error is null ? "data" : "error");
            if (outcome.Account.Length > 0) json.WriteString("account", outcome.Account);
            json.WriteNumber("code", outcome.Error is null ? 200 : 500);
            if (outcome.Error is null) json.WriteString("message", outcome.Message);
            else json.WriteString("description", $"{outcome.Message} - {outcome.Error}");
            json.WriteEndObject();
        }));
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonOptions))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private void Publish(string subject, byte[] reply, byte[] payload) => Publish(Encoding.ASCII.GetBytes(subject), reply, payload);

    private void Publish(byte[] subject, byte[] reply, byte[] payload) => _client.Publish(subject, reply, [], payload);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Too many requests to the claims subjects, {Kind} dropped")]
        public static partial void Dropped(ILogger logger, ClaimsRequestKind kind);

        [LoggerMessage(Level = LogLevel.Error, Message = "Request to the claims subjects failed ({Kind})")]
        public static partial void Failed(ILogger logger, ClaimsRequestKind kind, Exception problem);

        [LoggerMessage(Level = LogLevel.Debug, Message = "list request responded with {Count} account ids")]
        public static partial void Listed(ILogger logger, int count);

        [LoggerMessage(Level = LogLevel.Debug, Message = "{Message}")]
        public static partial void Done(ILogger logger, string message);

        [LoggerMessage(Level = LogLevel.Error, Message = "{Message}")]
        public static partial void Refused(ILogger logger, string message);
    }
}
