using NATS.Server.Core.JetStream.Consumers;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>What was delivered and is not acknowledged, what is delivered again, what was given up.</summary>
internal sealed partial class ConsumerStory
{
    private void LookAtAcknowledgements()
    {
        PendingStanding waiting = _standing.Unacknowledged;
        LookAtGivenUp(waiting);
        if (_config.AckPolicy == AckPolicy.None) return;
        if (waiting.Count == 0)
        {
            Add(new Finding { Kind = "ack_pending", Text = "every message that was delivered is acknowledged", Value = 0, Limit = LimitOrNull(_config.MaxAckPending) });
            return;
        }

        bool isNew = waiting.Queued == 0;
        string of = _config.MaxAckPending > 0 ? $" of at most {StandingText.Number(_config.MaxAckPending)}" : "";
        string first = waiting.Count == 1 ? "it is" : "the first of them is";
        string times = waiting.FirstDeliveries == 0 ? "delivered to nobody" : $"delivered {StandingText.Count(waiting.FirstDeliveries, "time")}";
        var finding = new Finding
        {
            Kind = "ack_pending",
            Text = $"{StandingText.Count(waiting.Count, "message")}{of} {(waiting.Count == 1 ? "is" : "are")} delivered and not acknowledged; {first} message {StandingText.Number(waiting.FirstSequence)}, {times}{Deadline(waiting)}",
            Value = waiting.Count,
            Limit = LimitOrNull(_config.MaxAckPending),
            Stream = _stream.Name,
        };
        if (_standing.IsFull && isNew && (_standing.Next is not null || _info.Pending > 0))
        {
            Block(
                finding,
                $"as many messages wait for their acknowledgement as may ({StandingText.Number(waiting.Count)} of {StandingText.Number(_config.MaxAckPending)})",
                new ExplainRule("max_ack_pending", StandingText.Plain(_config.MaxAckPending), Source));
            _hints.Add(_config.AckPolicy == AckPolicy.All
                ? "Let the application acknowledge the last message that it has finished; with ack_policy all that settles those before it too."
                : "Let the application acknowledge what it has got, or raise max_ack_pending if it is meant to have more in work.");
        }
        else if (!HasWork && _info.Pending == 0 && !IsRecent)
        {
            Block(finding, WaitsForAcknowledgements(waiting), _config.AckWaitNs > 0 ? new ExplainRule("ack_wait", StandingText.Setting(_config.AckWaitNs), Source) : null);
            _hints.Add("Nothing is left to be delivered for the first time; look at the application if the acknowledgements take too long.");
        }
        else
        {
            Add(finding);
        }

        if (waiting.Queued > 0)
            Add(new Finding { Kind = "redelivery", Text = $"{StandingText.Count(waiting.Queued, "message waits", "messages wait")} to be delivered again, message {StandingText.Number(waiting.NextQueued)} first", Value = waiting.Queued });
    }

    private static string WaitsForAcknowledgements(in PendingStanding waiting) =>
        $"everything has been delivered, and {StandingText.Count(waiting.Count, "message waits", "messages wait")} for {(waiting.Count == 1 ? "its" : "their")} acknowledgement";

    private string Deadline(in PendingStanding waiting)
    {
        if (waiting.NextDeadlineNs <= 0) return "";
        string why = _config.BackOffNs is { Count: > 0 } ? "by backoff" : "by ack_wait";
        return $"; the next one is delivered again {StandingText.Until(waiting.NextDeadlineNs, _nowNs)} unless it is acknowledged ({why}, or the delay of a NAK)";
    }

    private void LookAtGivenUp(in PendingStanding waiting)
    {
        if (waiting.GivenUp == 0) return;
        Add(new Finding
        {
            Kind = "max_deliver",
            Text = $"{StandingText.Count(waiting.GivenUp, "message was", "messages were")} delivered as often as may be and will not be again, such as message {StandingText.Number(waiting.AnyGivenUp)}",
            Value = waiting.GivenUp,
            Limit = LimitOrNull(_config.MaxDeliver),
            Stream = _stream.Name,
        });
        _hints.Add($"What was given up after max_deliver {StandingText.Plain(_config.MaxDeliver)} stays in the stream: look at it there, and at advisories on $JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.{_stream.Name}.{_consumer.Name}.");
    }

    private static long? LimitOrNull(long limit) => limit > 0 ? limit : null;
}
