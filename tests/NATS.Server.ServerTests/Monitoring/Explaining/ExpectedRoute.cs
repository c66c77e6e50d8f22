using NATS.Server.Monitoring.Explaining;

namespace NATS.Server.ServerTests.Monitoring.Explaining;

/// <summary>What an explanation says of who gets a message. Immutable.</summary>
internal sealed class ExpectedRoute
{
    private readonly List<Finding> _shares = [];

    public bool IsWeighted => _shares.Count > 1;

    /// <summary>In the words of a trace: what does not depend on chance, in order of the text.</summary>
    public string Steps { get; private init; } = "";

    public static ExpectedRoute Of(Explanation answer)
    {
        List<string> steps = [];
        Walk(answer.Findings, inGroup: null);
        var expected = new ExpectedRoute { Steps = string.Join("\n", steps.Order(StringComparer.Ordinal)) };
        Finding[] weighted = [.. answer.Findings.Where(static finding => finding.Kind == "mapping")];
        if (weighted.Length > 1) expected._shares.AddRange(weighted);
        else expected._shares.Add(new Finding { Kind = "all", Text = "", Findings = answer.Findings });
        return expected;

        void Walk(IReadOnlyList<Finding>? findings, string? inGroup)
        {
            foreach (Finding finding in findings ?? [])
            {
                switch (finding.Kind)
                {
                    case "subscription" when inGroup is null:
                        steps.Add($"eg {finding.Cid} {(finding.Refusal is null ? "" : "not")}");
                        break;
                    case "queue_group":
                        // Which member it is, chance decides.
                        steps.Add($"eg {finding.Queue} {(finding.Refusal is null ? "" : "not")}");
                        break;
                    case "stream":
                        steps.Add($"js {finding.Stream} {(finding.Refusal is null ? finding.Subject : "not")}");
                        break;
                    case "stream_import" when inGroup is not null:
                        break;
                    case "stream_import" when finding.Refusal is null || !finding.Text.Contains("request", StringComparison.Ordinal):
                        foreach (Finding _ in finding.Findings ?? []) steps.Add($"se {finding.Account} {finding.Subject}");
                        break;
                    case "service_import" when finding.Findings is not [{ Kind: "mapping" }, ..]:
                        steps.Add($"si {finding.Account} {finding.Subject}");
                        break;
                    case "service_import":
                        steps.Add($"si {finding.Account} {finding.Findings[0].Subject}");
                        break;
                    case "mapping" when finding.Account is null:
                        steps.Add($"sm {finding.Subject}");
                        break;
                    case "server" when finding.Text == "JetStream answers the request":
                        steps.Add("si $SYS");
                        break;
                }

                if (finding.Kind is not ("mirror" or "source" or "republish")) Walk(finding.Findings, finding.Kind == "queue_group" ? finding.Queue : inGroup);
            }
        }
    }

    /// <summary>The findings as text, for failures.</summary>
    public override string ToString() => string.Join("\n", _shares.SelectMany(static share => Lines(share, "")));

    private static IEnumerable<string> Lines(Finding finding, string indent) =>
        (finding.Findings ?? []).SelectMany(nested => Lines(nested, indent + "  ")).Prepend($"{indent}{finding.Kind} {finding.Cid} {finding.Text}");

    /// <summary>Whether exactly those who were named got a message, one member of each group.</summary>
    /// <param name="got">How many messages each connection got.</param>
    /// <param name="stored">The streams that stored it, as <c>ACCOUNT/STREAM</c>.</param>
    public bool Explains(Dictionary<ulong, int> got, string[] stored) => _shares.Any(share => Explains(share.Findings ?? [], got, stored));

    private static bool Explains(IReadOnlyList<Finding> findings, Dictionary<ulong, int> got, string[] stored)
    {
        var left = new Dictionary<ulong, int>(got);
        var streams = new List<string>(stored);
        List<ulong[]> groups = [];
        bool isComplete = true;
        Walk(findings);
        return isComplete && streams.Count == 0 && left.Values.All(static count => count >= 0) && left.Values.Sum() == groups.Count && Assign(0);

        // Which member of each group it was that got the message.
        bool Assign(int index)
        {
            if (index == groups.Count) return true;
            foreach (ulong member in groups[index])
            {
                if (left.GetValueOrDefault(member) == 0) continue;
                left[member]--;
                if (Assign(index + 1)) return true;
                left[member]++;
            }

            return false;
        }

        void Walk(IReadOnlyList<Finding>? walked)
        {
            foreach (Finding finding in walked ?? [])
            {
                if (finding.Kind == "queue_group")
                {
                    if (finding.Refusal is null) groups.Add([.. Members(finding)]);
                    continue;
                }

                if (finding is { Kind: "subscription", Refusal: null }) left[finding.Cid!.Value] = left.GetValueOrDefault(finding.Cid.Value) - 1;
                if (finding is { Kind: "stream", Refusal: null }) isComplete &= streams.Remove($"{finding.Account}/{finding.Stream}");
                Walk(finding.Findings);
            }
        }

        static IEnumerable<ulong> Members(Finding group) =>
            (group.Findings ?? []).SelectMany(static member => member.Kind == "subscription" ? [member] : member.Findings ?? []).Where(static member => member.Refusal is null).Select(static member => member.Cid!.Value);
    }
}
