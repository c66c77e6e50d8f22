using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using NATS.Server.Host.Top;
using NATS.Server.Monitoring.Explaining;

namespace NATS.Server.Host.Explain;

/// <summary>What one server answered. Immutable.</summary>
internal sealed record ExplainAnswer
{
    private const int BadRequest = 400;

    // Nothing a terminal would obey is left, and > stays what it is in subjects.
    private static readonly JsonWriterOptions Safe = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string ServerId { get; private init; } = "";

    public string ServerName { get; private init; } = "";

    /// <summary>Null when the server could not answer.</summary>
    public Explanation? Explanation { get; private init; }

    /// <summary>Why the server could not answer.</summary>
    public string Error { get; private init; } = "";

    /// <summary>How the command ends after this answer.</summary>
    public int ExitCode { get; private init; }

    /// <summary>The explanation as JSON, on a line.</summary>
    public string ExplanationJson { get; private init; } = "";

    /// <summary>All of it as JSON, on a line.</summary>
    public string WholeJson { get; private init; } = "";

    /// <summary>Reads an answer.</summary>
    /// <exception cref="ExplainException">It is none.</exception>
    public static ExplainAnswer Read(ReadOnlyMemory<byte> payload)
    {
        try
        {
            using var json = JsonDocument.Parse(payload);
            JsonElement root = json.RootElement;
            JsonElement server = root.Object("server");
            JsonElement error = root.Object("error");
            JsonElement data = root.Object("data");
            bool isExplained = error.ValueKind != JsonValueKind.Object && data.Text("verdict").Length > 0;
            Explanation? explanation = isExplained ? ReadExplanation(data) : null;
            return new ExplainAnswer
            {
                ServerId = server.Text("id"),
                ServerName = server.Text("name"),
                Explanation = explanation,
                Error = isExplained ? "" : error.Text("description") is { Length: > 0 } said ? said : "the answer explains nothing",
                ExitCode = explanation is not null ? ExplainExit.Of(explanation.Verdict) : error.Integer("code") == BadRequest ? ExplainExit.BadArguments : ExplainExit.NotAnswered,
                ExplanationJson = isExplained ? Render(data) : "",
                WholeJson = Render(root),
            };
        }
        catch (JsonException problem)
        {
            throw new ExplainException("the answer is no JSON", inner: problem);
        }
    }

    private static string Render(JsonElement element)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Safe)) element.WriteTo(json);
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    private static Explanation ReadExplanation(JsonElement data) => new()
    {
        Question = data.Text("question"),
        Verdict = data.Text("verdict"),
        Summary = data.Text("summary"),
        Rule = data.Object("rule") is { ValueKind: JsonValueKind.Object } rule ? new ExplainRule(rule.Text("name"), rule.Text("value"), rule.Text("source")) : null,
        Findings = ReadFindings(data),
        Hints = [.. data.Items("hints").Select(static hint => hint.Text())],
    };

    // As deep as the JSON reader goes, which is far.
    private static Finding[] ReadFindings(JsonElement owner) => [.. owner.Items("findings").Select(static finding => new Finding
    {
        Kind = finding.Text("kind"),
        Text = finding.Text("text"),
        Decides = finding.Object("decides").ValueKind == JsonValueKind.True,
        Refusal = finding.Text("refusal") is { Length: > 0 } refusal ? refusal : null,
        Findings = ReadFindings(finding),
    })];
}
