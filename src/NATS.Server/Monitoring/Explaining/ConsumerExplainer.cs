using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Engine;
using JetStreamStream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>Why a consumer delivers or not. Pure over its arguments.</summary>
internal static class ConsumerExplainer
{
    private const string Question = "consumer";

    public static Explanation Explain(ExplainQuestion question, IMonitoredServer server, DateTimeOffset now)
    {
        if (server.JetStream is not { } engine) return WithoutJetStream(server);
        if (FindAccount(question, server, engine, out string accountName) is { } nowhere) return nowhere;
        if (!engine.TryGetAccount(accountName, out JetStreamAccount? account)) return NotEnabled(accountName, server);
        if (!account.TryGetStream(question.Stream, out JetStreamStream? stream))
            return account.TryGetOffline(question.Stream, out OfflineStream? offline) ? Offline(question, offline, accountName) : NoStream(question, account, engine);
        return stream.FindConsumer(question.Consumer) is { } consumer
            ? new ConsumerStory(server, accountName, stream, consumer, server.StandingOf(consumer)).Tell(now)
            : NoConsumer(question, stream, accountName);
    }

    private static Explanation WithoutJetStream(IMonitoredServer server)
    {
        bool isConfigured = server.Options.JetStream is not null;
        return new Explanation
        {
            Question = Question,
            Verdict = "stopped",
            Summary = isConfigured
                ? "JetStream is configured on this server but does not run, so no consumer delivers anything."
                : "JetStream is not enabled on this server, so it has no streams and no consumers.",
            Rule = new ExplainRule("jetstream", isConfigured ? "enabled" : "disabled", "the server"),
            Findings = [new Finding { Kind = "jetstream", Text = isConfigured ? "JetStream does not run: it could not be started, or it is being stopped" : "JetStream is off", Decides = true }],
            Hints =
            [
                isConfigured
                    ? "Look for errors about JetStream in the server's log, such as a store directory that cannot be opened."
                    : "Add a jetstream block to the configuration, or ask the server that has the stream.",
            ],
        };
    }

    private static Explanation? FindAccount(ExplainQuestion question, IMonitoredServer server, JetStreamEngine engine, out string name)
    {
        name = "";
        string wanted = question.Account;
        if (wanted.Length == 0) wanted = ConnectionSearch.AccountOf(question, server);
        if (wanted.Length > 0)
        {
            IReadOnlyList<string> accounts = server.ListAccounts();
            name = accounts.Contains(wanted, StringComparer.Ordinal) ? wanted : accounts.FirstOrDefault(account => server.DisplayNameOf(account) == wanted) ?? "";
            return name.Length > 0 ? null : NoAccount(wanted, accounts);
        }

        // Of nobody in particular: the one account that has such a stream, or else the account of those who name none.
        string[] having = AccountsHaving(question.Stream, engine);
        name = having.Length == 1 ? having[0] : Accounts.Account.GlobalName;
        if (having.Contains(name, StringComparer.Ordinal)) return null;
        return having.Length == 0 ? NoStreamAnywhere(question.Stream, engine) : Several(question.Stream, having);
    }

    private static string[] AccountsHaving(string stream, JetStreamEngine engine) =>
        [.. engine.Accounts.Where(account => account.TryGetStream(stream, out _) || account.TryGetOffline(stream, out _)).Select(static account => account.Name).Order(StringComparer.Ordinal)];

    private static Explanation NoAccount(string wanted, IReadOnlyList<string> accounts) => NotFound(
        $"There is no account \"{wanted}\" on this server.",
        SimilarNames.Findings(wanted, accounts, static name => new Finding { Kind = "account", Text = $"there is an account \"{name}\"", Account = name }),
        []);

    private static Explanation Several(string stream, string[] accounts) => NotFound(
        $"{StandingText.Number((long)accounts.Length)} accounts have a stream \"{stream}\".",
        SimilarNames.Findings("", accounts, name => new Finding { Kind = "stream", Text = $"account \"{name}\" has a stream \"{stream}\"", Account = name, Stream = stream }),
        ["Say which account is meant."]);

    private static Explanation NoStreamAnywhere(string wanted, JetStreamEngine engine)
    {
        JetStreamStream[] streams = [.. engine.Accounts.SelectMany(static account => account.Streams)];
        string[] names = [.. streams.Select(static stream => stream.Name).Distinct(StringComparer.Ordinal)];
        return NotFound(
            $"No account of this server has a stream \"{wanted}\"; there {(streams.Length == 1 ? "is" : "are")} {StandingText.Count(streams.Length, "stream")} in all.",
            SimilarNames.Findings(wanted, names, name => new Finding { Kind = "stream", Text = $"there is a stream \"{name}\"", Account = streams.First(stream => stream.Name == name).Port.Name, Stream = name }),
            SimilarNames.Nearest(wanted, names) is { } nearest ? [$"Perhaps \"{nearest}\" is meant."] : []);
    }

    private static Explanation NotEnabled(string account, IMonitoredServer server) => new()
    {
        Question = Question,
        Verdict = "stopped",
        Summary = $"JetStream is not enabled for account {server.DisplayNameOf(account)}, so it has no streams and no consumers.",
        Rule = new ExplainRule("jetstream", "disabled", $"account {server.DisplayNameOf(account)}"),
        Findings = [new Finding { Kind = "jetstream", Text = $"JetStream is off for account {server.DisplayNameOf(account)}", Account = account, Decides = true }],
        Hints = ["Enable JetStream for the account, in its block of the configuration or in its token; what is stored of it is there again then."],
    };

    private static Explanation Offline(ExplainQuestion question, OfflineStream offline, string account)
    {
        List<Finding> findings =
        [
            new Finding { Kind = "stream", Text = $"the stream is offline: {offline.Reason}", Account = account, Stream = offline.Name, Decides = true, Refusal = offline.Reason },
        ];
        foreach ((string name, string reason) in offline.Consumers.OrderBy(static consumer => consumer.Key, StringComparer.Ordinal).Take(SimilarNames.Maximum))
            findings.Add(new Finding { Kind = "consumer", Text = $"consumer \"{name}\" needs a newer server: {reason}", Stream = offline.Name, Consumer = name, Decides = true, Refusal = reason });
        bool isCause = offline.Consumers.ContainsKey(question.Consumer);
        return new Explanation
        {
            Question = Question,
            Verdict = "stopped",
            Summary = isCause
                ? $"Consumer \"{question.Consumer}\" needs a newer server than this one, so its stream \"{offline.Name}\" is offline. Nothing of it was touched."
                : $"Stream \"{offline.Name}\" is offline: {offline.Reason}. None of its consumers delivers; nothing of it was touched.",
            Rule = new ExplainRule("metadata._nats.req.level", "", isCause ? $"consumer {question.Consumer} on stream {offline.Name}" : $"stream {offline.Name}"),
            Findings = findings,
            Hints = ["Start a server that is new enough on this store directory.", "Or delete what needs it: then the rest is served again after a restart."],
        };
    }

    private static Explanation NoStream(ExplainQuestion question, JetStreamAccount account, JetStreamEngine engine)
    {
        string[] streams = [.. account.Streams.Select(static stream => stream.Name), .. account.OfflineStreams.Select(static stream => stream.Name)];
        List<Finding> findings = [.. SimilarNames.Findings(question.Stream, streams, static name => new Finding { Kind = "stream", Text = $"there is a stream \"{name}\"", Stream = name })];
        string[] elsewhere = AccountsHaving(question.Stream, engine);
        foreach (string other in elsewhere.Take(SimilarNames.Maximum))
            findings.Add(new Finding { Kind = "account", Text = $"account \"{other}\" has a stream of this name", Account = other, Stream = question.Stream });
        List<string> hints = [];
        if (SimilarNames.Nearest(question.Stream, streams) is { } nearest) hints.Add($"Perhaps \"{nearest}\" is meant.");
        if (elsewhere.Length > 0) hints.Add($"Perhaps the stream of account \"{elsewhere[0]}\" is meant.");
        return NotFound($"Account \"{account.Name}\" has no stream \"{question.Stream}\"; it has {StandingText.Count(streams.Length, "stream")}.", findings, hints);
    }

    private static Explanation NoConsumer(ExplainQuestion question, JetStreamStream stream, string account)
    {
        string[] consumers = [.. stream.Consumers.Select(static consumer => consumer.Name)];
        List<string> hints = [];
        if (SimilarNames.Nearest(question.Consumer, consumers) is { } nearest) hints.Add($"Perhaps \"{nearest}\" is meant.");
        long thresholdNs = stream.Config.ConsumerLimits.InactiveThresholdNs;
        hints.Add(thresholdNs > 0
            ? $"It may have been deleted because nobody used it: on this stream consumers live for {StandingText.Setting(thresholdNs)} without being used unless they say otherwise."
            : "If it was no durable one, it may have been deleted because nobody used it: such a consumer lives for 5s without its client unless its inactive_threshold says otherwise.");
        return NotFound(
            $"Stream \"{stream.Name}\" has no consumer \"{question.Consumer}\"; it has {StandingText.Count(consumers.Length, "consumer")}.",
            SimilarNames.Findings(question.Consumer, consumers, name => new Finding { Kind = "consumer", Text = $"there is a consumer \"{name}\"", Account = account, Stream = stream.Name, Consumer = name }),
            hints);
    }

    private static Explanation NotFound(string summary, IEnumerable<Finding> findings, List<string> hints) => new()
    {
        Question = Question,
        Verdict = "not_found",
        Summary = summary,
        Findings = [.. findings],
        Hints = hints.Count == 0 ? null : hints,
    };
}
