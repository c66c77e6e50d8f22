using NATS.Server.Monitoring.Explaining;

namespace NATS.Server.Host.Explain;

/// <summary>An explanation as people read it, whatever it is about. Pure.</summary>
internal static class ExplanationView
{
    private const string Green = "\e[32m";
    private const string Red = "\e[31m";
    private const string Yellow = "\e[33m";
    private const string Bold = "\e[1m";
    private const string Plain = "\e[0m";
    private const int Step = 2;
    private const int DeepestStep = 20;

    /// <summary>The lines: verdict and summary, the rule, what was looked at, what could be done.</summary>
    public static IReadOnlyList<string> Render(Explanation explanation, ExplanationStyle style)
    {
        var lines = new List<string>();
        string verdict = ExplainText.Printable(explanation.Verdict, style.IsAscii).Replace('_', ' ');
        bool isGood = ExplainExit.Of(explanation.Verdict) == ExplainExit.Good;
        string mark = (style.HasSymbols, isGood) switch
        {
            (false, _) => "",
            (true, true) => "✓ ",
            (true, false) => "✗ ",
        };
        AddHeaded(lines, $"{mark}{verdict}: ", explanation.Summary, isGood ? Green : Red, style);
        if (explanation.Rule is { } rule) AddHeaded(lines, "Rule: ", TextOf(rule), Bold, style);
        if (explanation.Findings.Count > 0)
        {
            lines.Add("");
            foreach (Finding finding in explanation.Findings) AddFinding(lines, finding, depth: 0, style);
        }

        if (explanation.Hints is { Count: > 0 } hints)
        {
            lines.Add("");
            foreach (string hint in hints.Where(static hint => hint.Length > 0)) AddHeaded(lines, "Hint: ", hint, Bold, style);
        }

        return lines;
    }

    private static string TextOf(ExplainRule rule)
    {
        string text = rule.Value.Length > 0 ? $"{rule.Name}: {rule.Value}" : rule.Name;
        return rule.Source.Length > 0 ? $"{text} ({rule.Source})" : text;
    }

    private static void AddFinding(List<string> lines, Finding finding, int depth, ExplanationStyle style)
    {
        // What decides stands out at the margin, however deep it is.
        string arrow = (finding.Decides, style.HasSymbols) switch
        {
            (false, _) => " ",
            (true, true) => "→",
            (true, false) => ">",
        };
        bool isRefused = finding.Refusal is not null;
        string mark = (isRefused, style.HasSymbols) switch
        {
            (true, true) => "✗",
            (true, false) => "x",
            (false, true) => "•",
            (false, false) => "-",
        };

        // Many findings say themselves why.
        string text = finding.Refusal is { } refusal && !finding.Text.Contains(refusal, StringComparison.Ordinal) ? $"{finding.Text.TrimEnd('.')}: {refusal}" : finding.Text;
        string indent = new(' ', Step * Math.Min(depth, DeepestStep));
        string margin = $"{arrow} {indent}{mark} ";
        string painted = $"{Paint(arrow, Yellow, style)} {indent}{(isRefused ? Paint(mark, Red, style) : mark)} ";
        bool isFirst = true;
        foreach (string line in ExplainText.Wrap(ExplainText.Printable(text, style.IsAscii), RoomAfter(margin, style)))
        {
            lines.Add((isFirst ? painted : new string(' ', margin.Length)) + (finding.Decides ? Paint(line, Bold, style) : line));
            isFirst = false;
        }

        foreach (Finding inner in finding.Findings ?? []) AddFinding(lines, inner, depth + 1, style);
    }

    private static void AddHeaded(List<string> lines, string head, string text, string color, ExplanationStyle style)
    {
        bool isFirst = true;
        foreach (string line in ExplainText.Wrap(ExplainText.Printable(text, style.IsAscii), RoomAfter(head, style)))
        {
            lines.Add((isFirst ? Paint(head, color, style) : new string(' ', head.Length)) + line);
            isFirst = false;
        }
    }

    private static int RoomAfter(string head, ExplanationStyle style) => style.Width == 0 ? 0 : Math.Max(style.Width - head.Length, style.Width / 2);

    private static string Paint(string text, string color, ExplanationStyle style) => style.HasColors && text.Trim().Length > 0 ? color + text + Plain : text;
}
