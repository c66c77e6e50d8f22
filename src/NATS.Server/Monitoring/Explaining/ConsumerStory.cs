using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Storage;
using JetStreamStream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>
/// Owned by one caller. Tells why one consumer delivers or not: looks at everything that can hold a message back, in the order in which the consumer does. In parts: what it is told by
/// itself, its clients, what is not acknowledged, its stream.
/// </summary>
internal sealed partial class ConsumerStory
{
    // A delivery this short ago says that it delivers, even if there is nothing to deliver at the very moment.
    private const long RecentNs = 10_000_000_000;
    private const int MaximumClients = 20;

    private readonly IMonitoredServer _server;
    private readonly string _account;
    private readonly JetStreamStream _stream;
    private readonly Consumer _consumer;
    private readonly ConsumerStanding _standing;
    private readonly ConsumerInfo _info;
    private readonly ConsumerConfig _config;
    private readonly StreamState _state;
    private readonly long _nowNs;
    private readonly List<Finding> _findings = [];
    private readonly List<string> _reasons = [];
    private readonly List<string> _hints = [];
    private ExplainRule? _rule;
    private bool _isStopped;

    public ConsumerStory(IMonitoredServer server, string account, JetStreamStream stream, Consumer consumer, ConsumerStanding standing)
    {
        _server = server;
        _account = account;
        _stream = stream;
        _consumer = consumer;
        _standing = standing;
        _info = standing.Info;
        _config = _info.Config;
        _state = stream.Store.State;
        _nowNs = _info.TimestampNs;
    }

    private string Source => $"consumer {_consumer.Name} on stream {_stream.Name}";

    private string StreamSource => $"stream {_stream.Name}";

    // Something could be delivered at once.
    private bool HasWork => _standing.Next is not null || _standing.Unacknowledged.Queued > 0;

    private bool IsRecent => _info.Delivered.LastActiveNs > 0 && _nowNs - _info.Delivered.LastActiveNs <= RecentNs;

    public Explanation Tell(DateTimeOffset now)
    {
        _ = now; // the consumer's own clock is the one by which it waits
        DescribeItself();
        LookAtPause();
        if (_config.IsPull) LookAtPulls();
        else LookAtPush();
        LookAtHold();
        LookAtAcknowledgements();
        LookAtStream();
        LookAtLifetime();
        string verdict = Judge();
        return new Explanation
        {
            Question = "consumer",
            Verdict = verdict,
            Summary = Summary(verdict),
            Rule = _rule,
            Findings = _findings,
            Hints = _hints.Count == 0 ? null : _hints,
        };
    }

    private string Judge()
    {
        if (_isStopped) return "stopped";
        if (_reasons.Count > 0) return "waiting";
        return HasWork || IsRecent ? "delivering" : "idle";
    }

    private string Summary(string verdict)
    {
        string name = $"Consumer {_consumer.Name} on stream {_stream.Name}";
        switch (verdict)
        {
            case "delivering":
                return $"{name} delivers: {Progress()}; the last delivery was {StandingText.Ago(_info.Delivered.LastActiveNs, _nowNs)}{Receivers()}.";
            case "idle":
                return $"{name} has nothing to deliver: {_idleReason}.";
            default:
                string why = StandingText.List(_reasons);
                string then = !HasWork ? "" : $" {StandingText.Count(Math.Max(_info.Pending, 1), "message waits", "messages wait")} for it.";
                return _standing.Unacknowledged.Queued > 0 && _info.Pending == 0
                    ? $"{name} delivers nothing: {why}. {StandingText.Count(_standing.Unacknowledged.Queued, "message waits", "messages wait")} to be delivered again."
                    : $"{name} delivers nothing: {why}.{then}";
        }
    }

    private string Progress() => _standing.PaceNs > 0 && _standing.PaceDeliveries > 0
        ? $"{StandingText.Count(_standing.PaceDeliveries, "message")} in the last {StandingText.Span(_standing.PaceNs)}"
        : $"{StandingText.Count(_info.Delivered.Consumer, "delivery", "deliveries")} so far";

    private string Receivers() => _receivers.Count switch
    {
        0 => "",
        1 => $", to {_receivers[0]}",
        _ => $", to {StandingText.Count(_receivers.Count, "client")}",
    };

    private void DescribeItself()
    {
        string kind = _config.IsPull ? "pull" : "push";
        string life = _config.IsDurable ? "durable" : "not durable";
        string acks = ConsumerWords.Of(_config.AckPolicy);
        Add(new Finding
        {
            Kind = "consumer",
            Text = $"a {kind} consumer, {life}, ack_policy {acks}, created {StandingText.Ago(_info.Created.ToUnixNanoseconds(), _nowNs)}",
            Account = _account,
            Stream = _stream.Name,
            Consumer = _consumer.Name,
        });
        if (!_standing.IsExact)
        {
            Add(new Finding
            {
                Kind = "busy",
                Text = $"it was too busy to answer in time, and {StandingText.Count(_standing.WaitingWork, "piece of work waits", "pieces of work wait")} for it: what follows is as others see it, its waiting requests are not known",
                Value = _standing.WaitingWork,
            });
        }

        Add(new Finding
        {
            Kind = "last_delivery",
            Text = _info.Delivered.Consumer == 0
                ? "it has not delivered anything yet"
                : $"it has made {StandingText.Count(_info.Delivered.Consumer, "delivery", "deliveries")}, up to message {StandingText.Number(_info.Delivered.Stream)} of the stream{Pace()}, the last one {StandingText.Ago(_info.Delivered.LastActiveNs, _nowNs)}",
            Value = (long)_info.Delivered.Consumer,
        });
        if (!_standing.IsEnded) return;
        Stop(new Finding { Kind = "ended", Text = "it has ended: it was deleted, or JetStream is being stopped" }, "it has ended", null);
    }

    private string Pace()
    {
        if (_standing.PaceNs < 1_000_000 || _standing.PaceDeliveries == 0) return "";
        double perSecond = _standing.PaceDeliveries / (_standing.PaceNs / 1e9);
        string rate = perSecond >= 10 ? StandingText.Number((long)perSecond) : perSecond.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture);
        return $", {StandingText.Number(_standing.PaceDeliveries)} of them in the last {StandingText.Span(_standing.PaceNs)} ({rate} a second)";
    }

    private void LookAtPause()
    {
        if (!_info.IsPaused)
        {
            if (_config.PauseUntil is { IsZero: false } over) Add(new Finding { Kind = "paused", Text = $"it was paused until {over.ToUtc()}, which is over" });
            return;
        }

        long untilNs = _config.PauseUntil!.Value.ToUnixNanoseconds();
        Stop(
            new Finding { Kind = "paused", Text = $"it is paused until {StandingText.Until(untilNs, _nowNs)}", Value = _info.PauseRemainingNs },
            $"it is paused until {StandingText.Until(untilNs, _nowNs)}",
            new ExplainRule("pause_until", _config.PauseUntil!.Value.ToString(), Source));
        _hints.Add($"Resume it with 'nats consumer resume {_stream.Name} {_consumer.Name}', or wait.");
    }

    private void LookAtHold()
    {
        if (_config.RateLimit > 0 && _standing.Hold != ConsumerHold.Rate) Add(new Finding { Kind = "rate_limit", Text = $"at most {StandingText.Number(_config.RateLimit)} bits pass in a second", Limit = (long)_config.RateLimit });
        if (_standing.Hold == ConsumerHold.None) return;
        long leftNs = _standing.HeldUntilNs - _nowNs;
        bool isRate = _standing.Hold == ConsumerHold.Rate;
        Block(
            new Finding
            {
                Kind = isRate ? "rate_limit" : "replay",
                Text = isRate
                    ? $"its rate limit of {StandingText.Number(_config.RateLimit)} bits per second lets the next message pass {StandingText.Until(_standing.HeldUntilNs, _nowNs)}"
                    : $"it delivers old messages at the pace at which they came; the next one is due {StandingText.Until(_standing.HeldUntilNs, _nowNs)}",
                Value = leftNs,
                Limit = isRate ? (long)_config.RateLimit : null,
            },
            isRate ? $"its rate limit holds the next message back for {StandingText.Span(leftNs)}" : $"replay_policy original holds the next message back for {StandingText.Span(leftNs)}",
            isRate ? new ExplainRule("rate_limit_bps", StandingText.Plain((long)_config.RateLimit), Source) : new ExplainRule("replay_policy", "original", Source));
        _hints.Add(isRate ? "Raise rate_limit_bps of the consumer if that is too slow." : "A consumer with replay_policy instant gets old messages at once.");
    }

    private void LookAtLifetime()
    {
        if (_standing.AbandonNs == 0) return;
        Add(new Finding
        {
            Kind = "inactive_threshold",
            Text = $"nobody uses it: unless somebody does it is deleted {StandingText.Until(_standing.AbandonNs, _nowNs)}",
            Value = Math.Max(0, _standing.AbandonNs - _nowNs),
            Limit = _config.InactiveThresholdNs,
        });
        _hints.Add($"It lives for {StandingText.Setting(_config.InactiveThresholdNs)} without being used (inactive_threshold).");
    }

    private void Add(Finding finding) => _findings.Add(finding);

    // A reason to deliver nothing now. The first one gives the rule.
    private void Block(Finding finding, string reason, ExplainRule? rule)
    {
        Add(finding with { Decides = true });
        _reasons.Add(reason);
        _rule ??= rule;
    }

    private void Stop(Finding finding, string reason, ExplainRule? rule)
    {
        _isStopped = true;
        Block(finding, reason, rule);
    }
}
