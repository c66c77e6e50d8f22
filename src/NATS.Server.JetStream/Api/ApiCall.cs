using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using NATS.Server.Core.JetStream;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.Protocol;
using NATS.Server.JetStream.Engine;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Api;

/// <summary>Owned by the thread that works on it. A request and its answer.</summary>
internal sealed class ApiCall
{
    private readonly ApiUsage? _usage;
    private readonly MessageBatch? _batch;

    /// <summary>Takes a request.</summary>
    /// <param name="engine">The server's JetStream.</param>
    /// <param name="port">The account that asks.</param>
    /// <param name="account">The same; null when it has no JetStream.</param>
    /// <param name="request">The request.</param>
    /// <param name="batch">In which it is answered, when that is done at once by the thread that brings it; null: by a thread that is in none.</param>
    public ApiCall(JetStreamEngine engine, IAccountPort port, JetStreamAccount? account, ApiRequest request, MessageBatch? batch = null)
    {
        _batch = batch;
        Engine = engine;
        Port = port;
        Account = account;
        Request = request;
        _usage = account?.Api;
    }

    public JetStreamEngine Engine { get; }

    public IAccountPort Port { get; }

    public JetStreamAccount? Account { get; }

    public ApiRequest Request { get; }

    public ApiSubject Api => Request.Api;

    public byte[] Payload => Request.Payload;

    /// <summary>Requests have to be exactly as documented.</summary>
    public bool IsStrict => Engine.Options.IsStrict;

    public JetStreamServices Services => Engine.Services;

    /// <summary>Whether the server has the level of the API that the request requires.</summary>
    public bool IsSupported => ApiLevel.Supports(MessageHeaders.TryGet(Request.Headers, "Nats-Required-Api-Level"u8, out ReadOnlySpan<byte> level) ? level : default);

    /// <summary>Which stream of its name the request means; null when it does not say.</summary>
    public string? IdentityHeader => MessageHeaders.TryGet(Request.Headers, "Nats-Stream-Identity"u8, out ReadOnlySpan<byte> identity) ? System.Text.Encoding.UTF8.GetString(identity) : null;

    /// <summary>Events of the account.</summary>
    public EventPublisher Events => new(Port, Services, Engine.Options.Domain);

    /// <summary>Whether there is something to be done; else the requester is told why not: the server is too old for it, or the account has no JetStream.</summary>
    public bool TryBegin([NotNullWhen(true)] out JetStreamAccount? account)
    {
        account = null;
        return HasLevel() && HasAccount(out account);
    }

    /// <summary>Whether the server has the level of the API that the request requires; else the requester is told.</summary>
    public bool HasLevel()
    {
        if (IsSupported) return true;
        Refuse(ApiErrors.RequiredApiLevel);
        return false;
    }

    /// <summary>Whether the account has JetStream; else the requester is told.</summary>
    public bool HasAccount([NotNullWhen(true)] out JetStreamAccount? account)
    {
        account = Account;
        if (account is not null) return true;
        Refuse(ApiErrors.NotEnabledForAccount);
        return false;
    }

    /// <summary>The stream of the subject; else the requester is told that there is none.</summary>
    public bool TryGetStream(JetStreamAccount account, [NotNullWhen(true)] out Stream? stream)
    {
        if (account.TryGetStream(Api.Stream, out stream)) return true;
        Refuse(account.TryGetOffline(Api.Stream, out OfflineStream? offline) ? ApiErrors.StreamOfflineReason(offline.Reason) : ApiErrors.StreamNotFound);
        return false;
    }

    /// <summary>Whether a stream is not served because it needs a newer server; the requester is told so.</summary>
    public bool IsOffline(JetStreamAccount account, string stream)
    {
        if (!account.TryGetOffline(stream, out OfflineStream? offline)) return false;
        Refuse(ApiErrors.StreamOfflineReason(offline.Reason));
        return true;
    }

    /// <summary>The stream and consumer of the subject; else the requester is told what there is not.</summary>
    public bool TryGetConsumer(JetStreamAccount account, [NotNullWhen(true)] out Stream? stream, [NotNullWhen(true)] out Consumers.Consumer? consumer)
    {
        (stream, consumer) = (null, null);
        if (account.TryGetOffline(Api.Stream, out OfflineStream? offline))
        {
            Refuse(offline.Consumers.TryGetValue(Api.Consumer, out string? reason) ? ApiErrors.ConsumerOfflineReason(reason) : ApiErrors.ConsumerNotFound);
            return false;
        }

        if (!TryGetStream(account, out stream)) return false;
        consumer = stream.FindConsumer(Api.Consumer);
        if (consumer is not null) return true;
        Refuse(ApiErrors.ConsumerNotFound);
        return false;
    }

    /// <summary>Answers.</summary>
    /// <typeparam name="T">What it says.</typeparam>
    /// <param name="body">What it says.</param>
    /// <param name="headers">A header block, or nothing.</param>
    public void Answer<T>(T body, ReadOnlySpan<byte> headers = default)
        where T : IAnswerBody
    {
        var output = new ArrayBufferWriter<byte>(1024);
        ApiAnswer.Write(output, Api.Route, body);
        Send(output.WrittenMemory, headers, isError: false);
    }

    /// <summary>Answers once what was changed in a stream is as safe as is promised of messages.</summary>
    /// <param name="stream">Which.</param>
    /// <param name="body">What it says.</param>
    public void AnswerWhenStored(Stream stream, IAnswerBody body)
    {
        if (stream.IsDurable)
        {
            Services.Commits.Enqueue(stream.Store, new StoredAnswer(this, body));
            return;
        }

        stream.Store.Flush();
        Answer(body);
    }

    /// <summary>Answers with an error.</summary>
    /// <param name="error">Why.</param>
    /// <param name="isCounted">Whether it counts as an error: what fails only when it is tried does not.</param>
    public void Refuse(in ApiError error, bool isCounted = true)
    {
        var output = new ArrayBufferWriter<byte>(256);
        ApiAnswer.WriteError(output, Api.Route, error);
        Request.Span?.End(error);
        Send(output.WrittenMemory, default, isCounted);
    }

    /// <summary>Answers without its being counted or told of: for what is as a message of a stream, or answered by a consumer.</summary>
    public void AnswerQuietly(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> headers = default)
    {
        Request.Span?.End(error: null);
        if (Request.Reply.Length == 0) return;
        MessageBatch batch = _batch ?? Services.Batches.Rent();
        Port.Publish(batch, Request.Reply, default, headers, payload);
        if (_batch is null) Services.Batches.Return(batch);
    }

    /// <summary>Answers without its being counted or told of.</summary>
    public void AnswerQuietly(IAnswerBody body, ReadOnlySpan<byte> headers = default)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        ApiAnswer.Write(output, Api.Route, body);
        AnswerQuietly(output.WrittenSpan, headers);
    }

    /// <summary>Answers with an error without its being counted or told of.</summary>
    public void RefuseQuietly(in ApiError error)
    {
        var output = new ArrayBufferWriter<byte>(256);
        ApiAnswer.WriteError(output, Api.Route, error);
        Request.Span?.End(error);
        AnswerQuietly(output.WrittenSpan);
    }

    private void Send(ReadOnlyMemory<byte> answer, ReadOnlySpan<byte> headers, bool isError)
    {
        _usage?.Count(isError);
        Request.Span?.End(error: null);
        MessageBatch batch = _batch ?? Services.Batches.Rent();
        if (Request.Reply.Length > 0) Port.Publish(batch, Request.Reply, default, headers, answer.Span);
        Events.Publish(batch, new ApiAuditEvent(Services.ServerName, Request.Requester, Request.Subject, Request.Payload, answer));
        if (_batch is null) Services.Batches.Return(batch);
    }

    // What waits for a commit.
    private sealed class StoredAnswer(ApiCall call, IAnswerBody body) : ICommitWaiter
    {
        public void Committed(long ticket, StoreResult result)
        {
            if (result == StoreResult.Ok) call.Answer(body);
            else call.Refuse(ApiErrors.StreamGeneralError("the change could not be written"));
        }
    }
}
