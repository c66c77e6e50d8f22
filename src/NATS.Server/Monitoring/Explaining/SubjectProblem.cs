using System.Globalization;
using System.Text;
using NATS.Server.Core.Subjects;
using NATS.Server.Options;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>Why nobody can publish or subscribe to a subject, whoever it is. Immutable.</summary>
/// <param name="Reason">As a part of a sentence.</param>
/// <param name="Rule">What decides.</param>
/// <param name="Subject">The subject, shortened.</param>
internal sealed record SubjectProblem(string Reason, ExplainRule Rule, string Subject)
{
    private const int ShownLength = 200;
    private const string Protocol = "the protocol";

    // What separates the arguments of an operation.
    private static readonly char[] Separators = [' ', '\t', '\r', '\n'];

    /// <summary>Null when a PUB can have the subject.</summary>
    public static SubjectProblem? OfPublish(string subject, ServerOptions options) => Of(subject, subject, options);

    /// <summary>Null when a SUB can have the subject and the queue group.</summary>
    public static SubjectProblem? OfSubscribe(string subject, string queue, ServerOptions options)
    {
        if (queue.AsSpan().ContainsAny(Separators)) return new SubjectProblem("a queue group has no white space", new ExplainRule("queue group", Short(queue), Protocol), Short(subject));
        return Of(subject, queue.Length > 0 ? $"{subject} {queue}" : subject, options);
    }

    /// <summary>What is odd about a subject though it can be published to; null for nothing.</summary>
    public static Finding? NoteOf(string subject)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(subject);
        if (Core.Subjects.Subject.IsValidPublish(bytes)) return null;
        string text = Core.Subjects.Subject.HasWildcard(bytes)
            ? "the subject of a message has no wildcards: * and > stand for themselves, and clients in pedantic mode are told \"Invalid Publish Subject\""
            : "the subject has an empty token: no subscription matches it, and clients in pedantic mode are told \"Invalid Publish Subject\"";
        return new Finding { Kind = "subject", Text = text, Subject = subject };
    }

    /// <summary>The answer to a question about it.</summary>
    public Explanation Explain(string question) => new()
    {
        Question = question,
        Verdict = "denied",
        Summary = $"Nobody can {(question == "subscribe" ? "subscribe" : "publish")} to \"{Subject}\": {Reason}.",
        Rule = Rule,
        Findings = [new Finding { Kind = "subject", Text = Reason, Subject = Subject, Decides = true, Refusal = Reason }],
    };

    private static SubjectProblem? Of(string subject, string arguments, ServerOptions options)
    {
        string shown = Short(subject);
        if (subject.AsSpan().ContainsAny(Separators)) return new SubjectProblem("a subject has no white space", new ExplainRule("subject", shown, Protocol), shown);
        int length = Encoding.UTF8.GetByteCount(arguments);
        return length < options.MaxControlLine
            ? null
            : new SubjectProblem(
                $"it has {length} bytes, and the line of an operation may have {options.MaxControlLine}",
                new ExplainRule("max_control_line", options.MaxControlLine.ToString(CultureInfo.InvariantCulture), "the server"),
                shown);
    }

    private static string Short(string text) => text.Length <= ShownLength ? text : text[..(char.IsHighSurrogate(text[ShownLength - 1]) ? ShownLength - 1 : ShownLength)] + "…";
}
