using System.Text;
using NATS.Server.Host.Explain;
using NATS.Server.Monitoring.Explaining;
using Xunit;

namespace NATS.Server.UnitTests.Host.Explain;

public sealed class ExplainAnswerTests
{
    [Fact]
    public void An_answer_is_read_with_all_that_is_in_it()
    {
        ExplainAnswer answer = Read("""
            {"server":{"name":"east","id":"NID","new":1},
             "data":{"question":"route","verdict":"delivered","summary":"To one.","new":{},
               "rule":{"name":"mapping","value":"a \u003e b","source":"account A"},
               "findings":[{"kind":"queue_group","text":"q","decides":true,"findings":[{"kind":"subscription","text":"cid 7","refusal":"it is full","cid":7}]}],
               "hints":["Look."]}}
            """);

        Assert.Equal(("east", "NID", "", 0), (answer.ServerName, answer.ServerId, answer.Error, answer.ExitCode));
        Explanation explanation = answer.Explanation!;
        Assert.Equal(("route", "delivered", "To one."), (explanation.Question, explanation.Verdict, explanation.Summary));
        Assert.Equal(new ExplainRule("mapping", "a > b", "account A"), explanation.Rule);
        Finding group = Assert.Single(explanation.Findings);
        Assert.Equal(("queue_group", "q", true, null), (group.Kind, group.Text, group.Decides, group.Refusal));
        Assert.Equal(("cid 7", "it is full"), (group.Findings![0].Text, group.Findings[0].Refusal));
        Assert.Equal(["Look."], explanation.Hints!);
    }

    [Fact]
    public void Json_is_given_on_a_line_as_the_server_has_put_it()
    {
        ExplainAnswer answer = Read("{\"server\":{\"id\":\"NID\"},\n\"data\":{\"verdict\":\"open\",\n\"new\":[1, \"a\\u003eb\", \"\\u001b\u009b\"]}}");

        Assert.Equal("""{"verdict":"open","new":[1,"a>b","\u001B\u009B"]}""", answer.ExplanationJson);
        Assert.Equal("""{"server":{"id":"NID"},"data":{"verdict":"open","new":[1,"a>b","\u001B\u009B"]}}""", answer.WholeJson);
    }

    [Theory]
    [InlineData("""{"server":{},"error":{"code":400,"description":"subject required"}}""", "subject required", 2)]
    [InlineData("""{"server":{},"data":null,"error":{"code":500,"description":"not now"}}""", "not now", 3)]
    [InlineData("""{"server":{},"error":{}}""", "the answer explains nothing", 3)]
    [InlineData("""{"server":{},"data":{}}""", "the answer explains nothing", 3)]
    [InlineData("""{"data":{"verdict":7}}""", "the answer explains nothing", 3)]
    [InlineData("[]", "the answer explains nothing", 3)]
    [InlineData("null", "the answer explains nothing", 3)]
    public void An_answer_may_be_that_there_is_none(string json, string error, int exitCode)
    {
        ExplainAnswer answer = Read(json);

        Assert.Equal((null, error, exitCode), (answer.Explanation, answer.Error, answer.ExitCode));
    }

    [Fact]
    public void Fields_of_other_types_are_as_good_as_missing()
    {
        Explanation explanation = Read("""{"data":{"verdict":"open","summary":1,"rule":[],"findings":[null,1,{"text":[],"decides":"yes","refusal":{}}],"hints":[null,"x"]}}""").Explanation!;

        Assert.Equal(("", null, 3), (explanation.Summary, explanation.Rule, explanation.Findings.Count));
        Assert.All(explanation.Findings, static finding => Assert.Equal(("", false, null), (finding.Text, finding.Decides, finding.Refusal)));
        Assert.Equal(["", "x"], explanation.Hints!);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("NATS")]
    public void What_is_no_json_is_no_answer(string text) => Assert.Equal("the answer is no JSON", Assert.Throws<ExplainException>(() => Read(text)).Message);

    [Fact]
    public void A_tree_without_end_is_refused()
    {
        string nested = string.Concat(Enumerable.Repeat("{\"findings\":[", 1000));

        Assert.Throws<ExplainException>(() => Read("{\"data\":" + nested));
    }

    [Fact]
    public void A_question_is_asked_with_what_was_said_and_nothing_else()
    {
        Assert.Equal("""{"question":"publish","subject":"a","user":"u"}""", Body(new ExplainQuestion { Kind = ExplainKind.Publish, Subject = "a", User = "u" }));
        Assert.Equal(
            """{"question":"subscribe","subject":"a.*","queue":"q","account":"A","cid":7}""",
            Body(new ExplainQuestion { Kind = ExplainKind.Subscribe, Subject = "a.*", Queue = "q", Account = "A", Cid = 7 }));
        Assert.Equal("""{"question":"route","subject":"a","reply":true}""", Body(new ExplainQuestion { Kind = ExplainKind.Route, Subject = "a", HasReply = true }));
        Assert.Equal("""{"question":"consumer","stream":"S","consumer":"C"}""", Body(new ExplainQuestion { Kind = ExplainKind.Consumer, Stream = "S", Consumer = "C" }));
        Assert.Equal("""{"question":"connection","cid":7}""", Body(new ExplainQuestion { Kind = ExplainKind.Connection, Cid = 7 }));
    }

    private static ExplainAnswer Read(string json) => ExplainAnswer.Read(Encoding.UTF8.GetBytes(json));

    private static string Body(ExplainQuestion question) => Encoding.UTF8.GetString(ExplainBody.Write(question));
}
