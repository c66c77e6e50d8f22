using System.Buffers;
using System.Text;
using NATS.Server.Core.JetStream;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Runtime;
using NATS.Server.JetStream.Engine;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage.Backup;

namespace NATS.Server.JetStream.Api;

/// <summary>
/// A mailbox of its own. Receives the backup of a stream in chunks on a subject, each of which is confirmed once it is taken, and makes the stream of it when a message without payload says that
/// nothing follows. A sender that says nothing for 5 seconds is not waited for.
/// </summary>
/// <remarks>Reference: nats-server jetstream_api.go processStreamRestore.</remarks>
internal sealed class RestoreReceiver : Mailbox<RestoreReceiver.Chunk>, IMessageTarget
{
    private const long StallNs = 5_000_000_000;
    private const int SignalDeadline = 1;

    // A sender that does not wait for confirmations cannot fill the memory with more.
    private const int MaximumChunks = 1024;
    private const long MaximumWaitingBytes = 64 << 20;

    private readonly ApiCall _call;
    private readonly JetStreamAccount _account;
    private readonly StreamConfig _config;
    private readonly ZonedTime _created;
    private readonly string _subject;
    private readonly Deadline _deadline;
    private readonly StreamRestore _restore;
    private readonly long _startNs;
    private object? _subscription;
    private long _waitingBytes;
    private long _bytes;
    private long _dueNs = long.MaxValue;
    private bool _isDone;

    public RestoreReceiver(ApiCall call, JetStreamAccount account, StreamConfig config)
        : base(call.Services.Executor, MaximumChunks)
    {
        _call = call;
        _account = account;
        _config = config;
        _startNs = call.Services.NowNs;
        _created = ZonedTime.FromUnixNanoseconds(_startNs);
        _subject = $"$JS.SNAPSHOT.RESTORE.{config.Name}.{UniqueName.Next(call.Services.Random)}";
        _deadline = new Deadline(() => Signal(SignalDeadline));
        _restore = new StreamRestore(account.RestoreOptionsOf(config, StreamConfigJson.WriteFile(_created, config)));
    }

    private JetStreamServices Services => _call.Services;

    /// <summary>Begins to receive, and tells the requester where.</summary>
    public void Start()
    {
        ApiLog.RestoreStarts(Services.Log, _account.Name, _config.Name);
        _call.Events.Publish(new RestoreCreateEvent(_config.Name, _call.Request.Requester));
        _subscription = _account.Port.Subscribe(Encoding.UTF8.GetBytes(_subject), this);
        SetDeadline(StallNs);
        _call.Answer(new RestoreAnswer(_subject));
    }

    /// <summary>A chunk has come.</summary>
    public bool Receive(MessageBatch batch, in InboundMessage message, IMessageSender sender)
    {
        if (Interlocked.Add(ref _waitingBytes, message.Payload.Length) > MaximumWaitingBytes) return false;
        return TryPost(new Chunk(message.Reply.ToArray(), message.Payload.ToArray()));
    }

    protected override void Perform(ref Chunk chunk)
    {
        Interlocked.Add(ref _waitingBytes, -chunk.Payload.Length);
        if (_isDone) return;
        if (chunk.Reply.Length == 0)
        {
            Fail(chunk.Reply, ApiErrors.StreamRestore($"restore for stream '{_account.Name} > {_config.Name}' requires reply subject for each chunk"));
            return;
        }

        if (chunk.Payload.Length == 0)
        {
            Complete(chunk.Reply);
            return;
        }

        _bytes += chunk.Payload.Length;
        if (_restore.Write(chunk.Payload))
        {
            SetDeadline(StallNs);
            Say(chunk.Reply, default);
        }
        else
        {
            Fail(chunk.Reply, ErrorOf(_restore.Failure!));
        }
    }

    protected override void EndBatch(int signals)
    {
        if (_isDone || (signals & SignalDeadline) == 0 || Services.NowNs < _dueNs) return;
        End();
        ApiLog.RestoreFailed(Services.Log, _bytes, _account.Name, _config.Name, $"restore for stream '{_account.Name} > {_config.Name}' is stalled");
    }

    // Streams come one after the other, by the account's executor.
    private void Complete(byte[] reply)
    {
        if (!_restore.Complete())
        {
            Fail(reply, ErrorOf(_restore.Failure!));
            return;
        }

        End();
        if (!_account.TryPost(account => Adopt(account, reply))) Say(reply, ApiErrors.StreamRestore("too many requests wait"));
    }

    private void Adopt(JetStreamAccount account, byte[] reply)
    {
        if (account.AdoptStream(_config, _created, _restore, out Stream? stream) is { } failure)
        {
            Tell(failure.Description);
            Say(reply, failure);
            return;
        }

        _call.Events.Publish(new StreamActionEvent(_config.Name, AssetAction.Create));
        Tell("");
        var output = new ArrayBufferWriter<byte>(1024);
        ApiAnswer.Write(output, ApiRoute.Of(ApiEndpoint.StreamCreate), new StreamCreatedAnswer(StreamReport.Of(stream!, Services, StreamReport.StateOf(stream!)), DidCreate: false));
        Say(reply, output.WrittenSpan);
    }

    private void Fail(byte[] reply, ApiError error)
    {
        End();
        Tell(error.Description);
        Say(reply, error);
    }

    private void End()
    {
        _isDone = true;
        SetDeadline(0);
        _account.Port.Unsubscribe(_subscription!);
        _restore.Dispose();
    }

    private void Tell(string problem)
    {
        long endNs = Services.NowNs;
        _call.Events.Publish(new RestoreCompleteEvent(_config.Name, _startNs, endNs, _bytes, _call.Request.Requester));
        if (problem.Length > 0) ApiLog.RestoreFailed(Services.Log, _bytes, _account.Name, _config.Name, problem);
        else ApiLog.RestoreCompleted(Services.Log, _bytes, _account.Name, _config.Name, (endNs - _startNs) / 1e9);
    }

    private void Say(byte[] reply, in ApiError error)
    {
        var output = new ArrayBufferWriter<byte>(256);
        ApiAnswer.WriteError(output, ApiRoute.Of(ApiEndpoint.StreamCreate), error);
        Say(reply, output.WrittenSpan);
    }

    private void Say(byte[] reply, ReadOnlySpan<byte> payload)
    {
        if (reply.Length == 0) return;
        MessageBatch batch = Services.Batches.Rent();
        _account.Port.Publish(batch, reply, default, default, payload);
        Services.Batches.Return(batch);
    }

    private ApiError ErrorOf(RestoreFailure failure) => failure.Kind switch
    {
        RestoreFailureKind.NameInUse => ApiErrors.StreamNameExistRestoreFailed,
        RestoreFailureKind.TooLarge => _config.Storage == StorageType.Memory ? ApiErrors.MemoryResourcesExceeded : ApiErrors.StorageResourcesExceeded,
        _ => ApiErrors.StreamRestore(failure.Text),
    };

    private void SetDeadline(long afterNs)
    {
        _dueNs = afterNs == 0 ? long.MaxValue : Services.NowNs + afterNs;
        Services.Deadlines.Set(_deadline, _dueNs);
    }

    /// <summary>A piece of the backup, and who waits for its confirmation.</summary>
    internal readonly record struct Chunk(byte[] Reply, byte[] Payload);
}
