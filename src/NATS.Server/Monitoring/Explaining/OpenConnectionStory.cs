using NATS.Server.Options;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>Owned by one caller. Tells what holds an open connection up: a start for whoever asks why it is slow.</summary>
internal sealed class OpenConnectionStory(IMonitoredServer server, ConnectionStanding standing, DateTimeOffset now)
{
    private const int NearPercent = 75;
    private static readonly TimeSpan SoonExpired = TimeSpan.FromHours(1);
    private readonly ConnectionSnapshot _connection = standing.Connection;
    private readonly ServerOptions _options = server.Options;
    private readonly List<Finding> _findings = [];
    private readonly List<string> _problems = [];
    private readonly List<string> _hints = [];
    private ExplainRule? _rule;

    public Explanation Tell()
    {
        Add(ConnectionDescription.Identity(_connection, standing.Stage == ConnectionStage.Ready));
        LookAtStage();
        LookAtPending();
        LookAtPublishing();
        LookAtPings();
        LookAtSubscriptions();
        LookAtCredentials();
        LookAtServer();
        Add(ConnectionDescription.Traffic(_connection));
        Add(new Finding { Kind = "activity", Text = $"last active {StandingText.Span(now - _connection.LastActivity)} ago{(_connection.RoundTrip > TimeSpan.Zero ? $"; a PING takes {RoundTrip(_connection.RoundTrip)} to and fro" : "")}" });
        string name = StandingText.Sentence(ConnectionSearch.NameOf(_connection));
        return new Explanation
        {
            Question = "connection",
            Verdict = "open",
            Summary = _problems.Count == 0 ? $"{name} is open, and nothing holds it up." : $"{name} is open, but {StandingText.List(_problems)}.",
            Rule = _rule,
            Findings = _findings,
            Hints = _hints.Count == 0 ? null : _hints,
        };
    }

    private static string RoundTrip(TimeSpan time) => time < TimeSpan.FromMilliseconds(1) ? StandingText.Setting(TimeSpan.FromTicks(time.Ticks / 10 * 10)) : StandingText.Span(time);

    private static bool IsNear(long value, long limit) => limit > 0 && (Int128)value * 100 >= (Int128)limit * NearPercent;

    private void LookAtStage()
    {
        if (standing.Stage == ConnectionStage.Ready) return;
        (string text, ExplainRule? rule) = standing.Stage switch
        {
            ConnectionStage.Handshake => ("its TLS handshake is not done", _options.Tls is { } tls ? ConnectionDescription.OfServer("tls.timeout", StandingText.Setting(tls.Timeout)) : null),
            ConnectionStage.Authenticating => ("its credentials are being checked", ConnectionDescription.OfServer("authorization.timeout", StandingText.Setting(_options.Authorization.Timeout))),
            _ => ("it has not sent CONNECT yet", ConnectionDescription.OfServer("authorization.timeout", StandingText.Setting(_options.Authorization.Timeout))),
        };
        Blame(new Finding { Kind = "authentication", Text = $"{text}, since {StandingText.Span(now - _connection.Start)}" }, text, rule);
    }

    private void LookAtPending()
    {
        long max = standing.Limits.MaxPending;
        var finding = new Finding
        {
            Kind = "pending",
            Text = $"{StandingText.Count(_connection.PendingBytes, "byte waits", "bytes wait")} to be sent to it, of at most {StandingText.Number(max)} (max_pending)",
            Value = _connection.PendingBytes,
            Limit = max,
        };
        if (IsNear(_connection.PendingBytes, max))
        {
            Blame(finding, $"it does not read fast enough: {StandingText.Number(_connection.PendingBytes)} bytes wait to be sent, and at more than {StandingText.Number(max)} it is closed", ConnectionDescription.OfServer("max_pending", StandingText.Plain(max)));
            _hints.Add("Let the client process messages faster, or share its subscription with others in a queue group.");
        }
        else
        {
            Add(finding);
        }

        if (standing.BlockedFor is { } blocked && _connection.PendingBytes > 0)
        {
            string deadline = StandingText.Setting(_options.WriteDeadline);
            bool retries = _options.WriteTimeout == WriteTimeoutPolicy.Retry;
            Blame(
                new Finding { Kind = "blocked", Text = $"its socket has been full for {StandingText.Span(blocked)}; {(retries ? "it is counted as a slow consumer" : "it is closed")} after {deadline} (write_deadline)", Value = StandingText.Nanoseconds(blocked), Limit = StandingText.Nanoseconds(_options.WriteDeadline) },
                $"it has not taken what is sent to it for {StandingText.Span(blocked)}",
                ConnectionDescription.OfServer("write_deadline", deadline));
            _hints.Add("The client does not read from its socket, or the network is too slow for it.");
        }

        if (_connection.Stalls == 0) return;
        Add(new Finding { Kind = "stalls", Text = $"publishers were paused {StandingText.Count(_connection.Stalls, "time")} because it lagged behind", Value = _connection.Stalls });
        _hints.Add("It slows those down who publish to it: no_fast_producer_stall would drop its messages instead.");
    }

    private void LookAtPublishing()
    {
        if (!standing.IsStalled) return;
        Blame(
            new Finding { Kind = "stalled", Text = "nothing is read from it at the moment: it publishes to subscribers that lag behind, and waits for them a few milliseconds at a time" },
            "it is being slowed down because it publishes faster than others receive",
            ConnectionDescription.OfServer("no_fast_producer_stall", _options.NoFastProducerStall ? "true" : "false"));
        _hints.Add("Find the slow subscriber: /connz?sort=pending shows it first.");
    }

    private void LookAtPings()
    {
        string interval = StandingText.Setting(_options.PingInterval);
        string silent = standing.SilentFor is { } time ? $"something came from it {StandingText.Span(time)} ago" : "nothing has come from it";
        var finding = new Finding
        {
            Kind = "pings",
            Text = $"{silent}; {StandingText.Count(standing.UnansweredPings, "PING is", "PINGs are")} unanswered, and at more than {StandingText.Number((long)_options.MaxPingsOut)} (ping_max, one every {interval}) it is closed",
            Value = standing.UnansweredPings,
            Limit = _options.MaxPingsOut,
        };
        bool isSilent = standing.UnansweredPings > 1 || (standing.UnansweredPings == 1 && standing.SilentFor is { } silence && silence > _options.PingInterval);
        if (!isSilent)
        {
            Add(finding);
            return;
        }

        Blame(finding, $"it does not answer: {StandingText.Count(standing.UnansweredPings, "PING is", "PINGs are")} unanswered", ConnectionDescription.OfServer("ping_max", StandingText.Plain(_options.MaxPingsOut)));
        _hints.Add("The client hangs, or the network lost it without saying so.");
    }

    private void LookAtSubscriptions()
    {
        long max = standing.Limits.MaxSubscriptions;
        var finding = new Finding
        {
            Kind = "subscriptions",
            Text = max > 0 ? $"it has {StandingText.Count(_connection.SubscriptionCount, "subscription")} of at most {StandingText.Number(max)} (max_subscriptions)" : $"it has {StandingText.Count(_connection.SubscriptionCount, "subscription")}",
            Value = _connection.SubscriptionCount,
            Limit = max > 0 ? max : null,
        };
        if (max < 0 || _connection.SubscriptionCount < max)
        {
            Add(finding);
            return;
        }

        Blame(finding, $"it has as many subscriptions as it may: {StandingText.Number(max)}, more are refused", ConnectionDescription.MaxSubscriptions(max, _connection, standing.Limits, server));
        _hints.Add("Raise max_subscriptions where it is set, or use wildcards in fewer subscriptions.");
    }

    private void LookAtCredentials()
    {
        if (standing.ExpiresAt is not { } at) return;
        var finding = new Finding { Kind = "credentials", Text = $"its credentials are good until {StandingText.Time(at)}, for another {StandingText.Span(at - now)}; then it is closed" };
        if (at - now > SoonExpired) Add(finding);
        else Blame(finding, $"its credentials expire in {StandingText.Span(at - now)}", new ExplainRule("exp", StandingText.Time(at), $"the token of user {ConnectionSearch.UserOf(_connection)}"));
    }

    private void LookAtServer()
    {
        if (server.IsLameDuck)
        {
            Blame(
                new Finding { Kind = "lame_duck", Text = $"the server is in lame duck mode: it closes its clients one by one within {StandingText.Setting(_options.LameDuckDuration)}" },
                "the server is about to stop and will close it",
                ConnectionDescription.OfServer("lame_duck_duration", StandingText.Setting(_options.LameDuckDuration)));
        }

        ServerSnapshot all = server.SnapshotServer();
        if (all.SlowConsumers.Clients == 0 && all.StalledClients == 0) return;
        Add(new Finding
        {
            Kind = "slow_consumers",
            Text = $"since its start the server has counted {StandingText.Count(all.SlowConsumers.Clients, "slow consumer")}, and paused publishers {StandingText.Count(all.StalledClients, "time")}",
            Value = (long)all.SlowConsumers.Clients,
        });
    }

    private void Add(Finding finding) => _findings.Add(finding);

    // The first problem gives the rule.
    private void Blame(Finding finding, string problem, ExplainRule? rule)
    {
        Add(finding with { Decides = true });
        _problems.Add(problem);
        _rule ??= rule;
    }
}
