using System.Text;
using NATS.Server.Accounts;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>What a user may publish and subscribe to, and by which rule. Pure over its arguments.</summary>
internal static class PermissionExplainer
{
    private const int ShownConnections = 20;

    public static Explanation Publish(ExplainQuestion question, IMonitoredServer server)
    {
        if (RightsSearch.Find(question, server, out IReadOnlyList<RightsGroup> found) is { } nobody) return nobody;
        if (SubjectProblem.OfPublish(question.Subject, server.Options) is { } problem) return problem.Explain("publish");
        return WithOthers(Publish(question, found[0].Rights, server), found, rights => Publish(question, rights, server));
    }

    public static Explanation Subscribe(ExplainQuestion question, IMonitoredServer server)
    {
        if (RightsSearch.Find(question, server, out IReadOnlyList<RightsGroup> found) is { } nobody) return nobody;
        if (SubjectProblem.OfSubscribe(question.Subject, question.Queue, server.Options) is { } problem) return problem.Explain("subscribe");
        return WithOthers(Subscribe(question, found[0].Rights, server), found, rights => Subscribe(question, rights, server));
    }

    private static Explanation Publish(ExplainQuestion question, RightsSnapshot rights, IMonitoredServer server)
    {
        var judge = new RightsJudge(rights, server);
        string subject = question.Subject;
        SubjectShares shares = SubjectShares.Of(server.FindModel(rights.Account)?.Mappings, subject);
        RightsVerdict[] verdicts = [.. shares.Shares.Select(share => judge.Publish(share.Subject))];
        List<Finding> findings = [];
        if (shares.Mapping is { } mapping)
        {
            for (int i = 0; i < verdicts.Length; i++) findings.Add(MappingWords.Of(mapping, shares.Shares[i]) with { Findings = [verdicts[i].ToFinding(shares.Shares[i].Subject)] });
            if (shares.Dropped > 0) findings.Add(MappingWords.Dropped(mapping, shares.Dropped));
        }
        else
        {
            findings.Add(verdicts[0].ToFinding(subject));
        }

        // Nobody is refused whose messages are all given up before anybody asks.
        bool isAllowed = verdicts.Length == 0 || verdicts.Any(static verdict => verdict.IsAllowed);
        if (judge.Responses(isAllowed) is { } responses) findings.Add(responses);
        if (SubjectProblem.NoteOf(subject) is { } note) findings.Add(note);
        RightsVerdict? decisive = verdicts.FirstOrDefault(verdict => verdict.IsAllowed == isAllowed);
        List<string> hints = [.. verdicts.Where(static verdict => !verdict.IsAllowed).Select(static verdict => verdict.Hint).OfType<string>().Distinct(StringComparer.Ordinal)];
        if (isAllowed) hints.Add("Ask the question \"route\" to see who gets it.");
        return new Explanation
        {
            Question = "publish",
            Verdict = isAllowed ? "allowed" : "denied",
            Summary = PublishSummary(judge.Words, subject, shares, verdicts, isAllowed),
            Rule = decisive?.Rule,
            Findings = findings,
            Hints = hints.Count > 0 ? hints : null,
        };
    }

    private static string PublishSummary(RightsWords words, string subject, SubjectShares shares, RightsVerdict[] verdicts, bool isAllowed)
    {
        string may = $"{words.WhoFirst} {(isAllowed ? "may" : "may not")} publish to \"{subject}\"";
        RightsVerdict? decisive = verdicts.FirstOrDefault(verdict => verdict.IsAllowed == isAllowed);
        if (decisive is null) return $"{may}, but the mapping of \"{shares.Mapping!.Source}\" gives all messages up.";
        if (shares.Mapping is not { } mapping) return $"{may}: {decisive.Reason}.";
        if (verdicts.Length == 1) return $"{may}, which \"{mapping.Source}\" maps to \"{shares.Shares[0].Subject}\": {decisive.Reason}.";
        int denied = shares.Shares.Where((_, i) => !verdicts[i].IsAllowed).Sum(static share => share.Percent);
        if (isAllowed && denied > 0) return $"{may}, but {denied} % of the messages are refused after the mapping of \"{mapping.Source}\".";
        return $"{may}, which \"{mapping.Source}\" maps to {verdicts.Length} subjects: {decisive.Reason}.";
    }

    private static Explanation Subscribe(ExplainQuestion question, RightsSnapshot rights, IMonitoredServer server)
    {
        var judge = new RightsJudge(rights, server);
        RightsVerdict verdict = judge.Subscribe(question.Subject, question.Queue);
        List<Finding> findings = [verdict.ToFinding(question.Subject) with { Queue = question.Queue.Length > 0 ? question.Queue : null }];
        IReadOnlyList<string> denied = verdict.IsAllowed ? rights.Permissions?.FindDeniedParts(Encoding.UTF8.GetBytes(question.Subject)) ?? [] : [];
        string list = judge.Words.NameOf(Auth.PermissionListKind.SubscribeDeny);
        foreach (string entry in denied.Take(FindingBudget.Maximum))
        {
            findings.Add(new Finding
            {
                Kind = "denied_part",
                Text = $"messages that {list} has \"{judge.Words.Written(entry)}\" for are left out one by one ({judge.Words.Owner})",
                Subject = entry,
                Refusal = "not delivered to this subscription",
            });
        }

        if (verdict.IsAllowed) findings.AddRange(Imports(question.Subject, rights, server));
        string queue = question.Queue.Length > 0 ? $" in queue group \"{question.Queue}\"" : "";
        string parts = denied.Count > 0 ? $" It does not get what {list} denies: {string.Join(", ", denied.Take(SimilarNames.Maximum).Select(entry => $"\"{judge.Words.Written(entry)}\""))}." : "";
        return new Explanation
        {
            Question = "subscribe",
            Verdict = verdict.IsAllowed ? "allowed" : "denied",
            Summary = $"{judge.Words.WhoFirst} {(verdict.IsAllowed ? "may" : "may not")} subscribe to \"{question.Subject}\"{queue}: {verdict.Reason}.{parts}",
            Rule = verdict.Rule,
            Findings = findings,
            Hints = verdict.Hint is { } hint ? [hint] : null,
        };
    }

    /// <summary>The streams of other accounts that the subscription would get messages of.</summary>
    private static IEnumerable<Finding> Imports(string subject, RightsSnapshot rights, IMonitoredServer server)
    {
        byte[] subscribed = Encoding.UTF8.GetBytes(subject);
        foreach (StreamImport import in server.FindModel(rights.Account)?.StreamImports ?? [])
        {
            if (SubjectIntersection.Of(subscribed, import.To) is not { } common) continue;
            yield return new Finding
            {
                Kind = "stream_import",
                Text = $"it also gets what account {server.DisplayNameOf(import.Exporter.Name)} publishes to \"{Encoding.UTF8.GetString(import.From)}\"",
                Account = import.Exporter.Name,
                Subject = Encoding.UTF8.GetString(common),
            };
        }
    }

    /// <summary>Says of a user's other connections what is different for them.</summary>
    private static Explanation WithOthers(Explanation first, IReadOnlyList<RightsGroup> groups, Func<RightsSnapshot, Explanation> explain)
    {
        if (groups is [{ Others.Count: 0 }]) return first;
        List<Finding> findings = [.. first.Findings];
        if (groups[0].Others.Count > 0) findings.Add(new Finding { Kind = "connection", Text = $"the same holds for {Numbers(groups[0].Others)} of this user" });
        int different = 0;
        foreach (RightsGroup group in groups.Skip(1).Take(ShownConnections))
        {
            Explanation other = explain(group.Rights);
            if (other.Verdict != first.Verdict) different++;
            findings.Add(new Finding
            {
                Kind = "connection",
                Text = $"{other.Verdict} for {Numbers([group.Rights.Cid, .. group.Others])}, which has other rights: {other.Summary}",
                Cid = group.Rights.Cid,
                Account = group.Rights.Account,
                Refusal = other.Verdict == "denied" ? other.Findings.FirstOrDefault(static finding => finding.Refusal is not null)?.Refusal : null,
            });
        }

        if (groups.Count - 1 > ShownConnections) findings.Add(FindingBudget.LeftOut(groups.Count - 1 - ShownConnections, "connections"));
        return first with
        {
            Findings = findings,
            Summary = different > 0 ? first.Summary + " It is otherwise for other connections of this user." : first.Summary,
        };
    }

    private static string Numbers(List<ulong> cids)
    {
        string shown = string.Join(", ", cids.Take(ShownConnections));
        string more = cids.Count > ShownConnections ? $", and {cids.Count - ShownConnections} more" : "";
        return $"{(cids.Count == 1 ? "connection" : "connections")} {shown}{more}";
    }
}
