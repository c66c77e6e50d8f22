using System.Text;
using System.Text.RegularExpressions;
using NATS.Server.Testing;

namespace NATS.Server.InteropTests.JetStream;

/// <summary>
/// Immutable. Requests of a file in <c>JetStream/Requests</c>: scenarios, each of which begins with an empty account, and in them requests, one a line: subject, blank, payload. Before the
/// subject <c>@LEVEL</c> may say which API level is required, <c>~</c> that nobody answers, and <c>&gt;</c> that it is a message for a stream.
/// </summary>
internal sealed partial record ApiScenario(string Name, IReadOnlyList<ApiRequest> Requests)
{
    public static IReadOnlyList<ApiScenario> Read(string file)
    {
        List<ApiScenario> scenarios = [];
        List<ApiRequest> requests = [];
        foreach (string line in File.ReadLines(Repository.PathOf("tests", "NATS.Server.InteropTests", "JetStream", "Requests", file)))
        {
            if (line.StartsWith("== ", StringComparison.Ordinal)) scenarios.Add(new ApiScenario(line[3..], requests = []));
            else if (line.Length > 0 && line[0] is '$' or '@' or '~' or '>') requests.Add(Parse(line));
        }

        return scenarios;
    }

    private static ApiRequest Parse(string line)
    {
        string level = "";
        if (line[0] == '@') (level, line) = (line[1..line.IndexOf(' ')], line[(line.IndexOf(' ') + 1)..]);
        bool isSilent = line[0] == '~';
        if (line[0] is '~' or '>') line = line[2..];
        int end = line.IndexOf(' ');
        string subject = Repetition().Replace(end < 0 ? line : line[..end], Repeat);
        string payload = end < 0 ? "" : line[(end + 1)..];
        byte[] bytes = payload.StartsWith("hex:", StringComparison.Ordinal) ? Convert.FromHexString(payload[4..]) : Encoding.UTF8.GetBytes(Repetition().Replace(payload, Repeat));
        return new ApiRequest(subject, level, bytes, line.Length < 300 ? line : line[..300], isSilent);
    }

    private static string Repeat(Match match) =>
        string.Concat(Enumerable.Repeat(match.Groups["text"].Value, int.Parse(match.Groups["count"].Value)));

    [GeneratedRegex(@"\{\{(?<text>[^{}]+)\*(?<count>\d+)\}\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Repetition();
}

/// <summary>Immutable. A request.</summary>
/// <param name="Subject">Where it goes.</param>
/// <param name="Level">The API level that it requires; empty: none.</param>
/// <param name="Payload">Its bytes.</param>
/// <param name="Line">What the file says, for messages.</param>
/// <param name="IsSilent">Whether nobody answers.</param>
internal sealed record ApiRequest(string Subject, string Level, byte[] Payload, string Line, bool IsSilent);
