using System.Buffers;
using System.Text.Json;
using NATS.Server.Monitoring.Explaining;

namespace NATS.Server.Host.Explain;

/// <summary>A question as the body of a request. Pure.</summary>
internal static class ExplainBody
{
    /// <summary>JSON; what is not said is left out.</summary>
    public static byte[] Write(ExplainQuestion question)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            WriteText(json, "question", NameOf(question.Kind));
            WriteText(json, "subject", question.Subject);
            WriteText(json, "queue", question.Queue);
            if (question.HasReply) json.WriteBoolean("reply", true);
            WriteText(json, "account", question.Account);
            WriteText(json, "user", question.User);
            if (question.Cid != 0) json.WriteNumber("cid", question.Cid);
            WriteText(json, "stream", question.Stream);
            WriteText(json, "consumer", question.Consumer);
            json.WriteEndObject();
        }

        return body.WrittenSpan.ToArray();
    }

    private static string NameOf(ExplainKind kind) => kind switch
    {
        ExplainKind.Publish => "publish",
        ExplainKind.Subscribe => "subscribe",
        ExplainKind.Route => "route",
        ExplainKind.Consumer => "consumer",
        ExplainKind.Connection => "connection",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static void WriteText(Utf8JsonWriter json, string name, string value)
    {
        if (value.Length > 0) json.WriteString(name, value);
    }
}
