using System.Buffers;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.Protocol;
using NATS.Server.Testing;
using NATS.Server.Tracing;
using Xunit;

namespace NATS.Server.UnitTests.Tracing;

public sealed class MessageTraceTests
{
    private static readonly TracedClient Publisher = new(7, "p", "A");

    [Fact]
    public void Steps_are_told_in_their_order_and_leave_out_what_is_empty()
    {
        var time = new FakeTimeProvider();
        MessageTrace trace = Begin(time, "NATS/1.0\r\nx: <1>\r\nNats-Trace-Dest: t\r\n\r\n");
        trace.AddMapping("m"u8);
        trace.AddStreamExport("B", "s"u8);
        trace.AddServiceImport("C", "from"u8, "to"u8);
        trace.AddJetStream("S", "", noInterest: true, "");
        trace.AddEgress(new TracedClient(8, "", "A"), "foo.*"u8, default, "");
        trace.AddEgress(new TracedClient(9, "n", "B"), "foo.*"u8, "q"u8, "no");
        string ts = $"\"ts\":\"{time.GetUtcNow().UtcDateTime:yyyy-MM-ddTHH:mm:ss.FFFFFFFZ}\"";
        Assert.Equal(
            $$"""
            {"request":{"header":{"Nats-Trace-Dest":["t"],"x":["\u003c1\u003e"]},"msgsize":42},"events":[
            {"type":"in",{{ts}},"kind":0,"cid":7,"name":"p","acc":"A","subj":"foo.1"},
            {"type":"sm",{{ts}},"to":"m"},
            {"type":"se",{{ts}},"acc":"B","to":"s"},
            {"type":"si",{{ts}},"acc":"C","from":"from","to":"to"},
            {"type":"js",{{ts}},"stream":"S","nointerest":true},
            {"type":"eg",{{ts}},"kind":0,"cid":8,"sub":"foo.*"},
            {"type":"eg",{{ts}},"kind":0,"cid":9,"name":"n","acc":"B","sub":"foo.*","queue":"q","error":"no"}]}
            """.ReplaceLineEndings(""),
            Json(trace));
    }

    [Fact]
    public void A_refused_message_says_why()
    {
        MessageTrace trace = Begin(new FakeTimeProvider(), "NATS/1.0\r\nNats-Trace-Dest: t\r\n\r\n");
        trace.Refuse("no \"leave\"");
        Assert.EndsWith("\"subj\":\"foo.1\",\"error\":\"no \\\"leave\\\"\"}]}", Json(trace), StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_by_an_imported_stream_names_what_was_subscribed_to_in_the_exporting_account()
    {
        MessageTrace trace = Begin(new FakeTimeProvider(), "NATS/1.0\r\nNats-Trace-Dest: t\r\n\r\n");
        trace.ImportedBy = "there.*"u8.ToArray();
        trace.AddEgress(new TracedClient(8, "", "B"), "here.*"u8, default, "");
        Assert.Contains("\"sub\":\"there.*\"", Json(trace), StringComparison.Ordinal);
    }

    [Fact]
    public void A_wide_fan_out_is_cut()
    {
        MessageTrace trace = Begin(new FakeTimeProvider(), "NATS/1.0\r\nNats-Trace-Dest: t\r\n\r\n");
        for (int i = 0; i < MessageTrace.MaxSteps + 5; i++) trace.AddMapping("m"u8);
        using JsonDocument document = JsonDocument.Parse(Json(trace));
        Assert.Equal(MessageTrace.MaxSteps, document.RootElement.GetProperty("events").GetArrayLength());
    }

    private static MessageTrace Begin(TimeProvider time, string block) =>
        new(time, TraceHeaders.Read(Encoding.UTF8.GetBytes(block)), "t", isOnly: false, 42, Publisher, "foo.1"u8);

    private static string Json(MessageTrace trace)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = GoJsonEncoder.Instance }))
        {
            writer.WriteStartObject();
            trace.Write(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
