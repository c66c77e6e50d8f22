using NATS.Server.Core.JetStream.Errors;

namespace NATS.Server.Core.JetStream.Consumers;

/// <summary>Pure. What of a consumer's configuration may change.</summary>
internal static class ConsumerConfigUpdate
{
    /// <summary>Compares a new configuration with the current one.</summary>
    /// <param name="current">What the consumer has.</param>
    /// <param name="config">What it should have, checked and with its defaults.</param>
    /// <param name="hasInterest">Whether somebody listens at a subject that messages are delivered to: then it may not change.</param>
    public static ApiError? Check(ConsumerConfig current, ConsumerConfig config, Func<string, bool> hasInterest)
    {
        if (current == config) return null;
        if (Forbidden(current, config) is { } problem) return ApiErrors.ConsumerCreate(problem);
        if (current.DeliverSubject != config.DeliverSubject)
        {
            if (current.IsPull) return ApiErrors.ConsumerCreate("can not update pull consumer to push based");
            if (config.IsPull) return ApiErrors.ConsumerCreate("can not update push consumer to pull based");
            if (hasInterest(current.DeliverSubject)) return ApiErrors.ConsumerNameExist;
        }

        if (current.MaxWaiting != config.MaxWaiting) return ApiErrors.ConsumerCreate("max waiting can not be updated");
        return ConsumerConfigCheck.BackOffExceedsDeliveries(config) ? ApiErrors.ConsumerMaxDeliverBackoff : null;
    }

    private static string? Forbidden(ConsumerConfig current, ConsumerConfig config)
    {
        if (current.DeliverPolicy != config.DeliverPolicy) return "deliver policy can not be updated";
        if (current.MemoryStorage != config.MemoryStorage) return "storage type can not be updated";
        if (current.Direct != config.Direct) return "direct can not be updated";
        if (current.Sourcing != config.Sourcing) return "sourcing can not be updated";
        if (current.StartSequence != config.StartSequence) return "start sequence can not be updated";
        bool isSameStart = current.StartTime is { } start ? config.StartTime is { } other && start.IsSameMoment(other) : config.StartTime is null;
        if (!isSameStart) return "start time can not be updated";
        if (current.AckPolicy != config.AckPolicy) return "ack policy can not be updated";
        if (current.ReplayPolicy != config.ReplayPolicy) return "replay policy can not be updated";
        if (current.HeartbeatNs != config.HeartbeatNs) return "heart beats can not be updated";
        return current.FlowControl != config.FlowControl ? "flow control can not be updated" : null;
    }
}
