using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Core.Runtime;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;

namespace NATS.Server.JetStream.Streams;

/// <content>What leaves the stream: by its age, by limits, by its consumers. And what its store has to do now and then.</content>
internal sealed partial class Stream
{
    private const long SoonNs = 2_000_000_000;

    // Schedules that are due close after each other are published together.
    private const long ScheduleStepNs = 250_000_000;
    private readonly Deadline _maintenance;
    private long _maintenanceNs = long.MaxValue;
    private long _countedBytes;

    /// <summary>For the executor: does what the store has to do, and says when to come again.</summary>
    public void Run()
    {
        long nowNs = _services.NowNs;
        lock (_lock)
        {
            if (_isClosed) return;
        }

        Volatile.Write(ref _maintenanceNs, long.MaxValue);
        PublishSchedules(nowNs);
        GiveUpBatches();
        Rearm(nowNs);
    }

    public void Settled(Consumer consumer, List<ulong> sequences)
    {
        if (Config.Retention == RetentionPolicy.Limits) return;
        foreach (ulong sequence in sequences)
        {
            if (Config.Retention == RetentionPolicy.WorkQueue || !IsNeeded(sequence, consumer)) Store.Remove(sequence);
        }

        CountBytes();
    }

    public void Removed(ulong sequence, ReadOnlySpan<byte> subject, ulong bytes) => Removed(sequence, subject, bytes, ulong.MaxValue);

    public void Removed(ulong sequence, ReadOnlySpan<byte> subject, ulong bytes, ulong number)
    {
        foreach (Consumer consumer in AllConsumers()) consumer.MessageRemoved(sequence, subject, number);
    }

    public void Purged(ulong messages, ulong bytes)
    {
        bool isTold = Volatile.Read(ref _purgingThread) == Environment.CurrentManagedThreadId;
        foreach (Consumer consumer in AllConsumers()) consumer.MessagesRemoved(isTold);
    }

    public void Damaged(string what) => Log.Damaged(_services.Log, Port.Name, Name, what);

    // Whoever is not delivered a message yet, or has not acknowledged it, needs it.
    private bool IsNeeded(ulong sequence, Consumer except)
    {
        ReadOnlyMemory<byte> subject = default;
        foreach (Consumer consumer in AllConsumers())
        {
            if (ReferenceEquals(consumer, except)) continue;
            if (subject.IsEmpty && Store.SubjectOf(sequence, out subject) != StoreResult.Ok) return false;
            if (consumer.Needs(sequence, subject.Span)) return true;
        }

        return false;
    }

    private void CountBytes()
    {
        long bytes = (long)Store.State.Bytes;
        long grown = bytes - Interlocked.Exchange(ref _countedBytes, bytes);
        if (grown != 0) _owner.CountBytes(this, grown);
    }

    private void RearmIfIdle(long nowNs)
    {
        if (Volatile.Read(ref _maintenanceNs) != long.MaxValue) return;
        long soonNs = SoonNs;
        if (Config.MaxAgeNs > 0) soonNs = Math.Min(soonNs, Config.MaxAgeNs);
        Arm(nowNs + soonNs);
    }

    private void Rearm(long nowNs)
    {
        long dueNs = Math.Min(Store.Expire(nowNs), Store.Maintain(nowNs));
        if (Store.NextScheduleNs is var scheduleNs and not long.MaxValue) dueNs = Math.Min(dueNs, Math.Max(scheduleNs, nowNs + ScheduleStepNs));
        dueNs = Math.Min(dueNs, ForgetOldMessageIds(nowNs));
        if (dueNs != long.MaxValue) ArmBefore(Math.Max(dueNs, nowNs + 1_000_000));
    }

    private void GiveUpBatches()
    {
        lock (_lock)
        {
            if (_batches.NextExpiryNs == long.MaxValue) return;
        }

        MessageBatch batch = _services.Batches.Rent();
        lock (_lock)
        {
            _publishNowNs = batch.NowNs;
            if (!_isClosed) _batches.Expire(batch.NowNs, this);
        }

        batch.AtEnd(this);
        _services.Batches.Return(batch);
    }

    // What is published now and then only still gives back the memory of its ids.
    private long ForgetOldMessageIds(long nowNs)
    {
        lock (_lock)
        {
            _window.Expire(nowNs);
            long next = _window.Count == 0 ? long.MaxValue : _window.NextExpiryNs + (_config.DuplicateWindowNs / 8) + SoonNs;
            return Math.Min(next, _batches.NextExpiryNs);
        }
    }

    private void ArmBefore(long dueNs)
    {
        if (dueNs < Volatile.Read(ref _maintenanceNs)) Arm(dueNs);
    }

    private void Arm(long dueNs)
    {
        Volatile.Write(ref _maintenanceNs, dueNs);
        _services.Deadlines.Set(_maintenance, dueNs);
    }
}
