using System.Text;
using System.Text.RegularExpressions;
using NATS.Server.Testing;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>
/// Immutable. What is done to a stream, of a file in <c>JetStream/Publishes</c>: <c>== NAME</c>, the configuration of the stream in a line, then steps, one a line.
/// </summary>
/// <remarks>
/// A publish is <c>SUBJECT | Key: value | Key: value || payload</c>, headers and payload as wanted, before the subject <c>REPLY &lt;- </c> if the reply matters (<c>-</c> for none). <c>? SEQUENCE</c> compares a stored message.
/// <c>{{text*3}}</c> repeats a text.
/// </remarks>
internal sealed partial record PublishScenario(string Name, string Config, IReadOnlyList<PublishStep> Steps)
{
    public static IReadOnlyList<PublishScenario> Read(string file)
    {
        List<PublishScenario> scenarios = [];
        List<PublishStep> steps = [];
        string? name = null;
        foreach (string line in File.ReadLines(Repository.PathOf("tests", "NATS.Server.InteropTests", "JetStream", "Publishes", file)))
        {
            if (line.Length == 0 || line[0] == '#') continue;
            if (line.StartsWith("== ", StringComparison.Ordinal))
            {
                name = line[3..];
                continue;
            }

            if (name is not null)
            {
                scenarios.Add(new PublishScenario(name, line, steps = []));
                name = null;
                continue;
            }

            steps.Add(Parse(line));
        }

        return scenarios;
    }

    public static PublishStep Parse(string line)
    {
        if (line.StartsWith("? ", StringComparison.Ordinal)) return new PublishStep(line, "", "", "", "", ulong.Parse(line[2..]));
        string text = Repetition().Replace(line, static match => string.Concat(Enumerable.Repeat(match.Groups["text"].Value, int.Parse(match.Groups["count"].Value))));
        string? reply = null;
        int arrow = text.IndexOf(" <- ", StringComparison.Ordinal);
        if (arrow >= 0) (reply, text) = (text[..arrow], text[(arrow + 4)..]);
        int body = text.IndexOf(" || ", StringComparison.Ordinal);
        string payload = body < 0 ? "" : text[(body + 4)..];
        string[] parts = (body < 0 ? text : text[..body]).Split(" | ");
        var headers = new StringBuilder();
        if (parts.Length > 1)
        {
            headers.Append("NATS/1.0");
            foreach (string part in parts.Skip(1)) headers.Append(part[0] == '!' ? part[1..] : "\r\n" + part);
            headers.Append("\r\n\r\n");
        }

        return new PublishStep(line.Length < 200 ? line : line[..200], reply ?? "auto", parts[0], headers.ToString(), payload, 0);
    }

    [GeneratedRegex(@"\{\{(?<text>[^{}]+)\*(?<count>\d+)\}\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Repetition();
}

/// <summary>Immutable. One step: a publish, or a look at a stored message.</summary>
/// <param name="Line">What the file says, for messages.</param>
/// <param name="Reply">Where the answer goes; <c>auto</c> for one of its own, <c>-</c> for nowhere.</param>
/// <param name="Subject">Where it is published.</param>
/// <param name="Headers">The header block, or empty.</param>
/// <param name="Payload">One byte per character.</param>
/// <param name="Sequence">Of the message that is looked at; 0 for a publish.</param>
internal sealed record PublishStep(string Line, string Reply, string Subject, string Headers, string Payload, ulong Sequence);
