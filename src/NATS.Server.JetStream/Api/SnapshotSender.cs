using System.Text;
using NATS.Server.Core.JetStream;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Runtime;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Engine;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Storage.Backup;

namespace NATS.Server.JetStream.Api;

/// <summary>
/// A mailbox of its own. Sends the backup of a stream in chunks to a subject, as many at a time as the receiver allows, and more as it confirms them. It ends with a message without payload: a
/// receiver that does not confirm for 5 seconds, or goes away, is told so there.
/// </summary>
/// <remarks>Reference: nats-server jetstream_api.go streamSnapshot.</remarks>
internal sealed class SnapshotSender : Mailbox<int>, IMessageTarget
{
    private const int DefaultChunk = 128 << 10;
    private const int MinimumChunk = 1 << 10;
    private const int MaximumChunk = 1 << 20;
    private const int DefaultWindow = 8 << 20;
    private const int MaximumWindow = 32 << 20;
    private const long InterestWaitNs = 2_000_000_000;
    private const long AckWaitNs = 5_000_000_000;
    private const int SignalWork = 1;
    private const int SignalDeadline = 2;

    // After so many chunks others get their turn on the executor's thread.
    private const int ChunksAtOnce = 16;

    private readonly ApiCall _call;
    private readonly JetStreamAccount _account;
    private readonly Stream _stream;
    private readonly SnapshotRequest _request;
    private readonly byte[] _target;
    private readonly string _ackSubject;
    private readonly byte[] _chunk;
    private readonly int _maximumInflight;
    private readonly Deadline _deadline;
    private readonly long _startNs;
    private StreamBackup? _backup;
    private object? _acks;
    private IDisposable? _interest;
    private bool _hadInterest;
    private bool _isStreaming;
    private bool _isDone;
    private int _freed;
    private int _slots;
    private long _sent;
    private long _bytes;
    private long _dueNs = long.MaxValue;

    public SnapshotSender(ApiCall call, JetStreamAccount account, Stream stream, SnapshotRequest request)
        : base(call.Services.Executor, capacity: 1)
    {
        _call = call;
        _account = account;
        _stream = stream;
        _request = request;
        _target = Encoding.UTF8.GetBytes(request.DeliverSubject);
        _ackSubject = $"$JS.SNAPSHOT.ACK.{stream.Name}.{UniqueName.Next(call.Services.Random)}";
        int chunk = (int)Math.Clamp(request.ChunkSize == 0 ? DefaultChunk : request.ChunkSize, MinimumChunk, MaximumChunk);
        int window = (int)Math.Max(Math.Clamp(request.WindowSize == 0 ? DefaultWindow : request.WindowSize, MinimumChunk, MaximumWindow), chunk);
        _chunk = new byte[chunk];
        _maximumInflight = window / chunk;
        _slots = _maximumInflight;
        _deadline = new Deadline(() => Signal(SignalDeadline));
        _startNs = call.Services.NowNs;
    }

    private JetStreamServices Services => _call.Services;

    /// <summary>Begins. The requester is answered by it.</summary>
    public void Start() => Signal(SignalWork);

    /// <summary>The receiver has a chunk.</summary>
    public bool Receive(MessageBatch batch, in InboundMessage message, IMessageSender sender)
    {
        Interlocked.Increment(ref _freed);
        Signal(SignalWork);
        return true;
    }

    protected override void Perform(ref int item)
    {
    }

    protected override void EndBatch(int signals)
    {
        if (_isDone) return;
        if (_backup is null && !Begin()) return;
        _slots = Math.Min(_maximumInflight, _slots + Interlocked.Exchange(ref _freed, 0));
        bool isDue = (signals & SignalDeadline) != 0 && Services.NowNs >= _dueNs;
        bool hasInterest = _account.Port.HasInterest(_target);
        if (!_isStreaming && (hasInterest || isDue))
        {
            _isStreaming = true;
            SetDeadline(AckWaitNs);
            isDue = false;
        }

        if (!_isStreaming) return;
        if (_hadInterest && !hasInterest)
        {
            Finish("NATS/1.0 408 No Interest\r\n\r\n"u8, "no interest");
            return;
        }

        _hadInterest |= hasInterest;
        if (_slots > 0) Send();
        else if (isDue) Finish("NATS/1.0 408 No Flow Response\r\n\r\n"u8, "no flow response");
    }

    // Answers the request. False when there is nothing to be sent.
    private bool Begin()
    {
        if (_request.ChecksMessages) ApiLog.CheckedSnapshotStarts(Services.Log, _account.Name, _stream.Name);
        else ApiLog.SnapshotStarts(Services.Log, _account.Name, _stream.Name);
        if (_request.ChecksMessages && StreamBackup.Check(_stream.Store) is { } damage)
        {
            _isDone = true;
            ApiLog.SnapshotFailed(Services.Log, _account.Name, _stream.Name, damage);
            _call.Refuse(ApiErrors.StreamSnapshot(damage));
            return false;
        }

        BackupConsumer[] consumers = _request.NoConsumers ? [] : [.. _stream.Consumers.Where(static consumer => !consumer.Config.Direct).Select(static consumer => consumer.BackUp())];
        _backup = new StreamBackup(_stream.Store, consumers, Services.NowNs);
        StreamState state = _backup.State;
        var told = new StreamStateInfo
        {
            Messages = state.Messages,
            Bytes = state.Bytes,
            FirstSequence = state.FirstSequence,
            FirstTimeNs = state.FirstTimeNs,
            LastSequence = state.LastSequence,
            LastTimeNs = state.LastTimeNs,
            SubjectCount = state.Subjects,
            DeletedCount = state.Deleted,
            Consumers = consumers.Length,
        };
        _acks = _account.Port.Subscribe(Encoding.UTF8.GetBytes(_ackSubject + ".>"), this);
        _interest = _account.Port.WatchInterest(_target, () => Signal(SignalWork));
        SetDeadline(InterestWaitNs);
        _call.Answer(new SnapshotAnswer(_stream.Config, told));
        _call.Events.Publish(new SnapshotCreateEvent(_stream.Name, told, _call.Request.Requester));
        return true;
    }

    private void Send()
    {
        MessageBatch batch = Services.Batches.Rent();
        bool isEnd = false;
        for (int i = 0; i < ChunksAtOnce && _slots > 0 && !isEnd; i++)
        {
            int length = _backup!.Read(_chunk);
            isEnd = length < _chunk.Length;
            string reply = isEnd ? "" : $"{_ackSubject}.{length}.{_sent + 1}";
            if (length > 0) _account.Port.Publish(batch, _target, Encoding.UTF8.GetBytes(reply), default, _chunk.AsSpan(0, length));
            _bytes += length;
            if (isEnd) break;
            _sent++;
            _slots--;
        }

        Services.Batches.Return(batch);
        if (!isEnd)
        {
            SetDeadline(AckWaitNs);
            if (_slots > 0) Signal(SignalWork);
        }
        else if (_backup!.Failure is { } failure)
        {
            Finish(Encoding.UTF8.GetBytes($"NATS/1.0 500 {failure}\r\n\r\n"), failure);
        }
        else
        {
            Finish(_sent > 0 ? "NATS/1.0 204\r\n\r\n"u8 : default, "");
        }
    }

    private void Finish(ReadOnlySpan<byte> headers, string problem)
    {
        _isDone = true;
        SetDeadline(0);
        MessageBatch batch = Services.Batches.Rent();
        _account.Port.Publish(batch, _target, default, headers, default);
        Services.Batches.Return(batch);
        _account.Port.Unsubscribe(_acks!);
        _interest!.Dispose();
        ulong bytes = _backup!.State.Bytes;
        _backup.Dispose();
        long endNs = Services.NowNs;
        _call.Events.Publish(new SnapshotCompleteEvent(_stream.Name, _startNs, endNs, _call.Request.Requester, problem));
        if (problem.Length > 0) ApiLog.SnapshotFailed(Services.Log, _account.Name, _stream.Name, problem);
        else ApiLog.SnapshotCompleted(Services.Log, bytes, _account.Name, _stream.Name, (endNs - _startNs) / 1e9);
    }

    private void SetDeadline(long afterNs)
    {
        _dueNs = afterNs == 0 ? long.MaxValue : Services.NowNs + afterNs;
        Services.Deadlines.Set(_deadline, _dueNs);
    }
}
