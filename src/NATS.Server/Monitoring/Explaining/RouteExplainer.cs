using System.Text;
using NATS.Server.JetStream.Engine;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>Where a message without headers and payload would go. Pure over its arguments.</summary>
internal static class RouteExplainer
{
    private const int AccountsLookedAt = 1000;
    private const int SubscriptionsLookedAt = 10_000;

    public static Explanation Explain(ExplainQuestion question, IMonitoredServer server)
    {
        if (Find(question, server, out string account, out RightsSnapshot? publisher, out int others) is { } nobody) return nobody;
        if (SubjectProblem.OfPublish(question.Subject, server.Options) is { } problem) return problem.Explain("route");
        var route = new Route(question, server, account, publisher);
        route.Follow();
        return route.Answer(others);
    }

    private static Explanation? Find(ExplainQuestion question, IMonitoredServer server, out string account, out RightsSnapshot? publisher, out int others)
    {
        account = "";
        publisher = null;
        others = 0;
        if (question.Cid > 0 || question.User.Length > 0)
        {
            if (RightsSearch.Find(question, server, out IReadOnlyList<RightsGroup> found) is { } nobody) return nobody;
            publisher = found[0].Rights;
            account = publisher.Account;
            others = found.Skip(1).Sum(static group => group.Others.Count + 1);
            return null;
        }

        account = question.Account.Length > 0 ? RightsSearch.AccountOf(question.Account, server) ?? "" : RightsSearch.DefaultAccount(server);
        return account.Length == 0 ? RightsSearch.NoAccount(question, server) : null;
    }

    /// <summary>One answer. Owned by it.</summary>
    private sealed class Route
    {
        private readonly ExplainQuestion _question;
        private readonly IMonitoredServer _server;
        private readonly string _account;
        private readonly RightsSnapshot? _publisher;
        private readonly RightsJudge? _judge;
        private readonly SubjectShares _shares;
        private readonly RouteWalk _walk;
        private readonly RouteTally _tally = new();
        private readonly List<Finding> _findings = [];
        private readonly List<string> _hints = [];

        // Percent of the messages that nobody takes, and that the publisher may not publish.
        private int _unanswered;
        private int _denied;
        private RightsVerdict? _denial;

        public Route(ExplainQuestion question, IMonitoredServer server, string account, RightsSnapshot? publisher)
        {
            _question = question;
            _server = server;
            _account = account;
            _publisher = publisher;
            _judge = publisher is null ? null : new RightsJudge(publisher, server);
            _shares = SubjectShares.Of(server.FindModel(account)?.Mappings, question.Subject);
            _walk = new RouteWalk(server, question.HasReply);
        }

        private string Called => _server.DisplayNameOf(_account);

        private string Subject => $"\"{_question.Subject}\"";

        public void Follow()
        {
            if (SubjectProblem.NoteOf(_question.Subject) is { } note) _findings.Add(note);
            foreach (SubjectShare share in _shares.Shares)
            {
                if (_shares.Mapping is not { } mapping)
                {
                    Follow(share, _findings);
                    continue;
                }

                List<Finding> nested = [];
                bool isShown = _walk.Budget.TryTake();
                Follow(share, nested);
                if (isShown) _findings.Add(MappingWords.Of(mapping, share) with { Findings = nested.Count > 0 ? nested : null });
            }

            if (_shares.Dropped == 0) return;
            _unanswered += _shares.Dropped;
            if (_walk.Budget.TryTake()) _findings.Add(MappingWords.Dropped(_shares.Mapping!, _shares.Dropped));
        }

        private void Follow(SubjectShare share, List<Finding> findings)
        {
            if (_judge is { } judge)
            {
                RightsVerdict verdict = judge.Publish(share.Subject);
                if (_walk.Budget.TryTake()) findings.Add(verdict.ToFinding(share.Subject) with { Decides = !verdict.IsAllowed });
                if (!verdict.IsAllowed)
                {
                    _denied += share.Percent;
                    _denial ??= verdict;
                    return;
                }
            }

            // Of a user's connections it is not known which one publishes.
            var path = new RoutePath(_question.Cid, CarriesService: false);
            if (_walk.Follow(_account, share.Subject, path, findings, _tally) == 0) _unanswered += share.Percent;
        }

        public Explanation Answer(int others)
        {
            bool isDenied = _denial is not null && _tally.IsEmpty;
            bool isDelivered = !_tally.IsEmpty;
            if (!isDelivered && !isDenied) AddElsewhere();
            if (_question.HasReply && _unanswered > 0) AddNoResponders();
            if (others > 0) _findings.Add(new Finding { Kind = "connection", Text = $"{others} other connections of this user have other rights; this is for connection {_publisher!.Cid}" });
            if (_walk.Budget.Missing > 0) _findings.Add(FindingBudget.LeftOut(_walk.Budget.Missing, "findings"));
            if (_denial?.Hint is { } hint) _hints.Add(hint);
            _hints.AddRange(_tally.Hints.Take(SimilarNames.Maximum));
            return new Explanation
            {
                Question = "route",
                Verdict = isDelivered ? "delivered" : isDenied ? "denied" : "nobody",
                Summary = isDelivered ? Delivered() : isDenied ? Denied() : Nobody(),
                Rule = isDenied ? _denial!.Rule : isDelivered ? null : _tally.FirstRule,
                Findings = _findings,
                Hints = _hints.Count > 0 ? _hints : null,
            };
        }

        private string Delivered()
        {
            string summary = $"A message on {Subject} in account {Called}{Mapped()} goes to {_tally}.";
            if (_denied > 0) summary += $" {_denied} % of the messages are refused: {_denial!.Reason}.";
            int lost = _unanswered;
            if (lost > 0) summary += $" {lost} % of the messages go to nobody.";
            if (_tally.Refusals == 1) summary += $" {FirstRefusal()}.";
            else if (_tally.Refusals > 1) summary += $" {_tally.Refusals} that match do not get it.";
            return summary;
        }

        private string Denied() => $"{_judge!.Words.WhoFirst} may not publish to {Subject}{Mapped()}: {_denial!.Reason}. Nobody gets it.";

        private string Nobody()
        {
            string summary = $"Nobody gets a message on {Subject} in account {Called}{Mapped()}.";
            if (_tally.Refusals == 0) return summary + " Nothing there matches it.";
            return _tally.Refusals == 1 ? $"{summary} {FirstRefusal()}." : $"{summary} {_tally.Refusals} that match do not get it. {FirstRefusal()}, for instance.";
        }

        private string FirstRefusal() => char.ToUpperInvariant(_tally.FirstRefusal[0]) + _tally.FirstRefusal[1..];

        private string Mapped() => _shares switch
        {
            { Mapping: null } => "",
            { Shares: [] } => $", which the mapping of \"{_shares.Mapping.Source}\" gives up,",
            { Shares: [var only] } => $", which is mapped to \"{only.Subject}\",",
            _ => $", which is mapped to {_shares.Shares.Count} subjects by weight,",
        };

        private void AddNoResponders()
        {
            string share = _unanswered < 100 ? $" for {_unanswered} % of the requests" : "";
            bool isTold = _publisher is not { Cid: > 0 } || _publisher.NoResponders;
            string text = isTold
                ? $"nobody takes it: the requester is told 503 No Responders{share}, if its CONNECT has no_responders and it subscribes to the reply subject itself"
                : $"nobody takes it{share}, and the requester is not told: its CONNECT did not ask for no_responders";
            _findings.Add(new Finding { Kind = "no_responders", Text = text, Value = 503, Refusal = isTold ? null : "no_responders is false" });
        }

        /// <summary>What is nearly meant: the same subject in other accounts, other subjects in this one.</summary>
        private void AddElsewhere()
        {
            List<string> accounts = [];
            byte[][] subjects = [.. _shares.Shares.Select(static share => Encoding.UTF8.GetBytes(share.Subject))];
            foreach (string other in _server.ListAccounts().Where(other => other != _account).Order(StringComparer.Ordinal).Take(AccountsLookedAt))
            {
                if (accounts.Count == SimilarNames.Maximum) break;
                if (!subjects.Any(subject => _server.HasInterest(other, subject))) continue;
                accounts.Add(other);
                if (_walk.Budget.TryTake()) _findings.Add(new Finding { Kind = "elsewhere", Text = $"account {_server.DisplayNameOf(other)} has subscriptions that match; no import brings it there", Account = other });
            }

            if (accounts.Count > 0) _hints.Add($"It matches in account {string.Join(", ", accounts.Select(_server.DisplayNameOf))}: publish there, or export and import the subject.");
            if (_tally.Refusals == 0 && SimilarNames.Sentence("Subjects that somebody wants in the account", _question.Subject, Wanted()) is { } near) _hints.Add(near);
        }

        private string[] Wanted()
        {
            IEnumerable<string> wanted = [];
            if (_server.SnapshotAccounts(_account, withSubscriptions: false) is [var snapshot] && snapshot.Sublist.Subscriptions <= SubscriptionsLookedAt)
            {
                wanted = _server.SnapshotAccounts(_account, withSubscriptions: true).SelectMany(static known => known.Subscriptions)
                    .Where(subscription => subscription.Account == _account).Select(static subscription => Encoding.UTF8.GetString(subscription.Subject)).Where(static subject => !subject.StartsWith("_INBOX.", StringComparison.Ordinal));
            }

            if (_server.JetStream?.TryGetAccount(_account, out JetStreamAccount? owner) == true) wanted = wanted.Concat(owner!.Streams.SelectMany(static stream => stream.Config.Subjects ?? []));
            return [.. wanted.Distinct(StringComparer.Ordinal)];
        }
    }
}
