using NATS.Server.Host.Explain;
using NATS.Server.Monitoring.Explaining;
using Xunit;

namespace NATS.Server.UnitTests.Host.Explain;

public sealed class ExplanationViewTests
{
    private static readonly ExplanationStyle Terminal = new(HasSymbols: true, HasColors: false, Width: 0, IsAscii: false);

    private static readonly Explanation Denied = new()
    {
        Question = "publish",
        Verdict = "denied",
        Summary = "alice may not publish to orders.new.",
        Rule = new ExplainRule("permissions.publish.deny", "orders.>", "user alice in account A"),
        Findings =
        [
            new Finding { Kind = "subject", Text = "orders.new is a subject one can publish to" },
            new Finding
            {
                Kind = "permission",
                Text = "permissions of user alice",
                Findings =
                [
                    new Finding { Kind = "permission", Text = "allow > matches" },
                    new Finding { Kind = "permission", Text = "deny orders.>.", Refusal = "it matches, and deny wins", Decides = true },
                ],
            },
        ],
        Hints = ["Remove orders.> from deny.", "Or publish as somebody else."],
    };

    [Fact]
    public void An_explanation_begins_with_the_verdict_and_ends_with_what_to_do() => AssertShown(
        Denied,
        Terminal,
        """
        ✗ denied: alice may not publish to orders.new.
        Rule: permissions.publish.deny: orders.> (user alice in account A)

          • orders.new is a subject one can publish to
          • permissions of user alice
            • allow > matches
        →   ✗ deny orders.>: it matches, and deny wins

        Hint: Remove orders.> from deny.
        Hint: Or publish as somebody else.
        """);

    [Fact]
    public void Where_symbols_cannot_be_shown_marks_are_ascii() => AssertShown(
        Denied,
        ExplanationStyle.Plain,
        """
        denied: alice may not publish to orders.new.
        Rule: permissions.publish.deny: orders.> (user alice in account A)

          - orders.new is a subject one can publish to
          - permissions of user alice
            - allow > matches
        >   x deny orders.>: it matches, and deny wins

        Hint: Remove orders.> from deny.
        Hint: Or publish as somebody else.
        """);

    [Fact]
    public void Long_texts_are_broken_at_blanks_under_their_beginning() => AssertShown(
        Denied,
        Terminal with { Width = 40 },
        """
        ✗ denied: alice may not publish to
                  orders.new.
        Rule: permissions.publish.deny: orders.>
              (user alice in account A)

          • orders.new is a subject one can
            publish to
          • permissions of user alice
            • allow > matches
        →   ✗ deny orders.>: it matches, and
              deny wins

        Hint: Remove orders.> from deny.
        Hint: Or publish as somebody else.
        """);

    [Fact]
    public void Colours_say_what_is_refused_and_what_decides() => AssertShown(
        Denied with { Findings = [Denied.Findings[0], Denied.Findings[1].Findings![1]], Hints = ["Ask."] },
        Terminal with { HasColors = true },
        """
        [31m✗ denied: [0malice may not publish to orders.new.
        [1mRule: [0mpermissions.publish.deny: orders.> (user alice in account A)

          • orders.new is a subject one can publish to
        [33m→[0m [31m✗[0m [1mdeny orders.>: it matches, and deny wins[0m

        [1mHint: [0mAsk.
        """);

    [Theory]
    [InlineData("allowed", "32", 0)]
    [InlineData("delivered", "32", 0)]
    [InlineData("delivering", "32", 0)]
    [InlineData("idle", "32", 0)]
    [InlineData("open", "32", 0)]
    [InlineData("denied", "31", 1)]
    [InlineData("nobody", "31", 1)]
    [InlineData("waiting", "31", 1)]
    [InlineData("stopped", "31", 1)]
    [InlineData("closed", "31", 1)]
    [InlineData("not_found", "31", 1)]
    [InlineData("a verdict of tomorrow", "31", 1)]
    public void A_verdict_is_good_or_bad(string verdict, string color, int exitCode)
    {
        Explanation explanation = new() { Question = "route", Verdict = verdict, Summary = "So it is." };

        Assert.Equal([$"\e[{color}m{(exitCode == 0 ? "✓" : "✗")} {verdict.Replace('_', ' ')}: \e[0mSo it is."], ExplanationView.Render(explanation, Terminal with { HasColors = true }));
        Assert.Equal(exitCode, ExplainExit.Of(verdict));
    }

    [Fact]
    public void What_others_have_named_commands_nothing()
    {
        const string Evil = "\e[2J\r\n\u009b\u202e";
        const string Shown = @"\u001b[2J\u000d\u000a\u009b\u202e";
        Explanation explanation = new()
        {
            Question = "route",
            Verdict = Evil,
            Summary = Evil,
            Rule = new ExplainRule(Evil, Evil, Evil),
            Findings = [new Finding { Kind = "limit", Text = Evil, Refusal = "by " + Evil }],
            Hints = [Evil],
        };

        Assert.Equal(
            [$"{Shown}: {Shown}", $"Rule: {Shown}: {Shown} ({Shown})", "", $"  x {Shown}: by {Shown}", "", $"Hint: {Shown}"], ExplanationView.Render(explanation, ExplanationStyle.Plain));
    }

    [Fact]
    public void A_text_that_says_why_says_it_once()
    {
        Finding[] findings =
        [
            new Finding { Kind = "subscription", Text = "connection 7 does not get it: it published it.", Refusal = "it published it" },
            new Finding { Kind = "subscription", Text = "connection 8.", Refusal = "it published it" },
        ];

        Assert.Equal(
            ["nobody: ", "", "  x connection 7 does not get it: it published it.", "  x connection 8: it published it", "", "Hint: Ask."],
            ExplanationView.Render(new Explanation { Question = "route", Verdict = "nobody", Summary = "", Findings = findings, Hints = ["", "Ask."] }, ExplanationStyle.Plain));
    }

    [Fact]
    public void A_rule_may_have_no_value_and_belong_to_nobody()
    {
        Explanation explanation = new() { Question = "route", Verdict = "nobody", Summary = "Nobody listens.", Rule = new ExplainRule("no_responders", "", "") };

        Assert.Equal(["nobody: Nobody listens.", "Rule: no_responders"], ExplanationView.Render(explanation, ExplanationStyle.Plain));
    }

    [Fact]
    public void A_tree_that_is_deeper_than_a_screen_is_wide_stays_readable()
    {
        var finding = new Finding { Kind = "service_import", Text = "the last one" };
        for (int i = 0; i < 60; i++) finding = new Finding { Kind = "service_import", Text = "one more", Findings = [finding] };

        IReadOnlyList<string> lines = ExplanationView.Render(new Explanation { Question = "route", Verdict = "nobody", Summary = "", Findings = [finding] }, Terminal with { Width = 50 });

        Assert.Equal(new string(' ', 42) + "• the last one", lines[^1]);
    }

    // The escape characters of the colours are left out of the expected texts, which are read more easily so.
    private static void AssertShown(Explanation explanation, ExplanationStyle style, string expected) =>
        Assert.Equal(expected.ReplaceLineEndings("\n"), string.Join('\n', ExplanationView.Render(explanation, style)).Replace("\e", "", StringComparison.Ordinal));
}
